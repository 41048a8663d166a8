"""Publishing from a file to every place where readers find an article, and back: each command as one types it."""

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec import Raw
from PIL import Image

from functions.publishing.lists import delete_replaced, read_index, update_list
from shared.domain.list_parts import part_key
from shared.domain.lists import LATEST, place_of
from shared.domain.tiers import Tier
from tests.journeys.conftest import NEWSLETTERS, PATH, PUBLISHING, SLUG, Paper, Reply

SECRET: Final = "Only members read that the clock is late."
WITHIN: Final = 2.0
"""Seconds from a write until no reader sees the old. It takes a quarter of one; this machine may be busy."""
DIRECTORIES: Final = ("/api/sections", "/api/authors")
FORMS: Final = ("rss.xml", "atom.xml", "feed.json")
EACH_TIME: Final = frozenset({"date", "age", "x-cache", "content-length", "x-amzn-requestid", "x-amzn-trace-id"})


@dataclass(frozen=True)
class Draft:
    """An article to be published, and where that is found."""

    slug: str
    id: str
    title: str = "The tide clock"
    section: str = "Harbour Walks"
    tags: tuple[str, ...] = ("tide-clocks", "ferry")
    at: str = ""
    text: str = "A clock hangs where the ferries leave."
    has_picture: bool = False

    @property
    def picture(self) -> str:
        return f"/media/anonymous/{self.slug}.png"

    @property
    def path(self) -> str:
        return f"/api/articles/{self.slug}"

    @property
    def page(self) -> str:
        return f"/articles/{self.slug}"

    @property
    def lists(self) -> tuple[str, ...]:
        """Where it is listed, once it is out."""
        section, author = self.section.lower().replace(" ", "-"), "ines-quay"
        feeds = [f"/feeds/{of}{form}" for of in ("", f"sections/{section}/", f"authors/{author}/") for form in FORMS]
        return (
            "/",
            f"/sections/{section}",
            f"/authors/{author}",
            "/api/articles?limit=100",
            f"/api/articles?section={section}&limit=5",
            f"/api/articles?author={author}",
            *(f"/api/articles?tag={tag}" for tag in self.tags),
            *feeds,
            "/sitemap.xml",
            "/news-sitemap.xml",
        )

    def write(self, folder: Path) -> str:
        """Write its file; returns the path."""
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.slug}.md"
        lead = ""
        if self.has_picture:
            lead = f"lead_picture: {{src: {self.picture}, alt: A clock, origin: photograph}}\n"
            (folder / self.picture[1:]).parent.mkdir(parents=True)
            Image.new("RGB", (8, 8), "red").save(folder / self.picture[1:])
        path.write_text(
            f"""---
id: {self.id}
slug: {self.slug}
kind: report
title: {self.title}
standfirst: Nobody has wound it since May.
section: {self.section}
author: {{name: Ines Quay, kind: person, biography: Ines Quay walks.}}
language: en
published_at: {self.at or now()}
tags: [{", ".join(self.tags)}]
{lead}---

{self.text}

::: gate member analysis
teaser: Members know how late it is
action: Become a member -> /join
---
{SECRET}
:::
""",
            encoding="utf-8",
        )
        return str(path)


def now(ahead: float = 0) -> str:
    return f"{dt.datetime.now(dt.UTC) + dt.timedelta(seconds=ahead):%Y-%m-%dT%H:%M:%SZ}"


def done(paper: Paper, *arguments: str, **where: Path) -> str:
    """What a command says that succeeds."""
    did = paper.frontline(*arguments, **where)
    assert did.returncode == 0, did.stdout + did.stderr
    return did.stdout


def missing(paper: Paper, draft: Draft) -> list[str]:
    """Where it is not shown and should be."""
    return [path for path in draft.lists if draft.slug not in paper.get(path).body.decode()]


def places(paper: Paper, *drafts: Draft) -> list[str]:
    """Where any of these is named, of all the places where they may be."""
    paths = dict.fromkeys(path for draft in drafts for path in (*draft.lists, *DIRECTORIES))
    told = {slug for draft in drafts for slug in (draft.slug, "ines-quay", draft.section.lower().replace(" ", "-"))}
    return [path for path in paths if _names(paper, path, told - {"city"})]


def _names(paper: Paper, path: str, told: set[str]) -> bool:
    answer = paper.get(path)
    return answer.status == 200 and any(slug in answer.body.decode() for slug in told)


