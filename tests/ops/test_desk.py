"""The editors' commands as one types them, on a stack of twins: what they print and write, and what they refuse."""

from __future__ import annotations

import datetime as dt
import json
import re
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from infra.ops.cli import app
from infra.ops.markdown import read_markdown
from infra.ops.remembered import VARIABLE
from shared.domain.articles import Article, Renamed, Stored, Unpublished
from shared.domain.refusals import ContentUnavailable
from shared.domain.validation import parse_article
from tests.ops.twin_stack import TwinStack
from tests.samples import NIGHT_FERRY, raw_article

SLUG = "a-small-piece"
FUTURE = "2099-01-01T00:00:00+01:00"
URL = f"https://paper.example/articles/{SLUG}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the editor works, on a machine of their own."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "versions.json"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def stack(folder: Path) -> TwinStack:
    return TwinStack()


def untimed(said: str) -> str:
    """The same, however long it took."""
    return re.sub(r"after [0-9]+\.[0-9] s", "after 0.0 s", said)


def run(stack: TwinStack, *arguments: str) -> Result:
    done = CliRunner().invoke(app, list(arguments), obj=stack)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done


def file(name: str = "x", **changes: Any) -> str:
    Path(f"{name}.json").write_text(json.dumps(raw_article(**changes)))
    return f"{name}.json"


def another_editor(stack: TwinStack, document: Stored) -> None:
    found = stack.shelf.read_version(document.slug)
    stack.shelf.write(document, None if found is None else found[1])


def there(stack: TwinStack, slug: str = SLUG) -> Stored | None:
    found = stack.shelf.read_version(slug)
    return None if found is None else found[0]


# publish ------------------------------------------------------------------------------------------------------------


def test_publishing_says_what_is_live_where_and_after_how_long(stack: TwinStack) -> None:
    first = run(stack, "publish", file())
    again = run(stack, "publish", "x.json")
    changed = run(stack, "publish", file(title="Other"))

    assert (first.exit_code, untimed(first.stdout)) == (0, f"new        {SLUG}  {URL}  live after 0.0 s\n")
    assert (again.exit_code, again.stdout) == (0, f"unchanged  {SLUG}  {URL}  live\n")
    assert changed.stdout.startswith("changed ")
    assert first.stderr == f"1 of 1: {SLUG} new\n"


def test_nothing_is_written_while_one_file_is_wrong(stack: TwinStack) -> None:
    done = run(stack, "publish", file(), file("y", slug="No"), file("z", slug="z", published_at=FUTURE), "none.json")

    assert (done.exit_code, stack.shelf.writes) == (1, [])
    assert "mend 3 of 4 files" in done.stderr
    assert "frontline schedule" in done.stderr


def test_an_event_that_was_lost_is_exit_code_4_and_the_same_again_completes_it(stack: TwinStack) -> None:
    stack.shelf.stopped = True
    late = run(stack, "publish", file(), "--patience", "1")
    assert late.exit_code == 4
    assert "frontline doctor" in late.stderr
    assert SLUG in late.stderr

    stack.shelf.stopped = False
    done = run(stack, "publish", "x.json")
    assert (done.exit_code, untimed(done.stdout)) == (0, f"resumed    {SLUG}  {URL}  live after 0.0 s\n")


