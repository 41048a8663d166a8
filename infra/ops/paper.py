"""The paper's configuration: shown, made once, changed."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Container, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

import msgspec

from infra.ops.rebuild import purge_lists
from infra.ops.survey import list_files
from shared.domain.decoding import UNREADABLE
from shared.domain.paper import PAPER_KEY, Paper
from shared.domain.paper_checks import paper_problems
from shared.domain.refusals import InvalidPaper
from shared.mail_texts import MAIL_TEXTS
from shared.ports.publishing import Documents, Purge
from shared.site.texts import TEXTS
from shared.site.words import Words

ERROR_PAGE: Final = "static/errors/unavailable.html"

_after_top = re.compile(r"[.:\[]")


def read_paper(documents: Documents) -> tuple[Paper | None, str | None]:
    """The paper and its document's version. None is the paper where there is none yet, or it cannot be read."""
    found = documents.read(PAPER_KEY)
    if found is None:
        return None, None
    try:
        return msgspec.json.decode(found[0], type=Paper), found[1]
    except UNREADABLE:
        return None, found[1]


def error_page(paper: Paper) -> bytes:
    """What CloudFront shows when a function has failed altogether: bare, for it may need nothing else of ours."""
    words = Words(paper.texts)
    says = {"language": paper.language, "title": words.unavailable_title, "text": words.unavailable, "name": paper.name}
    page = Path(__file__).with_name("unavailable.html").read_text(encoding="utf-8")
    return Template(page).substitute({name: escape(text) for name, text in says.items()}).encode()


def put_error_page(s3: Any, bucket: str, paper: Paper) -> None:
    s3.put_object(
        Bucket=bucket,
        Key=ERROR_PAGE,
        Body=error_page(paper),
        ContentType="text/html; charset=utf-8",
        CacheControl="public, max-age=300",
    )


def read_error_page(s3: Any, bucket: str) -> bytes | None:
    """The page that lies there; None when none does."""
    try:
        content: bytes = s3.get_object(Bucket=bucket, Key=ERROR_PAGE)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return content


def set_paper(
    documents: Documents, purge: Purge, given: Mapping[str, Any], site_url: str, now: dt.datetime
) -> tuple[Paper, bool]:
    """Change what is given of the paper, or make it; returns it, and whether that changed anything.

    What is not given stays as it is, and is not asked about; so does, always, the id. Everything made of it is purged,
    also when nothing changed, so that a run that was cut off is completed by the next.
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
    if before is not None:
        given = {**given, "id": before.id}
    document = {"schema": 1, **kept, **given}
    if problems := problems_of(document, given):
        raise InvalidPaper(*problems)
    paper = msgspec.convert(document, Paper)
    if paper != before:
        documents.write(PAPER_KEY, msgspec.json.encode(paper), version)
    purge_lists(documents, purge, ("latest", *list_files(documents)), now)
    return paper, paper != before


def problems_of(document: Mapping[str, Any], fields: Container[str]) -> tuple[str, ...]:
    """What is wrong with these fields of a configuration, each with its place."""
    return tuple(one for one in paper_problems(document, {**TEXTS, **MAIL_TEXTS}) if _after_top.split(one)[0] in fields)


def whole(paper: Paper) -> dict[str, Any]:
    """All that is configured, and what is not, as it is then: what can be changed is there to be seen."""
    return {field.encode_name: _whole(getattr(paper, field.name)) for field in msgspec.structs.fields(Paper)}


def _whole(value: Any) -> Any:
    if isinstance(value, msgspec.Struct) and value.__struct_config__.tag is None:
        return {field.encode_name: _whole(getattr(value, field.name)) for field in msgspec.structs.fields(value)}
    return [_whole(one) for one in value] if isinstance(value, tuple) else msgspec.to_builtins(value)
