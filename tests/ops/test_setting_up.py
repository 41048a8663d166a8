"""`frontline setup` as it is typed, on a cloud of this machine that holds what `sam deploy` leaves: nothing."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from infra.local.cloud import Cloud
from infra.local.template import REGION, Template, load
from infra.ops.cli import app
from infra.ops.keys import list_keys
from infra.ops.paper import ERROR_PAGE, read_paper, set_paper
from infra.ops.stack import Stack
from shared.domain.paper import PAPER_KEY
from tests.functions.paper import PAPER
from tests.member_twins import MemoryMailPlace
from tests.ops.shop import HOOK, KEY, Shop
from tests.ops.twin_stack import FINE

ROOT = Path(__file__).resolve().parents[2]
NAMED = ("--name", "The Sounding", "--description", "News of the river.")


class Deployed(Stack):
    """Stands where `Chosen` does, too."""

    def open(self) -> Stack:
        return self


@pytest.fixture(scope="module")
def template() -> Template:
    return load(ROOT / "template.yaml")


@pytest.fixture
def fresh(template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """A stack as it is deployed without mail."""
    monkeypatch.setenv("FRONTLINE_VERSIONS", str(tmp_path / "versions.json"))
    cloud = Cloud(template, "127.0.0.1:8000", lambda _: None)
    cloud.start()
    at = {"pid": os.getpid(), "region": REGION, "aws_endpoint": cloud.endpoint, "endpoints": cloud.endpoints}
    made = Deployed.at({**at, "outputs": cloud.outputs()})
    assert isinstance(made, Deployed)
    yield made
    cloud.stop()


def run(stack: Any, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["setup", *arguments], obj=stack, input=typed)


def without(*steps: str) -> tuple[str, ...]:
    return tuple(word for step in steps for word in ("--skip", step))


def test_a_script_sets_up_all_that_it_may_and_is_told_what_is_open(fresh: Deployed) -> None:
    ended = run(fresh, "--yes", *NAMED)

    assert ended.exit_code == 1
    assert "Still open: The first article." in ended.stderr
    assert "`frontline new my-first-piece`" in ended.stdout
    assert [one.at_edge and one.in_ring for one in list_keys(fresh.keyring(), fresh.edge_keys())] == [True]
    paper, _ = read_paper(fresh.documents())
    assert paper is not None
    assert (paper.name, paper.url) == ("The Sounding", fresh.output("SiteUrl"))
    page = fresh.client("s3").get_object(Bucket=fresh.output("StaticBucket"), Key=ERROR_PAGE)["Body"].read()
    assert b"The Sounding" in page


def test_what_is_done_stays_as_it_is(fresh: Deployed) -> None:
    run(fresh, "--yes", *NAMED)
    before = (fresh.keyring().read_version(), fresh.documents().read(PAPER_KEY))

    again = run(fresh, "--yes", "--skip", "article")

    assert again.exit_code == 0
    assert again.stdout.count("        done: ") == 2
    assert f"All is done: {fresh.output('SiteUrl')}" in again.stdout
    assert (fresh.keyring().read_version(), fresh.documents().read(PAPER_KEY)) == before


def test_where_nobody_answers_nothing_is_done(fresh: Deployed) -> None:
    ended = run(fresh)

    assert ended.exit_code == 1
    assert "Still open: Keys, The paper, Money, The first article." in ended.stderr
    assert fresh.keyring().read_version() is None
    assert read_paper(fresh.documents()) == (None, None)


def test_whoever_answers_is_asked_only_what_is_needed(fresh: Deployed) -> None:
    ended = run(fresh, *without("article"), typed="\nThe Sounding\nNews of the river.\n")

    assert ended.exit_code == 0, ended.output
    assert "There are none. Make them? [Y/n]" in ended.stderr
    assert "What is the paper called?" in ended.stderr
    assert run(fresh, *without("article")).exit_code == 0  # with nobody there to answer


def test_a_no_leaves_that_step_open_and_goes_on(fresh: Deployed) -> None:
    ended = run(fresh, *without("article"), typed="n\nThe Sounding\nNews of the river.\n")

    assert ended.exit_code == 1
    assert "Still open: Keys." in ended.stderr
    assert read_paper(fresh.documents())[0] is not None


def test_a_paper_that_says_another_address_is_told_of_the_stacks(fresh: Deployed) -> None:
    run(fresh, "--yes", *NAMED)
    moved = {"url": "https://old.example"}
    set_paper(fresh.documents(), fresh.purge(), moved, fresh.output("SiteUrl"), dt.datetime.now(dt.UTC))

    asked = run(fresh, *without("article"), typed="n\n")
    assert (asked.exit_code, "Still open: The paper." in asked.stderr) == (1, True)
    assert run(fresh, "--yes", *without("article")).exit_code == 0
    paper, _ = read_paper(fresh.documents())
    assert paper is not None
    assert paper.url == fresh.output("SiteUrl")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--name", "", "--description", "News."), "Still open: The paper"),
        ((*NAMED[:2], "--description", ""), "Still open: The paper"),
        (("--paper", str(ROOT / "pyproject.toml")), "pyproject.toml"),
        (("--paper", "no-such-file.json"), "no-such-file.json"),
        ((*NAMED, "--article", "no-such-file.md"), "no-such-file.md"),
        (("--skip", "everything"), "everything"),
    ],
)
def test_what_cannot_be_is_said_and_is_no_traceback(fresh: Deployed, arguments: tuple[str, ...], words: str) -> None:
    ended = run(fresh, "--yes", *arguments)

    assert ended.exit_code in (1, 2)
    assert words in ended.output
    assert isinstance(ended.exception, SystemExit)


# Money, at a twin of Stripe -------------------------------------------------------------------------------------------

ONLY_MONEY = without("keys", "paper", "mail", "article")


def test_without_a_key_money_is_open_and_says_how_to_put_one_in() -> None:
    ended = run(Shop().twin, "--yes", *ONLY_MONEY)

    assert (ended.exit_code, "`frontline payments key`" in ended.stdout) == (1, True)


def test_with_a_key_stripe_is_set_up_once() -> None:
    shop = Shop()
    shop.secrets.values["key"] = (KEY,)

    first, again = run(shop.twin, "--yes", *ONLY_MONEY), run(shop.twin, "--yes", *ONLY_MONEY)

    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert [one.url for one in shop.catalogue.endpoints()] == [HOOK]
    assert "sells what the paper offers" in again.stdout
    assert "as before" not in again.stdout  # Stripe was not even asked to
    assert KEY not in first.output + again.output


def test_stripe_that_does_not_take_the_key_leaves_money_open() -> None:
    shop = Shop()
    shop.secrets.values["key"] = (KEY,)
    shop.catalogue.refuses = "invalid_api_key"

    ended = run(shop.twin, "--yes", *ONLY_MONEY)

    assert ended.exit_code == 1
    assert "Still open: Money." in ended.stderr


def test_a_paper_that_asks_for_no_money_is_done() -> None:
    assert run(Shop(PAPER).twin, "--yes", *ONLY_MONEY).exit_code == 0


# Mail, at a twin of SES -----------------------------------------------------------------------------------------------


def test_mail_that_ses_does_not_send_yet_is_open() -> None:
    twin = Shop(PAPER).twin
    twin.kept_place = MemoryMailPlace(replace(FINE, verified=False))

    ended = run(twin, "--yes", *without("keys", "paper", "money", "article"))

    assert ended.exit_code == 1
    assert "OPEN: SES does not know yet" in ended.stdout
