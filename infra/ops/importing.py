"""`frontline import`: a paper that was somewhere else comes here."""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from infra.ops import desk
from infra.ops.ghost import members as member_work
from infra.ops.ghost.articles import Choices, posts_of
from infra.ops.ghost.export import read_export
from infra.ops.ghost.report import Report
from infra.ops.ghost.writing import read_posts, write_folder, write_report
from infra.ops.paper import read_paper
from infra.ops.terminal import err, out, plain, plainly, progress, stop

_day = re.compile(r"\d{4}-\d\d-\d\d")
_KINDS: Final = ("news", "opinion", "analysis", "report", "interview", "essay", "review", "guide")
_ORIGINS: Final = ("photograph", "illustration", "chart", "ai")

app = typer.Typer(no_args_is_help=True, help="A paper that was somewhere else: its articles and its readers.")


@app.callback()
def group() -> None:
    """One command so far; it has its name all the same."""


@app.command("ghost")
def ghost(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Ghost's export: the JSON, or a zip of it and content/images."),
    ] = None,
    members: Annotated[
        Path | None, typer.Option("--members", metavar="CSV", help="Ghost's members as well, or alone.")
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write/--dry-run", help="Do it. Without, everything is read and told, and nothing written."),
    ] = False,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the articles' files go.")] = Path(
        "from-ghost"
    ),
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish what was published, and schedule what was scheduled, at once.")
    ] = False,
    site: Annotated[
        str, typer.Option("--site", metavar="URL", help="Where it was: https://paper.example. Names files to fetch.")
    ] = "",
    kind: Annotated[str, typer.Option(metavar="KIND", help=f"What the articles are: {', '.join(_KINDS)}.")] = "news",
    origin: Annotated[
        str, typer.Option(metavar="ORIGIN", help=f"How the pictures were made: {', '.join(_ORIGINS)}.")
    ] = "photograph",
    section: Annotated[str, typer.Option(metavar="NAME", help="The section of posts without a tag.")] = "The others",
    language: Annotated[str, typer.Option(metavar="CODE", help="Their language, where Ghost says another.")] = "",
    teaser: Annotated[str, typer.Option(metavar="TEXT", help="What all gates say while they are closed.")] = "",
    newsletter: Annotated[
        list[str] | None,
        typer.Option(
            "--newsletter", metavar="SLUG", help="What those get who get Ghost's mails; may be said several times."
        ),
    ] = None,
    paid_until: Annotated[
        str | None,
        typer.Option(
            "--paid-until", metavar="DATE", help="The last day (UTC) that those who pay in Ghost are members here."
        ),
    ] = None,
    over: Annotated[bool, typer.Option("--over", help="Write over files that somebody has changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON, for a program.")] = False,
) -> None:
    """Make a Ghost export into articles' files, and its members into readers.

    At first it only tells what it would do, and what cannot be carried over. With --write it makes the files, which
    `frontline check` and `publish` take then. Twice makes no difference. What is for members in Ghost stands in a gate.

    Try it: `frontline import ghost paper.zip --site https://paper.example`, then the same with `--write`
    """
    if file is None and members is None:
        stop("Give FILE, Ghost's export, or --members with its members' CSV, or both.")
    if publish and (file is None or not write):
        stop("--publish goes with FILE and --write.")
    if kind not in _KINDS or origin not in _ORIGINS:
        stop(f"--kind is one of {', '.join(_KINDS)}; --origin of {', '.join(_ORIGINS)}.")
    choices = Choices(kind, origin, " ".join(section.split())[:200] or "The others", language, " ".join(teaser.split()))
    address, until = _address(site), None if paid_until is None else _until(paid_until)
    report = Report()
    with plainly():
        if file is not None:
            _articles(file, address, choices, report, to if write else None, over)
        if members is not None:
            _readers(context, members, tuple(newsletter or ()), until, report, write)
        if write and file is not None:
            _write_report(to, report)
    if as_json:
        print(json.dumps(report.to_builtins(), ensure_ascii=False, indent=1))
    else:
        for line in report.lines():
            out.print(plain(line), markup=False)
        if not write:
            err.print("\nNothing is written yet: the same with --write does it.")
    if publish:
        _publish(context, to)
    if report.has_failed:
        raise typer.Exit(1)


def _articles(file: Path, address: str, choices: Choices, report: Report, to: Path | None, over: bool) -> None:
    export = read_export(file)
    with progress("reading posts", len(posts_of(export))) as step:
        made, files = read_posts(export, address, choices, report, step)
    if to is None:
        return
    try:
        with progress("writing files", len(made) + len(files.wanted)) as step:
            write_folder(to, made, files, report, over, step)
    except KeyboardInterrupt:
        err.print("What is written stays, and the same again writes the rest.")
        raise
    except OSError as error:
        err.print(f"{error.filename or to} cannot be written: {error.strerror or error}", markup=False)
        raise typer.Exit(1) from None


def _write_report(to: Path, report: Report) -> None:
    try:
        write_report(to, report)
    except OSError as error:
        err.print(f"{to / 'report.json'} cannot be written: {error.strerror or error}", markup=False)
        raise typer.Exit(1) from None


def _readers(
    context: typer.Context, csv: Path, newsletters: tuple[str, ...], until: int | None, report: Report, write: bool
) -> None:
    rows = member_work.read_members(csv, report)
    member_work.count(rows, newsletters, until, report)
    if not write:
        return
    if until is None and any(row.is_paying for row in rows):
        stop("Some readers pay in Ghost: say --paid-until DATE, the last day that they are members here all the same.")
    stack = context.obj.open()
    paper, _ = read_paper(stack.documents())
    known = set() if paper is None else {one.slug for one in paper.newsletters}
    for one in newsletters:
        if one not in known:
            stop(f"--newsletter: the paper has no “{one}”; `frontline newsletters show` says which there are.")
    try:
        with progress("writing readers", len(rows)) as step:
            made = member_work.put(rows, newsletters, until, stack.members(), time.time(), secrets.token_bytes, step)
    except KeyboardInterrupt:
        err.print("Those who are written stay, and the same again writes the rest.")
        raise
    report.carried["readers new here"] = made


def _publish(context: typer.Context, to: Path) -> None:
    """The files in that folder, by the commands that one would type."""
    if files := sorted((to / "articles").glob("*.md")):
        desk.publish(context, files)
    if files := sorted((to / "scheduled").glob("*.md")):
        desk.schedule(context, files)


def _address(site: str) -> str:
    address = site.strip().rstrip("/")
    if address and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9/_-]+)?", address):
        stop("--site: write where it was, such as https://paper.example")
    return address


def _until(said: str) -> int:
    try:
        day = dt.date.fromisoformat(said) + dt.timedelta(days=1) if _day.fullmatch(said) else None
    except (ValueError, OverflowError):
        day = None
    if day is None:
        stop(f"--paid-until: “{said}” is no day; write 2027-01-31.")
    ends = int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())
    if ends <= time.time():
        stop(f"--paid-until: {said} is past.")
    return ends
