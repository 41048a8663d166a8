"""The editors' commands that write: from a file to the readers, and what is done with what is there."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from infra.ops import changes as change_work
from infra.ops import publishing
from infra.ops.files import Problem, at_moment, check_files, check_moments
from infra.ops.front_matter import read_moment
from infra.ops.markdown import new_article
from infra.ops.publishing import Change, Written
from infra.ops.settling import settle
from infra.ops.stack import Stack
from infra.ops.terminal import Slug, err, need_slugs, out, plain, plainly, progress, remembered, say_no
from infra.ops.uploading import hold_back_media, upload_media
from shared.domain.articles import Article, Stored
from shared.domain.refusals import Refusal

NAMED_AT_MOST = 5  # slugs in a sentence

app = typer.Typer()

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILES", help="Articles as Markdown (see docs/writing.md) or JSON."),
]
Slugs = Annotated[list[str], typer.Argument(metavar="SLUGS", help="The articles' addresses, such as the-night-ferry.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until readers see it.")]
Patience = Annotated[
    int,
    typer.Option(metavar="SECONDS", help="How long to wait while nothing goes live; then the exit code is 4.", min=1),
]
Over = Annotated[bool, typer.Option("--over", help="Publish over what somebody else has changed meanwhile.")]


@app.command()
def new(
    slug: Annotated[
        str, typer.Argument(metavar="SLUG", help="Its address: lower-case letters, digits, single hyphens.")
    ],
) -> None:
    """Write SLUG.md here, a file to begin an article with: valid as it is, with a word on each part.

    A file that is there already is left alone.
    """
    need_slugs([slug])
    path = Path(f"{slug}.md")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(new_article(slug, f"a-{secrets.token_hex(6)}", dt.datetime.now(dt.UTC)))
    except FileExistsError:
        err.print(f"{path} is there already: choose another slug, or move it away.", markup=False)
        raise typer.Exit(1) from None
    except OSError as error:
        err.print(f"{path} cannot be written: {error.strerror or error}", markup=False)
        raise typer.Exit(1) from None
    out.print(f"{path} is written: change it, then `frontline check {path}`.", markup=False)


@app.command()
def check(files: Files) -> None:
    """Say everything that would keep these files from being published, each with its place. Needs no stack.

    The exit code is 1 when there is something.
    """
    now = dt.datetime.now(dt.UTC)
    articles, problems = _checked(files, now)
    _stop_at(problems, "Not ready to be published", len(files))
    for path, article in articles:
        when = f", to be scheduled for {_when(article)}" if article.published_at > now else ""
        out.print(f"{path}: fine{when}", markup=False)


@app.command()
def publish(
    context: typer.Context, files: Files, over: Over = False, wait: Wait = True, patience: Patience = 60
) -> None:
    """Check the files, upload the pictures and sounds that they name, write the articles, and wait until readers see
    them.

    Nothing is written unless every file is valid and none would overwrite what somebody else has changed since you last
    published or fetched it. Running it again is safe, and completes a run that was cut off.

    Try it: `frontline --local publish the-night-ferry.md`
    """
    now = dt.datetime.now(dt.UTC)
    articles, problems = _checked(files, now)
    problems += check_moments(articles, now, is_ahead=False)
    _stop_at(problems, "Nothing was published", len(files))
    _bring_out(context, articles, now, is_ahead=False, over=over, patience=patience if wait else None)


@app.command()
def schedule(
    context: typer.Context,
    files: Files,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="MOMENT",
            help="When, such as “2026-12-05 06:30 +01:00”; in place of the files' published_at.",
        ),
    ] = None,
    over: Over = False,
    wait: Wait = True,
    patience: Patience = 60,
) -> None:
    """Check the files, and have the articles appear at their `published_at`, which lies ahead.

    They are written at once; until their time nobody can tell that they are there. `frontline list --scheduled` shows
    them, `frontline unpublish` takes one back.

    Try it: `frontline --local schedule the-night-ferry.md --at "2030-12-05 06:30 +01:00"`
    """
    now = dt.datetime.now(dt.UTC)
    moment = None if at is None else _moment(at, now)
    articles, problems = _checked(files, now)
    if moment is not None:
        articles, more = at_moment(articles, moment)
        problems += more
    problems += check_moments(articles, now, is_ahead=True)
    _stop_at(problems, "Nothing was scheduled", len(files))
    _bring_out(context, articles, now, is_ahead=True, over=over, patience=patience if wait else None)


@app.command()
def unpublish(context: typer.Context, slugs: Slugs, wait: Wait = True, patience: Patience = 60) -> None:
    """Take articles back: readers are told that the article has been withdrawn (410). `frontline rollback` restores it.

    A scheduled article whose time has not come is deleted instead: nobody learns that it was there.

    Try it: `frontline --local unpublish the-night-ferry`
    """
    need_slugs(slugs)
    with plainly():
        stack: Stack = context.obj.open()
        now = dt.datetime.now(dt.UTC)
        shelf = stack.articles()
        changes, refusals = publishing.decided(
            dict.fromkeys(slugs), lambda slug: change_work.withdrawal(slug, shelf.read_version(slug), now)
        )
        _stop_at_noes(refusals, "Nothing was unpublished")
        _carry_out(stack, [changes], patience if wait else None)


@app.command()
def rename(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The address that it has.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The address that it is to have.")],
    wait: Wait = True,
    patience: Patience = 60,
) -> None:
    """Give an article another address. The old one leads on to it (301), so old links go on working.

    Cut off half-way, the same again completes it.

    Try it: `frontline --local rename the-night-ferry the-last-night-ferry`
    """
    need_slugs([old, new])
    if old == new:
        err.print(f"“{old}” is what it is called already: give another slug.", markup=False)
        raise typer.Exit(2)
    with plainly():
        stack: Stack = context.obj.open()
        shelf = stack.articles()
        first, second = change_work.renaming(
            old, new, shelf.read_version(old), shelf.read_version(new), dt.datetime.now(dt.UTC)
        )
        _carry_out(stack, [[first], [second]], patience if wait else None)
        if second.document is not None:
            err.print(
                f"Links to “{old}” lead on to “{new}” (301). Write `slug: {new}` in your file before you publish it "
                "again.",
                markup=False,
            )


@app.command()
def rollback(
    context: typer.Context,
    slug: Slug,
    to: Annotated[
        int | None,
        typer.Option(metavar="N", help="The version's number in `frontline history`; without: the one before.", min=1),
    ] = None,
    wait: Wait = True,
    patience: Patience = 60,
) -> None:
    """Publish an earlier version of an article again, as the newest one. Nothing of its history is lost.

    Without --to it is the latest that differs from what is there; after `unpublish` that restores the article.

    Try it: `frontline --local rollback the-night-ferry`
    """
    need_slugs([slug])
    with plainly():
        stack: Stack = context.obj.open()
        _carry_out(stack, [[change_work.rollback(slug, stack.articles(), to)]], patience if wait else None)


def _bring_out(
    context: typer.Context,
    articles: Sequence[tuple[Path, Article]],
    now: dt.datetime,
    *,
    is_ahead: bool,
    over: bool,
    patience: float | None,
) -> None:
    """What `publish` and, with `is_ahead`, `schedule` do with files that are fine."""
    with plainly():
        stack: Stack = context.obj.open()
        seen = None if over else remembered(stack).versions()
        with progress("comparing", len(articles)) as step:
            changes, refusals = publishing.compare([one for _, one in articles], stack.articles(), seen, now, step)
        _stop_at_noes(refusals, "Nothing was written")
        # Before the articles: none is ever live without its pictures, and no picture before its article.
        if is_ahead:
            problems = hold_back_media(articles, stack.media(), stack.waiting_media(), _tell_uploaded)
        else:
            problems = upload_media(articles, stack.media(), stack.purge(), f"media-{time.time_ns()}", _tell_uploaded)
        _stop_at(problems, "Nothing was written", len(articles))
        _carry_out(stack, [changes], patience)


def _checked(files: Sequence[Path], now: dt.datetime) -> tuple[list[tuple[Path, Article]], list[Problem]]:
    with progress("checking", len(set(files))) as step:
        return check_files(files, now, step)


def _tell_uploaded(src: str, what: str) -> None:
    out.print(f"{what:<9}  {src}", markup=False)


def _carry_out(stack: Stack, steps: Sequence[Sequence[Change]], patience: float | None) -> None:
    """Make the changes, one step after the other, remember what was written, and wait until everything agrees with it
    (None: do not wait)."""
    written: dict[str, tuple[Written, float]] = {}  # with when, for how long it takes from there
    _write(stack, steps, written, is_told=patience is not None)
    if patience is None:
        for one, _ in written.values():
            _tell(stack, one, None)
        return
    with progress("waiting for readers", len(written)) as step:

        def settled(slug: str) -> None:
            one, at = written[slug]
            _tell(stack, one, time.monotonic() - at)
            step()

        for slug, (one, _) in written.items():
            if one.what == "unchanged":  # which is only said of what has been followed up
                settled(slug)
        versions = {slug: one.version for slug, (one, _) in written.items() if one.what != "unchanged"}
        try:
            late = settle(versions, stack.documents(), settled, patience)
        except KeyboardInterrupt:
            err.print("Everything is written, and readers will see it without you.")
            raise
    if late:
        _tell_late(stack, {slug: versions[slug] for slug in late}, patience)
        raise typer.Exit(4)


def _write(
    stack: Stack, steps: Sequence[Sequence[Change]], written: dict[str, tuple[Written, float]], *, is_told: bool
) -> None:
    """`is_told`: each article gets a line where there is no bar; its last word comes later."""
    total = sum(len(step) for step in steps)
    with progress("writing", total) as advance:

        def note(one: Written) -> None:
            written[one.slug] = (one, time.monotonic())
            if is_told and not err.is_terminal:
                err.print(f"{len(written)} of {total}: {one.slug} {one.what}", markup=False)
            advance()

        try:
            for step in steps:
                publishing.write(step, stack.articles(), stack.documents(), note)
        except BaseException:
            err.print(f"{len(written)} of {total} are written, and readers will see them; run it again for the rest.")
            raise
        finally:
            remembered(stack).note({slug: one.version for slug, (one, _) in written.items()})


def _tell(stack: Stack, one: Written, seconds: float | None) -> None:
    """One article's line, and how long it took until readers saw it, if anybody waited for that."""
    if isinstance(one.document, Article) and one.document.published_at > dt.datetime.now(dt.UTC):
        outcome = f"appears {_when(one.document)}"
    elif seconds is None:
        outcome = ""
    else:
        outcome = "live" if isinstance(one.document, Article) else "done"
        outcome += "" if one.what == "unchanged" else f" after {seconds:.1f} s"
    line = f"{one.what:<9}  {one.slug}  {stack.output('SiteUrl')}/articles/{one.slug}  {outcome}"
    out.print(line.rstrip(), markup=False)


