"""What mails hold: nothing gated for a lower tier (R1, R2), no line that somebody else has broken (R15), and the same
in a zip as here."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, ModuleLoader
from msgspec.structs import replace

from functions.mail.mails import change_mails, notice_mail, sign_in_mail
from functions.newsletters.issue import Issue
from shared.domain.addresses import parse_address
from shared.domain.articles import Article, Author, Section
from shared.domain.blocks import Embed, Heading, List, Paragraph, Quote
from shared.domain.mails import Mail, check_lines
from shared.domain.members import Member
from shared.domain.paper import Newsletter, Paper
from shared.domain.sign_in import Mailed
from shared.domain.tiers import Tier
from shared.mailing import letters
from shared.mailing.letters import environment, one_line, shortened
from tests import strategies
from tests.samples import NIGHT_FERRY

DAILY = Newsletter("daily", "The day", "All of it.")
PAPER = Paper(
    1, "0b0a5c2e-8c1f-4d5e-9a57-3b1d1c0f6a11", "The Sounding", "Of the river.", "en", "https://paper.example",
    newsletters=(DAILY,),
)  # fmt: skip
ADA = Member("0" * 32, parse_address("ada@reader.example"), 0, "k" * 64, ("daily",))
HERE = Path(__file__).parents[2]


def mailed(article: Article, tier: Tier, paper: Paper = PAPER, newsletter: Newsletter = DAILY) -> Mail:
    count = itertools.count(1)
    issue = Issue(paper, newsletter, article, tier, lambda length: next(count).to_bytes(length, "big"))
    return issue.mail_to(ADA)


def whole(mail: Mail) -> str:
    return "\n".join(
        [mail.subject, mail.sender, mail.text, mail.html, *(f"{name}: {is_}" for name, is_ in mail.headers)]
    )


@given(strategies.gated_articles, strategies.tiers)
def test_no_gated_word_is_in_a_mail_to_a_lower_tier(article: Article, tier: Tier) -> None:
    mail = mailed(strategies.with_canaries(article, tier), tier)

    assert strategies.CANARY not in whole(mail)
    assert "canary" not in whole(mail)
    if tier is Tier.MEMBER:
        assert "Closed." in mail.text
        assert "Closed." in mail.html


@given(st.data(), strategies.gated_articles, strategies.tiers)
def test_a_mail_is_the_same_whatever_closed_gates_hold(data: st.DataObject, article: Article, tier: Tier) -> None:
    other = data.draw(strategies.with_other_gated_content(article, tier))

    assert mailed(article, tier) == mailed(other, tier)


@given(strategies.articles, strategies.tiers)
def test_any_article_makes_a_mail_that_may_be_sent_and_loads_nothing(article: Article, tier: Tier) -> None:
    mail = mailed(article, tier)

    check_lines(mail)
    for part in (mail.text, mail.subject):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x85\u2028\u2029]", part)
    page = html5lib.parse(mail.html, namespaceHTMLElements=False)
    names = {element.tag for element in page.iter() if isinstance(element.tag, str)}
    assert not names & {"img", "script", "style", "link", "table", "iframe", "form", "audio", "video", "object", "base"}
    for element in page.iter():
        assert set(element.attrib) <= {"href", "style", "lang", "charset", "name", "content"}
        assert not element.get("href", "https:").startswith(("/", "#", "javascript:", "data:"))
        assert "url(" not in element.get("style", "")


def test_a_links_address_leads_somewhere_from_a_mail() -> None:
    body = (
        Paragraph(
            'To <a href="/about">us</a>, <a href="#figures">down</a>, <a href="https://a.example/?a&amp;b">out</a>'
        ),
        Quote("Said<br>so", "Her", "/notes"),
        List(('<a href="mailto:a@b.example">Write</a>', "<q>Two</q> &lt;3"), ordered=True),
        Heading("On"),
        Embed("Tube", "https://tube.example/1", "A film"),
    )
    mail = mailed(replace(NIGHT_FERRY, body=body), Tier.SUBSCRIBER)

    for address in (
        "https://paper.example/about",
        "https://paper.example/articles/night-ferry#figures",
        "https://paper.example/notes",
        "https://tube.example/1",
    ):
        assert f'href="{address}"' in mail.html
        assert f"{address})" in mail.text or f"{address}]" in mail.text
    assert "out (https://a.example/?a&b)" in mail.text
    assert "> Said\n> so\n— Her (https://paper.example/notes)" in mail.text
    assert "1. Write (a@b.example)\n2. “Two” <3" in mail.text


NASTY = {
    "CR": "A\rB",
    "LF": "A\nB",
    "CRLF": "A\r\nBcc: eve@elsewhere.example\r\n\r\nB",
    "NUL": "A\0B",
    "NEL": "A\x85B",
    "LINE SEPARATOR": "A\u2028B",
    "PARAGRAPH SEPARATOR": "A\u2029B",
    "VT": "A\x0bB",
    "FF": "A\x0cB",
    "encoded word, q": "=?utf-8?q?A=0D=0ABcc:_eve@elsewhere.example?=B",
    "encoded word, b": "=?utf-8?b?DQpCY2M6IGV2ZUBlbHNld2hlcmUuZXhhbXBsZQ==?=",
    "encoded word, split": "=\x00?utf-8?q?A?=",
    "turned around": "A\u202eB\u2066C",
    "long": "A" * 500,
    "markup": "<script>alert(1)</script>\"'>&",
    "a template": "{{ paper.url }}{% raw %}{code}",
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_no_field_breaks_a_line_or_becomes_markup(text: str) -> None:
    paper = replace(PAPER, name=text, newsletters=(replace(DAILY, name=text),))
    article = replace(
        NIGHT_FERRY,
        title=text,
        standfirst=text,
        section=Section("city", text),
        author=Author("a", text, "persona", text),
        body=(Heading(text), Embed(text, "https://tube.example/1", text)),
    )
    bo = parse_address("bo@reader.example")
    mails = [
        sign_in_mail(paper, ADA.address, Mailed("f" * 64, "123456"), text),
        *change_mails(paper, ADA.address, bo, "a" * 64, "b" * 64),
        *(notice_mail(paper, ADA.address, notice) for notice in ("email_changed", "erased")),
        mailed(article, Tier.MEMBER, paper, paper.newsletters[0]),
    ]

    for mail in mails:
        check_lines(mail)
        assert len(mail.subject) <= letters.MAX_SUBJECT
        assert len(mail.sender) <= letters.MAX_NAME
        assert "=?" not in mail.text
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x85\u2028\u2029\u202e]", mail.text)
        assert "<script" not in mail.html.lower()
        assert "Bcc" not in "".join(name for name, _ in mail.headers)


def test_one_line_is_one_line() -> None:
    assert one_line(" a\r\n b\u2028c\0 =?x? ==? \u202e d\ud800") == "a b c = ?x? == ? d"
    assert shortened("x" * 9, 9) == "x" * 9
    assert shortened("abc defgh", 5) == "abc…"


@pytest.mark.parametrize("folder", ["functions/mail", "functions/newsletters"])
def test_templates_are_the_same_when_they_lie_in_a_zip(folder: str, tmp_path: Path) -> None:
    """Compiled as the bundle does it: a text is not escaped there either, and HTML is."""
    sources = [HERE / folder / "templates", HERE / "shared" / "mailing" / "templates"]
    for number, source in enumerate(sources):
        environment(FileSystemLoader(source)).compile_templates(tmp_path / str(number), zip=None, ignore_errors=False)
    compiled = environment(ChoiceLoader([ModuleLoader(tmp_path / str(number)) for number in range(2)]))
    plain = environment(FileSystemLoader(sources))
    name = "notice" if folder.endswith("mail") else "letter"
    values: dict[str, Any] = {
        "paper": replace(PAPER, name="A & <B>"),
        "wording": letters.Wording({}),
        "subject": "S",
        "said": ["<i>&"],
    }

    def rendered(made: Environment, kind: str) -> str:
        return made.get_template(f"{name}.{kind}").render(values)

    for kind in ("txt", "html"):
        assert rendered(compiled, kind) == rendered(plain, kind)
    assert "A & <B>" in rendered(compiled, "txt")
    assert "A &amp; &lt;B&gt;" in rendered(compiled, "html")
