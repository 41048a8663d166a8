"""From a sign-up for a newsletter to an article in the mailbox, and out of it again: all through the front door."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Paper
from tests.journeys.test_members import nobody_has_asked  # noqa: F401 -- each walk begins with nobody known
from tests.journeys.test_publishing import SECRET, Draft, cleared, done
from tests.journeys.walker import PATIENCE_SECONDS, Walker

__all__ = ["cleared"]  # a fixture


def mail_with(walker: Walker, address: str, subject: str) -> dict[str, Any]:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not (found := [mail for mail in walker.mails_to(address) if mail["subject"] == subject]):
        assert time.monotonic() < give_up, "no mail comes"
        time.sleep(0.05)
    (mail,) = found
    return mail


def publish(paper: Paper, cleared: list[str], tmp_path: Path, slug: str, title: str) -> None:
    draft = Draft(slug, f"a-{slug}", title)
    cleared.append(slug)
    done(paper, "publish", draft.write(tmp_path / slug))
    paper.settle()


def finished(paper: Paper, slug: str) -> str:
    """What the command says of that article's mailing, once it has ended."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while "finished" not in (told := done(paper, "newsletters", "status", "--article", slug)):
        assert time.monotonic() < give_up, told
        time.sleep(0.1)
    return told


def test_a_reader_gets_the_article_once_and_ends_the_newsletter_with_one_click(
    paper: Paper, cleared: list[str], tmp_path: Path
) -> None:
    ada = Walker(paper)
    ada.sign_in("ada@reader.example", newsletter="the-day")
    Walker(paper).sign_in("bob@reader.example")

    publish(paper, cleared, tmp_path, "clock-stops", "The clock stops")
    mail = mail_with(ada, "ada@reader.example", "The clock stops")

    assert SECRET not in mail["text"] + mail["html"]
    assert "Members know how late it is" in mail["text"]
    assert re.search(r"sent +1\b", finished(paper, "clock-stops"))
    assert not [one for one in ada.mails_to("bob@reader.example") if one["subject"] == "The clock stops"]
    link = mail["headers"]["List-Unsubscribe"].strip("<>").removeprefix(paper.info["site_url"])
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert paper.get(re.findall(r"/unsubscribe/the-day/[0-9a-f]+", mail["text"])[0]).status == 200

    # As a mail program does it: no cookie, a form's body, and it looks at nothing but whether it worked.
    ended = Walker(paper).ask("POST", link, {"List-Unsubscribe": "One-Click"}, form=True, origin="")
    assert ended.status in (200, 303)
    publish(paper, cleared, tmp_path, "clock-goes", "The clock goes again")
    finished(paper, "clock-goes")
    assert not [one for one in ada.mails_to("ada@reader.example") if one["subject"] == "The clock goes again"]


@pytest.mark.parametrize("kind", ["bounce", "complaint"])
def test_an_address_that_bounces_or_complains_gets_no_more_mail_until_ops_lift_it(paper: Paper, kind: str) -> None:
    cy = Walker(paper)
    address = f"cy-{kind}@reader.example"
    cy.sign_in(address)
    before = len(cy.mails_to(address))
    assert cy.ask("POST", f"/_local/{kind}?to={address}").status < 400
    give_up = time.monotonic() + PATIENCE_SECONDS
    while kind not in (told := done(paper, "mail", "show", address)):
        assert time.monotonic() < give_up, told
        time.sleep(0.1)

    assert cy.post("/api/members/sign-in", {"email": address}).status == 202
    dan = Walker(paper)
    dan.sign_in("dan@reader.example")  # ordered later, and there by now
    assert len(cy.mails_to(address)) == before

    assert "gets mail again" in done(paper, "mail", "lift", address)
    cy.sign_in(address)
    assert len(cy.mails_to(address)) == before + 1