def purged(paper: Paper, since: int) -> set[str]:
    return {item for purge in paper.get("/_local/purge.json").json[since:] for item in purge["items"]}


def purges(paper: Paper) -> int:
    return len(paper.get("/_local/purge.json").json)


@pytest.fixture
def cleared(paper: Paper) -> Iterator[list[str]]:
    """Slugs that are taken back when the walk is over."""
    paper.settle()
    slugs: list[str] = []
    yield slugs
    done(paper, "unpublish", *slugs)


def test_an_article_from_its_first_word_to_its_last(paper: Paper, cleared: list[str], tmp_path: Path) -> None:
    first = Draft("the-tide-clock", "walk-1")
    cleared.append(first.slug)
    assert places(paper, first) == []

    # Published: everywhere at the next read, its gates as ever, and nothing else is fetched anew.
    other = "/articles/rent-by-the-metre"  # of another section and author: nothing on its page changes
    paper.get(), paper.get(other)
    assert "live after" in done(paper, "publish", first.write(tmp_path))
    assert missing(paper, first) == []
    for tier in Tier:
        for path in (first.path, first.page):
            answer = paper.get(path, tier)
            assert (answer.status, SECRET in answer.body.decode()) == (200, tier is Tier.MEMBER)
    assert [one["slug"] for one in paper.get("/api/sections").json["sections"]].count("harbour-walks") == 1
    assert paper.get("/api/authors/ines-quay").json["articles"] == 1
    assert first.slug in paper.get(f"{PATH}/related").body.decode()
    assert (paper.get().outcome, paper.get(other).outcome) == ("Hit", "Hit")

    # Other words in its body: no list is touched.
    since, every = purges(paper), (*first.lists, *DIRECTORIES)
    assert {paper.get(path).outcome for path in every} <= {"Hit", "Miss"}
    done(paper, "publish", replace(first, text="A clock hung there.", at=_at(paper, first)).write(tmp_path))
    assert all("A clock hung there." in paper.get(path).body.decode() for path in (first.path, first.page))
    assert [(path, paper.get(path).outcome) for path in every] == [(path, "Hit") for path in every]
    assert purged(paper, since) == {f"#slug-{first.slug}", f"#article-{first.id}"}

    # Another title, section and tags: new where it was, gone where it is no more.
    since = purges(paper)
    second = replace(first, title="The clock that waits", section="City", tags=("ferry", "late"), at=_at(paper, first))
    done(paper, "publish", second.write(tmp_path))
    assert missing(paper, second) == []
    for path in second.lists:
        assert path == "/sitemap.xml" or b"The clock that waits" in paper.get(path).body, path
    assert b"The clock that waits" in paper.get(f"{PATH}/related").body
    assert [path for path in first.lists if paper.get(path).status == 404] == [
        path for path in first.lists if "harbour" in path or "tide-clocks" in path
    ]
    assert "harbour-walks" not in paper.get("/api/sections").body.decode()
    assert paper.get().outcome == "Hit"
    lists = ("latest", "author-ines-quay", "sections", "authors", *(f"tag-{tag}" for tag in ("ferry", "late")))
    assert purged(paper, since) == {
        *(f"#slug-{first.slug}", f"#article-{first.id}"),
        *("#list-section-harbour-walks", "#list-section-city", "#list-tag-tide-clocks"),
        *(f"#list-{name}" for name in lists),
    }

    # Taken back, and restored.
    took = _gone_after(paper, second)
    assert took < WITHIN
    assert (paper.get(second.path).status, paper.get(second.page).status) == (410, 410)
    assert places(paper, first, second) == []
    assert second.slug not in paper.get(f"{PATH}/related").body.decode()
    assert "live after" in done(paper, "rollback", second.slug)
    assert missing(paper, second) == []
    assert paper.get(second.path).json["title"] == "The clock that waits"

    # Under another address.
    third = replace(second, slug="a-clock-for-ferries")
    cleared.append(third.slug)
    done(paper, "rename", second.slug, third.slug)
    answer = paper.get(second.path)
    assert (answer.status, answer.headers["location"]) == (301, third.path)
    assert paper.get(second.page).headers["location"] == third.page
    assert missing(paper, third) == []
    assert [path for path in third.lists if second.slug in paper.get(path).body.decode()] == []
    assert second.slug not in paper.get(f"{PATH}/related").body.decode()
    cleared.remove(second.slug)  # what leads on from there is no article