def test_who_is_overtaken_while_waiting_hears_by_what(stack: TwinStack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.shelf.stopped = True
    before = stack.kept_documents.before

    def meanwhile(step: str, key: str) -> None:
        if isinstance(there(stack), Article):
            another_editor(stack, Unpublished(1, SLUG, NIGHT_FERRY.published_at))

    stack.kept_documents.before = meanwhile  # type: ignore[method-assign]
    done = run(stack, "publish", file(), "--patience", "1")
    stack.kept_documents.before = before  # type: ignore[method-assign]

    assert done.exit_code == 4
    assert f"frontline history {SLUG}" in done.stderr
    assert "doctor" not in done.stderr


def test_no_wait_returns_at_once(stack: TwinStack) -> None:
    stack.shelf.stopped = True

    done = run(stack, "publish", file(), "--no-wait")

    assert (done.exit_code, done.stdout, done.stderr) == (0, f"new        {SLUG}  {URL}\n", "")


def test_ctrl_c_says_how_far_it_came_and_what_to_do(stack: TwinStack) -> None:
    names = [file(f"p-{i:03}", slug=f"p-{i:03}", id=f"a-{i}") for i in range(300)]

    def interrupt(slug: str) -> None:
        if slug == "p-050":
            signal.raise_signal(signal.SIGINT)

    stack.shelf.before = interrupt  # type: ignore[method-assign]
    stopped = run(stack, "publish", *names, "--no-wait")
    written = len(stack.shelf.writes)

    assert stopped.exit_code == 130
    assert f"{written} of 300 are written" in stopped.stderr
    stack.shelf.before = lambda slug: None  # type: ignore[method-assign]
    done = run(stack, "publish", *names)
    assert (done.exit_code, done.stdout.count("\n")) == (0, 300)
    assert done.stdout.count("unchanged") == written


def test_ctrl_c_while_waiting_loses_nothing(stack: TwinStack) -> None:
    stack.shelf.stopped = True

    def interrupt(step: str, key: str) -> None:
        signal.raise_signal(signal.SIGINT)

    stack.kept_documents.before = interrupt  # type: ignore[method-assign]
    done = run(stack, "publish", file())

    assert (done.exit_code, "Everything is written" in done.stderr) == (130, True)
    assert there(stack) == parse_article(Path("x.json").read_bytes())


def test_a_store_that_does_not_answer_is_exit_code_3(stack: TwinStack) -> None:
    stack.shelf.broken = True

    assert run(stack, "publish", file()).exit_code == 3


# Two editors --------------------------------------------------------------------------------------------------------


def test_what_somebody_else_has_changed_is_refused_all_of_it_at_once_before_anything_is_written(
    stack: TwinStack,
) -> None:
    names = [file(f"p-{i}", slug=f"p-{i}", id=f"a-{i}") for i in range(3)]
    run(stack, "publish", *names)
    for slug in ("p-0", "p-2"):
        another_editor(stack, replace(NIGHT_FERRY, slug=slug, id=f"a-{slug[-1]}", title="Theirs [/bold]"))
    stack.shelf.writes.clear()
    for i in range(3):
        file(f"p-{i}", slug=f"p-{i}", id=f"a-{i}", title="Ours")

    refused = run(stack, "publish", *names)

    assert (refused.exit_code, stack.shelf.writes) == (1, [])
    assert refused.stderr.count("(article_changed)") == 2
    assert "title “Theirs [/bold]”" in refused.stderr
    over = run(stack, "publish", *names, "--over")
    assert (over.exit_code, over.stdout.count("changed ")) == (0, 3)
    assert run(stack, "publish", *names).exit_code == 0  # what was published over is remembered too


def test_who_fetches_the_present_text_may_publish_after_it(stack: TwinStack) -> None:
    run(stack, "publish", file())
    mine = there(stack)
    assert isinstance(mine, Article)
    another_editor(stack, replace(mine, title="Theirs"))
    assert run(stack, "publish", file(title="Ours")).exit_code == 1

    assert run(stack, "fetch", SLUG).exit_code == 0
    assert read_markdown(Path(f"{SLUG}.md").read_bytes()).article == replace(mine, title="Theirs")
    assert run(stack, "publish", f"{SLUG}.md").stdout.startswith("unchanged ")
    assert run(stack, "publish", file(title="Ours")).exit_code == 0


def test_another_stack_and_another_machine_know_nothing_of_it(
    stack: TwinStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(stack, "publish", file())
    fresh = TwinStack("fresh")
    another_editor(fresh, replace(NIGHT_FERRY, slug=SLUG, id="a-2"))
    assert run(fresh, "publish", file(title="Ours")).exit_code == 0

    another_editor(stack, replace(NIGHT_FERRY, slug=SLUG, id="a-2"))
    assert run(stack, "publish", "x.json").exit_code == 1
    monkeypatch.setenv(VARIABLE, str(tmp_path / "another.json"))
    assert run(stack, "publish", "x.json").exit_code == 0


def test_without_a_memory_it_goes_on_and_says_so(
    stack: TwinStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    done = run(stack, "publish", file())

    assert (done.exit_code, done.stderr.count("cannot be")) == (0, 2)


def test_an_article_is_fetched_as_json_by_who_asks_for_it(stack: TwinStack) -> None:
    run(stack, "publish", file())

    done = run(stack, "fetch", SLUG, "--json")

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{SLUG}.json is written: change it, then `frontline publish {SLUG}.json`.\n"
    assert parse_article(Path(f"{SLUG}.json").read_bytes()) == there(stack)
    assert not Path(f"{SLUG}.md").exists()


def test_the_present_text_is_fetched_beside_ones_own(stack: TwinStack) -> None:
    run(stack, "publish", file())
    Path("a-small-piece.md").write_text("mine")

    assert "--to FOLDER" in run(stack, "fetch", "a-small-piece").stderr
    assert run(stack, "fetch", "a-small-piece", "--to", "theirs/now").exit_code == 0

    assert Path("a-small-piece.md").read_text() == "mine"
    assert Path("theirs/now/a-small-piece.md").read_text().startswith("---")
    assert run(stack, "fetch", "a-small-piece", "--to", "a-small-piece.md").exit_code == 2


def test_what_markdown_cannot_hold_is_fetched_as_json_and_says_so(stack: TwinStack) -> None:
    run(stack, "publish", file(body=[{"type": "paragraph", "html": "H<sub>2</sub>O"}]))

    done = run(stack, "fetch", SLUG)

    assert done.stderr == "This article has something that Markdown cannot hold: written as JSON.\n"
    assert done.stdout == f"{SLUG}.json is written: change it, then `frontline publish {SLUG}.json`.\n"
    assert run(stack, "publish", f"{SLUG}.json").stdout.startswith("unchanged ")


@pytest.mark.parametrize(("name", "options"), [(f"{SLUG}.md", ()), (f"{SLUG}.json", ("--json",))])
def test_a_file_in_the_way_is_not_overwritten(stack: TwinStack, name: str, options: tuple[str, ...]) -> None:
    run(stack, "publish", file())
    Path(name).write_text("mine")

    assert run(stack, "fetch", SLUG, *options).exit_code == 1
    assert Path(name).read_text() == "mine"
    assert run(stack, "fetch", SLUG, *options, "--over").exit_code == 0
    assert run(stack, "publish", name).stdout.startswith("unchanged ")


def test_an_older_text_that_was_fetched_is_not_published_over_a_newer_one_unasked(stack: TwinStack) -> None:
    run(stack, "publish", file())
    run(stack, "publish", file(title="Second"))
    run(stack, "fetch", SLUG, "--version", "1")

    assert "title: A small piece" in Path(f"{SLUG}.md").read_text()
    assert "article_changed" in run(stack, "publish", f"{SLUG}.md").stderr
    assert run(stack, "publish", f"{SLUG}.md", "--over").exit_code == 0


# schedule -----------------------------------------------------------------------------------------------------------


def test_a_scheduled_article_is_told_with_its_time_and_listed_apart(stack: TwinStack) -> None:
    done = run(stack, "schedule", file(published_at=FUTURE))

    assert (done.exit_code, done.stdout) == (0, f"new        {SLUG}  {URL}  appears 2099-01-01 00:00+01:00\n")
    assert run(stack, "list").stdout == ""
    assert SLUG in run(stack, "list", "--scheduled").stdout
    listed = json.loads(run(stack, "list", "--scheduled", "--json").stdout)
    assert [one["slug"] for one in listed] == [SLUG]
    assert run(stack, "list", "--scheduled", "--section", "culture").stdout == ""


def test_at_is_read_as_the_files_are_and_stands_in_for_their_time(stack: TwinStack) -> None:
    done = run(stack, "schedule", file(), "--at", "2099-01-01 00:00 +0100")

    found = there(stack)
    assert (done.exit_code, isinstance(found, Article)) == (0, True)
    assert isinstance(found, Article)
    assert found.published_at == dt.datetime.fromisoformat(FUTURE)


def test_what_is_past_or_out_is_not_scheduled(stack: TwinStack) -> None:
    past = run(stack, "schedule", file())
    assert (past.exit_code, "frontline publish" in past.stderr) == (1, True)
    run(stack, "publish", "x.json")

    out = run(stack, "schedule", "x.json", "--at", FUTURE)

    assert (out.exit_code, f"frontline unpublish {SLUG}" in out.stderr) == (1, True)
    assert isinstance(there(stack), Article)


def test_the_list_of_what_is_scheduled_goes_by_the_articles(stack: TwinStack) -> None:
    run(stack, "schedule", file(published_at=FUTURE))
    run(stack, "schedule", file("y", slug="y", id="a-9", published_at=FUTURE))
    run(stack, "schedule", file("z", slug="z", id="a-8", published_at=FUTURE))
    run(stack, "unpublish", SLUG)  # its schedule stays, and finds nothing
    run(stack, "publish", file("z", slug="z", id="a-8"))  # earlier than it was meant to be

    assert [one["slug"] for one in json.loads(run(stack, "list", "--scheduled", "--json").stdout)] == ["y"]


# unpublish, rename, rollback ----------------------------------------------------------------------------------------


def test_unpublishing_and_going_back(stack: TwinStack) -> None:
    run(stack, "publish", file())

    assert untimed(run(stack, "unpublish", SLUG).stdout) == f"withdrawn  {SLUG}  {URL}  done after 0.0 s\n"
    assert run(stack, "unpublish", SLUG).stdout == f"unchanged  {SLUG}  {URL}  done\n"
    assert run(stack, "list").stdout == ""
    assert untimed(run(stack, "rollback", SLUG).stdout) == f"version 1  {SLUG}  {URL}  live after 0.0 s\n"
    assert SLUG in run(stack, "list").stdout
    assert run(stack, "publish", file(title="Next")).exit_code == 0  # what was done here is remembered


def test_several_are_taken_back_or_none(stack: TwinStack) -> None:
    run(stack, "publish", file())
    run(stack, "schedule", file("y", slug="y", id="a-9", published_at=FUTURE))

    refused = run(stack, "unpublish", SLUG, "no-such", "nor-this")
    assert (refused.exit_code, refused.stderr.count("unknown_article")) == (1, 2)
    assert isinstance(there(stack), Article)

    done = run(stack, "unpublish", SLUG, "y", SLUG)
    assert (done.exit_code, done.stdout.count("\n")) == (0, 2)
    assert (type(there(stack)), there(stack, "y")) == (Unpublished, None)


def test_renaming_says_that_old_links_go_on_working(stack: TwinStack) -> None:
    run(stack, "publish", file())

    done = run(stack, "rename", SLUG, "another-name")

    assert (done.exit_code, "301" in done.stderr) == (0, True)
    assert there(stack) == Renamed(1, SLUG, "another-name")
    assert [one["slug"] for one in json.loads(run(stack, "list", "--json").stdout)] == ["another-name"]
    assert "slug_taken" in run(stack, "publish", "x.json").stderr
    assert run(stack, "publish", file(slug="another-name", title="Next")).exit_code == 0


def test_a_renaming_that_crashed_between_its_writes_is_completed_by_the_same_again(stack: TwinStack) -> None:
    run(stack, "publish", file())

    def crash(slug: str) -> None:
        if slug == SLUG:
            raise ContentUnavailable("The machine is gone.")

    stack.shelf.before = crash  # type: ignore[method-assign]
    crashed = run(stack, "rename", SLUG, "another-name")
    assert (crashed.exit_code, "1 of 2 are written" in crashed.stderr) == (3, True)
    assert isinstance(there(stack), Article)
    stack.shelf.before = lambda slug: None  # type: ignore[method-assign]

    assert run(stack, "rename", SLUG, "another-name").exit_code == 0
    assert there(stack) == Renamed(1, SLUG, "another-name")


# history, list ------------------------------------------------------------------------------------------------------


def test_a_history_has_a_line_for_each_version(stack: TwinStack) -> None:
    run(stack, "publish", file(title="渡し船 [bold]x[/bold] [/]"))
    run(stack, "unpublish", SLUG)

    lines = run(stack, "history", SLUG).stdout.splitlines()
    told = json.loads(run(stack, "history", SLUG, "--json").stdout)

    assert ["withdrawn" in lines[1], "present" in lines[1]] == [True, True]
    assert "渡し船 [bold]x[/bold] [/]" in lines[2]
    assert [(one["number"], one["what"], one["is_present"]) for one in told] == [
        (2, "withdrawn", True),
        (1, "published", False),
    ]


def test_a_title_cannot_steer_the_terminal(stack: TwinStack) -> None:
    title = "\x1b[2J\x07\u202eevil " + "船" * 80
    stack.shelf.spoil(SLUG, msgspec.json.encode(replace(NIGHT_FERRY, slug=SLUG, title=title)))

    done = run(stack, "history", SLUG)

    assert not [sign for sign in done.output if not sign.isprintable() and sign != "\n"]
    assert "evil " + "船" * 80 in done.stdout  # into a file, a row is one line


def test_lists_are_those_that_readers_see_newest_first(stack: TwinStack) -> None:
    for i in range(1, 4):
        file(f"p-{i}", slug=f"p-{i}", id=f"a-{i}", published_at=f"2026-11-0{i}T08:00:00Z", tags=["river"] * (i > 1))
    file("q", slug="q", section={"slug": "culture", "name": "Culture"})
    run(stack, "publish", "p-1.json", "p-2.json", "p-3.json", "q.json")

    def slugs(*arguments: str) -> list[str]:
        return [one["slug"] for one in json.loads(run(stack, "list", "--json", *arguments).stdout)]

    assert slugs("--section", "city") == ["p-3", "p-2", "p-1"]
    assert slugs("--tag", "river") == ["p-3", "p-2"]
    assert slugs("--author", "ada-moor", "--limit", "2") == ["p-3", "p-2"]
    assert len(slugs()) == 4
    lines = run(stack, "list", "--section", "city").stdout.splitlines()
    assert [line.split()[2] for line in lines[1:]] == ["p-3", "p-2", "p-1"]
    reads = stack.shelf.reads
    slugs()
    assert stack.shelf.reads == reads


def test_a_list_that_is_not_there_or_damaged_is_a_sentence(stack: TwinStack) -> None:
    unknown = run(stack, "list", "--tag", "none")
    assert (unknown.exit_code, "unknown_list" in unknown.stderr) == (1, True)
    assert run(stack, "list").exit_code == 0

    run(stack, "publish", file())
    stack.kept_documents.raw["lists/latest/index.json"] = b"{"
    damaged = run(stack, "list")
    assert (damaged.exit_code, "frontline rebuild" in damaged.stderr) == (3, True)


def test_a_list_that_is_changed_while_it_is_read_is_read_again(stack: TwinStack) -> None:
    run(stack, "publish", file())
    asked: list[str] = []

    def change(step: str, key: str) -> None:
        asked.append(key)
        if len(asked) == 2:  # the index has been read, its part has not, and goes with the second change from here
            another_editor(stack, replace(NIGHT_FERRY, slug="y", id="a-9"))
            another_editor(stack, replace(NIGHT_FERRY, slug="z", id="a-8"))

    stack.kept_documents.before = change  # type: ignore[method-assign]

    assert len(json.loads(run(stack, "list", "--json").stdout)) == 3


# What is mistyped ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("unpublish", "No"),
        ("unpublish", "fine", "../etc"),
        ("rename", "a", "a"),
        ("rename", "a", "b/c"),
        ("rename", "a"),
        ("rollback", "[red]"),
        ("rollback", "a", "--to", "0"),
        ("history", "a" * 121),
        ("history", "a", "--limit", "many"),
        ("fetch", "\x1b[2J"),
        ("list", "--section", "A B"),
        ("list", "--section", "a", "--tag", "b"),
        ("list", "--limit", "0"),
        ("schedule", "x.md", "--at", "soon"),
        ("schedule", "x.md", "--at", "2099-02-30T00:00:00Z"),
        ("schedule", "x.md", "--at", "2099-02-03T00:00:00"),
        ("schedule", "x.md", "--at", "2001-01-01T00:00:00Z"),
        ("publish", "x.md", "--patience", "0"),
    ],
)
def test_what_is_mistyped_is_exit_code_2_and_a_sentence(stack: TwinStack, arguments: tuple[str, ...]) -> None:
    done = run(stack, *arguments)

    assert done.exit_code == 2
    assert done.stderr
    assert "\x1b[2J" not in done.output
    assert stack.shelf.writes == []


@pytest.mark.parametrize("command", ["unpublish", "rollback", "history", "fetch"])
def test_an_unknown_article_is_a_no(stack: TwinStack, command: str) -> None:
    done = run(stack, command, "no-such")

    assert (done.exit_code, "(unknown_article)" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "command", ["publish", "schedule", "unpublish", "rename", "rollback", "history", "fetch", "list"]
)
def test_every_command_teaches_with_an_example(stack: TwinStack, command: str) -> None:
    done = run(stack, command, "--help")

    assert done.exit_code == 0
    assert f"frontline --local {command}" in " ".join(done.stdout.split())
