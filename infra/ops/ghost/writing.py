"""From an export to a folder: articles, what they show, and what is left to do. Twice makes no difference."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from infra.ops.ghost.articles import Choices, Made, Posts, is_internal, is_page, posts_of, slugs_of, tags_of
from infra.ops.ghost.export import Export, UnusableExport, opened, read_entry
from infra.ops.ghost.files import Files
from infra.ops.ghost.report import Report
from infra.ops.ghost.site import GHOST_URL, Site, our_slug
from infra.ops.media import MAX_BYTES, TYPES

FOLDERS: Final = ("articles", "scheduled", "drafts")
_COUNTED: Final = (
    ("snippets", "snippets"),
    ("newsletters", "newsletters"),
    ("products", "products"),
    ("offers", "offers"),
    ("comments", "comments"),
    ("emails", "emails"),
    ("custom_theme_settings", "theme"),
)

Step = Callable[[], None]


def read_posts(export: Export, address: str, choices: Choices, report: Report, step: Step) -> tuple[list[Made], Files]:
    """The articles of an export, and the files that they name. `step` is called after each post."""
    rows = posts_of(export)
    slugs = slugs_of(rows, report.note)
    site = Site(address, _paths(export, slugs))
    files = Files(site, export)
    posts = Posts(export, site, files, choices, report.note, slugs)
    made: list[Made] = []
    for row in rows:
        one = posts.make(row)
        if one is not None:
            made.append(one)
        step()
    _count(export, made, files, report)
    return made, files


def _paths(export: Export, slugs: dict[str, str]) -> dict[str, str]:
    """Where each path of the old site leads here."""
    paths = {"rss": "/feeds/rss.xml", "sitemap.xml": "/sitemap.xml"}
    for user in export.rows("users"):
        if slug := str(user.get("slug") or ""):
            paths[f"author/{slug}"] = f"/authors/{our_slug(slug, str(user.get('name') or ''))}"
    for row in export.rows("posts"):
        if str(row.get("id")) not in slugs:
            continue
        shown = [tag for tag in tags_of(export, row) if not is_internal(tag)]
        if shown and (slug := str(shown[0].get("slug") or "")):
            paths[f"tag/{slug}"] = f"/sections/{our_slug(slug, str(shown[0].get('name') or ''))}"
    for row in posts_of(export):
        if slug := str(row.get("slug") or ""):
            paths.setdefault(slug, f"/articles/{slugs[str(row.get('id'))]}")
    return paths


def _count(export: Export, made: list[Made], files: Files, report: Report) -> None:
    for folder in FOLDERS:
        report.carried[folder] = sum(one.folder == folder for one in made)
    report.carried["authors"] = len({one.article.author.slug for one in made})
    report.carried["sections"] = len({one.article.section.slug for one in made})
    report.carried["tags"] = len({tag for one in made for tag in one.article.tags})
    report.carried["files in the zip"] = sum(one.entry is not None for one in files.wanted.values())
    report.carried["files to fetch"] = sum(one.entry is None for one in files.wanted.values())
    for path, wanted in files.wanted.items():
        if wanted.entry is None and wanted.address.startswith(GHOST_URL):
            report.note(path, "no-site")
    for row in export.rows("posts"):
        if is_page(row):
            report.note(str(row.get("slug") or ""), "pages")
    for table, code in _COUNTED:
        for row in export.rows(table):
            report.note(str(row.get("slug") or ""), code, "" if row.get("slug") else str(row.get("name") or ""))
    report.note("", "routes")
    if export.is_untried:
        report.note("", "untried", export.version)


def write_folder(folder: Path, made: list[Made], files: Files, report: Report, over: bool, step: Step) -> None:
    """Write all of it below `folder`. What is there with another text, because somebody has changed it, is left so
    unless `over`. `step` is called after each file. Raises OSError.

    Each file is there whole or not at all, and so whatever ends this loses nothing: run it again.
    """
    report.carried["files written"] = 0
    with opened(files.export) as archive:
        for path, wanted in files.wanted.items():
            if wanted.entry is not None and archive is not None:
                most = MAX_BYTES[TYPES[path.rpartition(".")[2]].partition("/")[0]]
                try:
                    _put(folder / path[1:], read_entry(archive, wanted.entry, most), path, report, over)
                except UnusableExport as unusable:
                    report.note(path, "media-damaged", unusable.detail)
                    files.wanted[path] = type(wanted)(wanted.address, None)
            step()
    for one in made:
        name = f"{one.folder}/{one.slug}.md"
        _put(folder / name, one.text.encode(), name, report, over)
        step()
    for name, text in (("redirects.csv", _redirects(files.site, made)), ("fetch.txt", _to_fetch(folder, files))):
        _replace(folder / name, text.encode())


def write_report(folder: Path, report: Report) -> None:
    """The whole report beside the articles, as JSON."""
    text = json.dumps(report.to_builtins(), ensure_ascii=False, indent=1)
    _replace(folder / "report.json", f"{text}\n".encode("utf-8", "replace"))


def _put(path: Path, content: bytes, name: str, report: Report, over: bool) -> None:
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        there = None
    if there is None or (over and there != content):
        _replace(path, content)
        report.carried["files written"] += 1
    elif there == content:
        report.carried["files unchanged"] += 1
    else:
        report.note(name, "kept")


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    beside.replace(path)


def _redirects(site: Site, made: list[Made]) -> str:
    """Where each address of the old site leads now, a line each."""
    here = {f"/articles/{one.slug}" for one in made if one.folder != "drafts"}
    here |= {f"/authors/{one.article.author.slug}" for one in made} | {
        f"/sections/{one.article.section.slug}" for one in made
    }
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("from", "to"))
    for path, ours in sorted(site.paths.items()):
        if ours in here or ours.startswith("/feeds/"):
            table.writerow((f"/{path}/", ours))
    return out.getvalue()


def _to_fetch(folder: Path, files: Files) -> str:
    """What is not in the zip, as curl reads it."""
    return "".join(_fetches(folder, files))


def _fetches(folder: Path, files: Files) -> Iterator[str]:
    for path, wanted in sorted(files.wanted.items()):
        if wanted.entry is None and not (folder / path[1:]).exists():
            yield f'url = "{wanted.address}"\noutput = "{path[1:]}"\n'