def _at(paper: Paper, draft: Draft) -> str:
    """When it was published, as readers are told."""
    return str(paper.get(draft.path).json["published_at"])


def _gone_after(paper: Paper, draft: Draft) -> float:
    """Unpublish an article; returns the seconds between its being written and no reader's seeing any of it."""
    shelf = paper.stack.articles()
    found, finished = shelf.read_version(draft.slug), threading.Event()
    seen = [path for path in draft.lists if draft.slug in paper.get(path).body.decode()]
    assert seen == list(draft.lists)

    def unpublish() -> None:
        done(paper, "unpublish", draft.slug)
        finished.set()

    command = threading.Thread(target=unpublish)
    command.start()
    while shelf.read_version(draft.slug) == found:
        time.sleep(0.005)
    written = time.monotonic()
    while paper.get(draft.path).status != 410 or places(paper, draft):
        assert time.monotonic() - written < 20
    took = time.monotonic() - written
    command.join()
    assert finished.is_set()
    return took


def test_a_scheduled_article_is_nowhere_until_its_time_and_then_everywhere(
    paper: Paper, cleared: list[str], tmp_path: Path
) -> None:
    draft = Draft("the-clock-strikes", "walk-2", tags=("strikes",), has_picture=True)
    unknown = "the-clock-sleeps"
    announced = paper.calls(NEWSLETTERS)
    due = int(time.time()) + 8
    at = dt.datetime.fromtimestamp(due, dt.UTC).isoformat()
    assert "appears" in done(paper, "schedule", draft.write(tmp_path), "--at", at)
    cleared.append(draft.slug)

    answers = {tier: paper.get(draft.path, tier) for tier in Tier}
    for tier, answer in answers.items():
        other = paper.get(f"/api/articles/{unknown}", tier)
        assert answer.status == other.status == 404
        assert _told(answer).replace(draft.slug, unknown) == _told(other)
    assert paper.get(f"{draft.path}/related").status == 404
    picture, other = paper.get(draft.picture), paper.get(f"/media/anonymous/{unknown}.png")
    assert (picture.status, _told(picture)) == (403, _told(other))
    assert places(paper, draft) == []
    assert paper.get("/api/authors/ines-quay").status == 404
    assert draft.slug not in paper.get(f"{PATH}/related").body.decode()
    assert paper.calls(NEWSLETTERS) == announced
    assert draft.slug in done(paper, "list", "--scheduled")
    assert time.time() < due  # all of that was before

    while paper.get(draft.path).status == 404:
        assert time.time() < due + 5
        time.sleep(0.05)
    assert time.time() >= due
    paper.settle()
    assert missing(paper, draft) == []
    assert paper.get("/api/authors/ines-quay").json["articles"] == 1
    picture = paper.get(draft.picture)
    assert (picture.status, picture.headers["content-type"]) == (200, "image/png")
    while paper.calls(NEWSLETTERS) == announced:
        assert time.time() < due + 10
        time.sleep(0.05)


def _told(answer: Reply) -> str:
    """All of an answer that does not differ each time."""
    headers = {name: value for name, value in answer.headers.items() if name not in EACH_TIME}
    return f"{headers} {answer.body.decode()}"


def test_of_two_editors_the_one_who_has_not_seen_the_others_change_is_refused(
    paper: Paper, cleared: list[str], tmp_path: Path
) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    draft = Draft("two-hands", "walk-3", at=now())
    cleared.append(draft.slug)
    done(paper, "publish", draft.write(tmp_path), versions=one)
    done(paper, "publish", replace(draft, title="The other hand").write(tmp_path), versions=other)

    mine = replace(draft, title="My hand").write(tmp_path)
    refused = paper.frontline("publish", mine, versions=one)
    assert refused.returncode == 1
    assert "article_changed" in refused.stderr
    assert "The other hand" in refused.stderr
    assert f"frontline fetch {draft.slug}" in refused.stderr
    assert paper.get(draft.path).json["title"] == "The other hand"

    (tmp_path / "present").mkdir()
    done(paper, "fetch", draft.slug, versions=one, cwd=tmp_path / "present")
    fetched = tmp_path / "present" / f"{draft.slug}.md"
    fetched.write_text(fetched.read_text(encoding="utf-8").replace("The other hand", "Both hands"), encoding="utf-8")
    done(paper, "publish", str(fetched), versions=one)
    assert paper.get(draft.path).json["title"] == "Both hands"

    done(paper, "publish", mine, "--over", versions=other)
    assert paper.get(draft.path).json["title"] == "My hand"


