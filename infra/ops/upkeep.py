"""`frontline doctor`, `rebuild` and `paper`: looking after what is made of the articles."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from infra.ops import doctor as doctor_work
from infra.ops import survey
from infra.ops.files import Problem, at_hand
from infra.ops.paper import put_error_page, read_error_page, read_paper, set_paper, whole
from infra.ops.paper_file import Sheet, read_sheet
from infra.ops.rebuild import rebuild as rebuild_all
from infra.ops.repair import repair as mend
from infra.ops.site import HttpWeb
from infra.ops.stack import Stack
from infra.ops.terminal import err, out, plainly, stages
from infra.ops.uploading import upload_files
from shared.domain.paper import Paper
from shared.domain.refusals import InvalidPaper

PAUSE_SECONDS = 15  # an event takes less, unless it is tried again
MANY = 500  # things that are mended one after the other

app = typer.Typer()
_Done = TypeVar("_Done")


@app.command()
def doctor(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended from here, then look again.")
    ] = False,
    pause: Annotated[
        int,
        typer.Option(metavar="SECONDS", help="After how long what looks wrong is looked at once more.", min=0),
    ] = PAUSE_SECONDS,
) -> None:
    """Say what is wrong with a stack and what to do: articles against lists, schedules, dead letters, keys, the paper,
    how mail is sent and money taken, what readers get, and whether all of the stack is there and as it should be.

    The paper goes on being published meanwhile; what an event under way explains is not told. The exit code is 1 when
    something is wrong, with --repair: when something still is.
    """
    with plainly(), stages() as progress:
        ward = _ward(context.obj.open())
        diagnosis = _examined(ward, pause, progress)
        if repair and diagnosis.findings:
            _stoppable(lambda: mend(diagnosis, ward, _now, _say, progress))
            out.print("Looking again.")
            diagnosis = _examined(ward, pause, progress)
        if diagnosis.findings:
            raise typer.Exit(1)


@app.command()
def rebuild(
    context: typer.Context, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False
) -> None:
    """Make all lists, directories and placements anew from the articles, and purge what was made of them.

    Readers go on reading, editors go on publishing, nothing is announced. Ctrl-C does no harm: run it again for the
    rest.
    """
    with plainly():
        stack = context.obj.open()
        doors = stack.doors()
        if not yes:
            typer.confirm(f"Make all lists of {stack.name} anew?", abort=True, err=True)
        with stages() as progress:
            done = _stoppable(lambda: rebuild_all(doors, _now, progress))
        out.print(f"{done.articles} articles stand in {done.lists} lists, all made anew.")
        if done.gone:
            _say(f"gone, because no article is in them: {', '.join(done.gone)}")
        if done.followed:
            _say(f"caught up with what others changed meanwhile: {', '.join(done.followed)}")
        if done.unannounced:
            _say(f"out, and never announced: {', '.join(done.unannounced)} (`frontline doctor --repair` does that)")


@app.command()
def paper(
    context: typer.Context,
    name: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is, in a sentence or two.")] = None,
    language: Annotated[str | None, typer.Option(help="Its language, such as en or de-AT; at first: en.")] = None,
    url: Annotated[
        str | None, typer.Option(help="Where it is read, such as https://paper.example; at first: the stack's SiteUrl.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE.json", help="Set every field that this file has.")
    ] = None,
    process: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Set the page that says how the paper works: Markdown.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All of it, as --file takes it.")] = False,
) -> None:
    """Show what the paper is called and where it is, or set it: what pages and feeds say of themselves.

    The first time, give --name and --description. What is not given stays as it is. Looks, offers and words are in a
    file: `frontline … paper --json > paper.json`, change it, `frontline … paper --file paper.json`. Pictures that it
    names and that lie beside it, under media/anonymous/, are uploaded.
    """
    options = {"name": name, "description": description, "language": language, "url": url}
    with plainly():
        sheet = read_sheet(file, process)
        stop_at(sheet.problems)
        given = {**sheet.given, **{option: value for option, value in options.items() if value is not None}}
        stack = context.obj.open()
        present, _ = read_paper(stack.documents())
        if given:
            if present is not None and given.get("id", present.id) != present.id:
                err.print(f"The id stays {present.id}, whatever the file says.")
            present, changed = put_paper(stack, sheet, given)
            err.print(
                "Written, and purged what was made of it." if changed else "It says so already; purged all the same."
            )
        if present is None:
            raise InvalidPaper("The paper has not been given its name yet: `frontline paper --name … --description …`.")
        if as_json:
            out.print(json.dumps(whole(present), indent=2, ensure_ascii=False), markup=False)
            return
        for field in ("name", "description", "language", "url", "id"):
            out.print(f"{field:<12} {getattr(present, field)}", markup=False)


def put_paper(stack: Stack, sheet: Sheet, given: Mapping[str, Any]) -> tuple[Paper, bool]:
    """Upload what the sheet names, write what is `given` of the paper, and the page for failures; the paper, and
    whether it has changed. Exit code 1 where a file is missing or wrong; nothing is written then."""
    named, problems = at_hand(sheet.files())
    stop_at(upload_files(named, problems, stack.media(), stack.purge(), f"paper-{time.time_ns()}", _tell_uploaded))
    paper, changed = set_paper(stack.documents(), stack.purge(), given, stack.output("SiteUrl"), _now())
    put_error_page(stack.client("s3"), stack.output("StaticBucket"), paper)
    return paper, changed


def _ward(stack: Stack) -> doctor_work.Ward:
    post = None
    if "MailConfiguration" in stack.outputs:
        post = doctor_work.Post(stack.mail_sender, stack.mail_place(), stack.letters("MailDeadLettersUrl"))
    has_announcements = "AnnouncementsDeadLettersUrl" in stack.outputs
    publishing = stack.letters("PublishingQueueUrl")
    return doctor_work.Ward(
        doors=stack.doors(),
        keyring=stack.keyring(),
        edge_keys=stack.edge_keys(),
        backlog=publishing.count,
        dead_letters=stack.letters("PublishingDeadLettersUrl"),
        announcements=stack.letters("AnnouncementsDeadLettersUrl") if has_announcements else None,
        site_url=stack.output("SiteUrl"),
        error_page=lambda: read_error_page(stack.client("s3"), stack.output("StaticBucket")),
        post=post,
        money=stack.money() if "LedgerTable" in stack.outputs else None,
        facilities=stack.facilities(),
        web=HttpWeb(),
        address=stack.address(),
        undelivered=stack.letters("UndeliveredChangesUrl") if "UndeliveredChangesUrl" in stack.outputs else None,
    )


def _examined(ward: doctor_work.Ward, pause: int, progress: survey.Progress) -> doctor_work.Diagnosis:
    """The diagnosis, told."""

    def wait() -> None:
        if pause:
            err.print(f"Something looks wrong; looking once more in {pause} s, in case it is being published…")
            time.sleep(pause)

    diagnosis = doctor_work.examine(ward, _now, wait, progress)
    for note in diagnosis.notes:
        err.print(note, markup=False)
    for finding in diagnosis.findings:
        _say(f"{finding.subject}: {finding.words}." if finding.is_mended_by_repair else str(finding))
    if diagnosis.moving:
        err.print(f"{diagnosis.moving} more looked wrong and are only being published, or wait for it.")
    if count := len(diagnosis.findings):
        hint = "`frontline doctor --repair` mends what nothing else is said of."
        if count >= MANY:
            hint += " With so much, `frontline rebuild` first is quicker."
        err.print(f"{'One thing is' if count == 1 else f'{count} things are'} wrong. {hint}")
    else:
        out.print(f"{diagnosis.articles} articles, {diagnosis.lists} lists: all is well.")
    return diagnosis


def stop_at(problems: list[Problem]) -> None:
    for problem in problems:
        err.print(str(problem), markup=False)
    if problems:
        err.print("[red]Nothing was set[/red].")
        raise typer.Exit(1)


def _tell_uploaded(src: str, what: str) -> None:
    err.print(f"{what:<12} {src}", markup=False)


def _say(words: str) -> None:
    out.print(words, markup=False)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _stoppable(work: Callable[[], _Done]) -> _Done:
    """Do what may be ended anywhere."""
    try:
        return work()
    except KeyboardInterrupt:
        err.print("Stopped. What is done is whole; run it again for the rest.")
        raise typer.Exit(130) from None
