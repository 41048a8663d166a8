"""What a stack holds when it is new: keys, the sample paper with its name, and its media."""

import datetime as dt
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from infra.ops.files import check_files
from infra.ops.keys import init_keys
from infra.ops.paper import put_error_page, read_paper, set_paper
from infra.ops.publishing import publish
from infra.ops.settling import settle
from infra.ops.stack import Stack
from infra.ops.uploading import upload_media
from shared.domain.paper import PAPER_KEY, Paper
from shared.ports.publishing import Documents

SAMPLE: Final = Path(__file__).resolve().parents[1] / "sample"
PATIENCE_SECONDS: Final = 30


class SeedError(Exception):
    """The sample paper cannot be put in: it says which file, and what is wrong with it."""


def seed(stack_info: Mapping[str, Any]) -> list[str]:
    """Make the keyring, publish the sample paper with its media and wait until it is live; returns the articles' paths.

    `stack_info` is what the state file will hold. The publishing function has to hear of what is written by now. Raises
    SeedError.
    """
    stack = Stack.at(stack_info)
    s3 = stack.client("s3")
    init_keys(stack.keyring(), stack.edge_keys(), stack.output("SiteUrl"), time.time())
    paper = _put_paper(stack.documents(), stack.output("SiteUrl"))
    put_error_page(s3, stack.output("StaticBucket"), paper)
    articles, problems = check_files(sorted((SAMPLE / "articles").glob("*.json")), dt.datetime.now(dt.UTC))
    problems = problems or upload_media(articles, stack.media(), stack.purge(), "sample", lambda *_: None)
    if problems:
        raise SeedError("; ".join(f"{problem.path.name}: {problem.words}" for problem in problems))
    versions = publish([article for _, article in articles], stack.articles(), stack.documents())
    late = settle(versions, stack.documents(), lambda _: None, PATIENCE_SECONDS)
    if late:
        raise SeedError(f"The sample paper was written, but publishing does not follow: {', '.join(late)}")
    newest_first = sorted(articles, key=lambda one: one[1].published_at, reverse=True)
    return [f"/api/articles/{article.slug}" for _, article in newest_first]


def remember(stack_info: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Write what has turned out since into the paper that is there."""
    stack = Stack.at(stack_info)
    set_paper(stack.documents(), stack.purge(), given, stack.output("SiteUrl"), dt.datetime.now(dt.UTC))


def paper_of(site_url: str) -> Paper:
    """The sample paper, as it is read at that address."""
    return msgspec.convert({**msgspec.json.decode((SAMPLE / "paper.json").read_bytes()), "url": site_url}, Paper)


def _put_paper(documents: Documents, site_url: str) -> Paper:
    paper = paper_of(site_url)
    _, version = read_paper(documents)
    documents.write(PAPER_KEY, msgspec.json.encode(paper), version)
    return paper