def test_what_happens_while_publishing_is_down_is_caught_up_with(
    paper: Paper, cleared: list[str], tmp_path: Path
) -> None:
    draft = Draft("the-stopped-clock", "walk-4", tags=("stopped",))
    cleared.append(draft.slug)
    with paper.outage(PUBLISHING):
        late = paper.frontline("publish", draft.write(tmp_path), "--patience", "1")
        assert late.returncode == 4
        assert "not lost" in late.stderr
        assert "frontline doctor" in late.stderr
        assert paper.get(draft.path).status == 200  # the article itself waits for nobody
    paper.settle()
    assert missing(paper, draft) == []

    # What somebody writes over it by hand leaves the lists, and holds up nothing.
    s3, bucket = paper.stack.client("s3"), paper.stack.output("ContentBucket")
    s3.put_object(Bucket=bucket, Key=f"articles/{draft.slug}.json", Body=b'{"schema":1,')
    paper.settle()
    assert places(paper, draft) == []
    assert paper.depth("PublishingDeadLettersUrl") == 0
    told = paper.frontline("doctor", "--pause", "0")
    assert (told.returncode, told.stdout.count("\n")) == (1, 1)
    assert f"{draft.slug}: what lies there is not an article" in told.stdout


def test_nobody_who_reads_notices_a_rebuild(paper: Paper) -> None:
    paper.settle()
    total = sum(one["articles"] for one in paper.get("/api/sections").json["sections"])
    assert total >= 12
    paths = cycle([*(f"/api/articles?limit={limit}" for limit in range(20, 60)), "/feeds/feed.json", "/api/sections"])
    wrong: list[str] = []
    reads, is_over = [0], threading.Event()

    def read() -> None:
        while not is_over.is_set():
            path = next(paths)
            answer = paper.get(path)
            reads[0] += 1
            if answer.status != 200 or _count(answer.json) != total:
                wrong.append(f"{path}: {answer.status} {answer.body[:200]!r}")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        done(paper, "rebuild", "--yes")
    finally:
        is_over.set()
        reader.join()
    assert wrong == []
    assert reads[0] > 50


def _count(told: Any) -> int:
    if "sections" in told:
        return sum(one["articles"] for one in told["sections"])
    return len(told["articles"] if "articles" in told else told["items"])


def test_the_doctor_finds_what_was_done_to_lists_and_readers_see_it_mended(paper: Paper) -> None:
    paper.settle()
    assert "all is well" in done(paper, "doctor", "--pause", "0")  # also after all that the walks above have done
    documents, author = paper.stack.documents(), "author/halima-brandt"
    listed, described = "/api/articles?limit=7", "/api/articles?author=halima-brandt"
    sound = {path: paper.get(path).json for path in (listed, described)}

    place = place_of(dt.datetime.now(dt.UTC), "a-ghost")
    entry = Raw(json.dumps(sound[listed]["articles"][0] | {"slug": "a-ghost", "title": "A ghost"}).encode())
    held = read_index(documents, LATEST)
    delete_replaced(documents, {LATEST: held})
    update_list(documents, LATEST, held, {place: entry}, frozenset(), lambda _: None)
    documents.delete((part_key(author, read_index(documents, author)[0].parts[0].name),))
    letter = json.dumps({"slug": SLUG})
    url = paper.stack.output("PublishingDeadLettersUrl")
    paper.stack.client("sqs").send_message(
        QueueUrl=url, MessageBody=letter, MessageGroupId="paper", MessageDeduplicationId=str(time.time_ns())
    )
    with paper.outage():
        pass  # whoever comes then has not kept the part that is gone
    paper.purge_everything()
    assert "a-ghost" in paper.get(listed).body.decode()  # and now in the cache
    assert paper.get(described).status == 503

    told = paper.frontline("doctor", "--pause", "0")
    assert told.returncode == 1
    for words in ("a-ghost: there is no such article", f"{author}: the part", f"one message: {SLUG}"):
        assert words in told.stdout
    assert "all is well" in done(paper, "doctor", "--repair", "--pause", "0")

    assert {path: paper.get(path).json for path in sound} == sound
    assert paper.depth("PublishingDeadLettersUrl") == 0