def _tell_late(stack: Stack, late: Mapping[str, str], patience: float) -> None:
    shelf = stack.articles()
    overtaken = [slug for slug, version in late.items() if _tag(shelf.read_version(slug)) != version]
    stuck = [slug for slug in late if slug not in overtaken]
    if overtaken:
        err.print(
            f"Somebody else has changed {_named(overtaken)} since: see `frontline history {overtaken[0]}`.",
            markup=False,
        )
    if stuck:
        err.print(
            f"Readers do not see all of it yet, and nothing has moved for {patience:g} s: {_named(stuck)}. It is "
            "written and not lost. See `frontline doctor`; the same command again gives publishing another push.",
            markup=False,
        )


def _tag(found: tuple[Stored | None, str] | None) -> str:
    return "" if found is None else found[1]


def _named(slugs: Sequence[str]) -> str:
    more = len(slugs) - NAMED_AT_MOST
    return ", ".join(slugs[:NAMED_AT_MOST]) + (f" and {more:,} more" if more > 0 else "")


def _when(article: Article) -> str:
    return article.published_at.isoformat(" ", "minutes")


def _moment(said: str, now: dt.datetime) -> dt.datetime:
    iso = read_moment(said.strip())
    if iso is None:
        words = "write date, time and offset, such as “2026-12-05 06:30 +01:00”"
        err.print(f"--at: “{plain(said)}” is not a moment; {words}.", markup=False)
        raise typer.Exit(2)
    moment = dt.datetime.fromisoformat(iso)
    if moment <= now:
        err.print(f"--at: {plain(said)} is past: use `frontline publish`.", markup=False)
        raise typer.Exit(2)
    return moment


def _stop_at(problems: list[Problem], outcome: str, count: int) -> None:
    if problems:
        for problem in problems:
            err.print(str(problem), markup=False)
        err.print(f"[red]{outcome}[/red]: mend {len({one.path for one in problems})} of {count} files.")
        raise typer.Exit(1)


def _stop_at_noes(refusals: list[Refusal], outcome: str) -> None:
    if refusals:
        for refusal in refusals:
            say_no(refusal)
        err.print(f"[red]{outcome}[/red].")
        raise typer.Exit(1)
