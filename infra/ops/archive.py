"""The editors' commands that look: an article's text and history, and what is published."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.ops import changes
from infra.ops.listing import listed, scheduled
from infra.ops.markdown_out import to_markdown
from infra.ops.stack import Stack
from infra.ops.terminal import Slug, err, need_slugs, out, plain, plainly, remembered
from shared.domain.articles import Article, Renamed
from shared.domain.lists import LATEST, Entry, entry_of

app = typer.Typer()

AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for a program.")]


@app.command()
def fetch(
    context: typer.Context,
    slug: Slug,
    version: Annotated[int | None, typer.Option(metavar="N", help="Its number in `frontline history`.", min=1)] = None,
    over: Annotated[bool, typer.Option("--over", help="In place of a file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, to SLUG.json.")] = False,
    to: Annotated[
        Path, typer.Option(metavar="FOLDER", file_okay=False, help="Where to, if your own file of that name is here.")
    ] = Path(),
) -> None:
    """Write the article as it is now, or was in an earlier version, to SLUG.md: to change it and publish it again.

    An article that Markdown cannot hold is written to SLUG.json.

    Try it: `frontline --local fetch the-night-ferry --to theirs`
    """
    need_slugs([slug])
    with plainly():
        stack: Stack = context.obj.open()
        article, tag = changes.past_article(slug, stack.articles(), version)
        markdown = None if as_json else to_markdown(article)
        path = to / f"{slug}.{'json' if markdown is None else 'md'}"
        text = markdown or msgspec.json.format(msgspec.json.encode(article), indent=2).decode() + "\n"
        try:
            to.mkdir(parents=True, exist_ok=True)
            with path.open("w" if over else "x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except FileExistsError:
            words = "write it elsewhere with `--to FOLDER`, or over it with --over."
            err.print(f"{path} is there already: {words}", markup=False)
            raise typer.Exit(1) from None
        except OSError as error:
            err.print(f"{path} cannot be written: {error.strerror or error}", markup=False)
            raise typer.Exit(1) from None
        remembered(stack).note({slug: tag})
    if markdown is None and not as_json:
        err.print("This article has something that Markdown cannot hold: written as JSON.")
    out.print(f"{path} is written: change it, then `frontline publish {path}`.", markup=False)


@app.command()
def history(
    context: typer.Context,
    slug: Slug,
    limit: Annotated[int, typer.Option(metavar="N", help="How many versions at most.", min=1, max=1_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """Show an article's versions, the newest first. `fetch --version` and `rollback --to` take their numbers.

    Try it: `frontline --local history the-night-ferry`
    """
    need_slugs([slug])
    with plainly():
        stack: Stack = context.obj.open()
        past = changes.history(slug, stack.articles(), limit)
    if as_json:
        print(
            json.dumps(
                [
                    {
                        "number": one.number,
                        "at": one.version.at.isoformat(),
                        "what": one.what,
                        "title": _title(one),
                        "is_present": one.version.is_present,
                    }
                    for one in past
                ],
                ensure_ascii=False,
            )
        )
        return
    _table(
        ("", "when (UTC)", "what", "title", ""),
        [
            (str(one.number), _moment(one.version.at), one.what, _title(one), "present" * one.version.is_present)
            for one in past
        ],
    )


@app.command("list")
def list_articles(
    context: typer.Context,
    section: Annotated[str | None, typer.Option(metavar="SLUG", help="Those of one section, by its slug.")] = None,
    author: Annotated[str | None, typer.Option(metavar="SLUG", help="Those of one author, by their slug.")] = None,
    tag: Annotated[str | None, typer.Option(metavar="SLUG", help="Those with one tag.")] = None,
    is_scheduled: Annotated[
        bool, typer.Option("--scheduled", help="Those whose time has not come, the next one first.")
    ] = False,
    limit: Annotated[int, typer.Option(metavar="N", help="How many at most.", min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """Show what is published, the newest first, or what is scheduled.

    Try it: `frontline --local list --section city --limit 5`
    """
    named = {kind: slug for kind, slug in (("section", section), ("author", author), ("tag", tag)) if slug is not None}
    need_slugs(named.values())
    if len(named) > 1:
        err.print("Give one of --section, --author and --tag: each is a list of its own.")
        raise typer.Exit(2)
    with plainly():
        stack: Stack = context.obj.open()
        if is_scheduled:
            articles = scheduled(stack.schedules(), stack.articles(), dt.datetime.now(dt.UTC))
            entries = [entry_of(one) for one in articles if _is_of(one, named)][:limit]
        else:
            name = "/".join(*named.items()) if named else LATEST
            entries = [msgspec.json.decode(raw, type=Entry) for raw in listed(stack.documents(), name, limit)]
    if as_json:
        print(msgspec.json.encode(entries).decode())
        return
    if not entries:
        err.print("Nothing is scheduled." if is_scheduled else "Nothing is published yet.")
        return
    _table(
        ("appears (UTC)" if is_scheduled else "published (UTC)", "slug", "title", "section", "author"),
        [(_moment(one.published_at), one.slug, one.title, one.section.name, one.author.name) for one in entries],
    )


def _is_of(article: Article, named: dict[str, str]) -> bool:
    return all(
        {
            "section": article.section.slug == slug,
            "author": article.author.slug == slug,
            "tag": slug in article.tags,
        }[kind]
        for kind, slug in named.items()
    )


def _title(past: changes.Past) -> str:
    if isinstance(past.document, Renamed):
        return f"→ {past.document.to}"
    return past.document.title if isinstance(past.document, Article) else ""


def _moment(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table whose cells are text and never markup; into a file, each row is one line."""
    table = Table(box=None, pad_edge=False)
    for name in head:
        table.add_column(name, overflow="fold")  # rather in two lines than cut off
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    (out if out.is_terminal else Console(width=10_000)).print(table, soft_wrap=False)
