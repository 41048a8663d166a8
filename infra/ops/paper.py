"""The paper's configuration: shown, made once, changed."""

from __future__ import annotations

import datetime as dt
import uuid
from html import escape
from pathlib import Path
from typing import Any, Final

import msgspec

from infra.ops.rebuild import purge_lists
from infra.ops.survey import list_files
from shared.domain.decoding import UNREADABLE
from shared.domain.paper import PAPER_KEY, Paper
from shared.domain.refusals import InvalidPaper
from shared.ports import Documents, Purge

ERROR_PAGE: Final = "static/errors/unavailable.html"
_RULES: Final = {
    "name": "a line of text, 500 characters at most",
    "description": "text of 5,000 characters at most",
    "language": "a code such as `en` or `de-AT`",
    "url": "an address such as https://paper.example: lower case, and nothing after the host, no slash either",
}


def read_paper(documents: Documents) -> tuple[Paper | None, str | None]:
    """The paper and its document's version. None is the paper where there is none yet, or it cannot be read."""
    found = documents.read(PAPER_KEY)
    if found is None:
        return None, None
    try:
        return msgspec.json.decode(found[0], type=Paper), found[1]
    except UNREADABLE:
        return None, found[1]


def put_error_page(s3: Any, bucket: str, paper: Paper) -> None:
    """Put there what CloudFront shows when a function has failed altogether: bare, it may need no style of ours."""
    page = (
        Path(__file__).with_name("unavailable.html").read_text(encoding="utf-8").replace("{name}", escape(paper.name))
    )
    s3.put_object(
        Bucket=bucket,
        Key=ERROR_PAGE,
        Body=page.encode(),
        ContentType="text/html; charset=utf-8",
        CacheControl="public, max-age=300",
    )


def set_paper(
    documents: Documents, purge: Purge, given: dict[str, str], site_url: str, now: dt.datetime
) -> tuple[Paper, bool]:
    """Change what is given of the paper, or make it; returns it, and whether that changed anything.

    Everything made of it is purged, also when nothing changed, so that a run that was cut off is completed by the next.
    Raises InvalidPaper, DocumentChanged.
    """
    before, version = read_paper(documents)
    missing = [name for name in ("name", "description") if name not in given]
    if before is None and missing:
        options = " and ".join(f"--{name}" for name in missing)
        raise InvalidPaper(f"The paper has not been given its name yet: give {options} too.")
    kept = (
        {"id": str(uuid.uuid4()), "language": "en", "url": site_url} if before is None else msgspec.to_builtins(before)
    )
    paper = _parse({**kept, "schema": 1, **given})
    if paper != before:
        documents.write(PAPER_KEY, msgspec.json.encode(paper), version)
    purge_lists(documents, purge, ("latest", *list_files(documents)), now)
    return paper, paper != before


def _parse(values: dict[str, object]) -> Paper:
    """Raises InvalidPaper with a sentence on each value that cannot be."""
    faults = []
    for field in (each for each in msgspec.structs.fields(Paper) if each.name in _RULES):
        try:
            msgspec.convert(values[field.name], field.type)
        except msgspec.ValidationError:
            faults.append(f"{field.name} cannot be “{values[field.name]}”: it is {_RULES[field.name]}.")
    if faults:
        raise InvalidPaper(" ".join(faults))
    return msgspec.convert(values, Paper)
