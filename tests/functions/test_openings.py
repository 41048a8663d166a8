"""Gift links and the meter: what is counted, what the pass in the link is worth, and who gets none."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from functions.members.openings import AN_HOUR
from shared.domain.allowances import Allowance, Way, give
from shared.domain.members import grant
from shared.domain.paper import Gifts, Metering, Paper
from shared.domain.passes import PassState
from shared.domain.tiers import Tier
from tests.functions.paper import PASSES, article, published
from tests.functions.paying import member_of
from tests.functions.visitor import NOW, PAPER, House, Visitor
from tests.member_twins import MemoryAllowances, MemoryRecords
from tests.samples import gated
from tests.twins import MemoryLists, MemoryPapers

GIFTS, READS = "/api/members/gifts", "/api/members/reads"
DAY = 86_400
OPEN, FOR_SUBSCRIBERS = gated(article(8)), gated(article(9), Tier.SUBSCRIBER)
LISTS = MemoryLists(published(*(article(number) for number in range(1, 8)), OPEN, FOR_SUBSCRIBERS))
SLUGS = [article(number).slug for number in range(1, 8)]
OFFERING: Paper = replace(PAPER, gifts=Gifts(3, 14), metering=Metering(2))


def make_member(visitor: Visitor) -> Visitor:
    member, version = member_of(visitor)
    house = visitor.house
    house.doors.members.write(grant(member, Tier.MEMBER, None, "wrote", house.now, house.doors.chance), version)
    return visitor


def offering(house: House) -> House:
    house.doors = replace(house.doors, papers=MemoryPapers(OFFERING), lists=LISTS)
    return house


@pytest.fixture
def giver(house: House) -> Visitor:
    visitor = Visitor(offering(house))
    visitor.sign_in()
    return make_member(visitor)


@pytest.fixture
def reader(house: House) -> Visitor:
    visitor = Visitor(offering(house))
    visitor.sign_in()
    return visitor


def token_in(url: str) -> str:
    return parse_qs(urlsplit(url).query)["gift"][0]


def code_of(visitor: Visitor) -> tuple[int, str]:
    return visitor.outcome.answer.status, visitor.body["code"]


def test_a_member_gives_an_article_by_a_link_that_opens_it_alone_until_its_end(giver: Visitor) -> None:
    giver.post(GIFTS, {"slug": SLUGS[0]})
    assert giver.outcome.answer.status == 201
    gift, now = giver.body["gift"], giver.house.now
    assert (gift["slug"], gift["tier"], giver.body["left"]) == (SLUGS[0], "member", 2)
    assert gift["until"] == "2026-12-24T12:00:00Z"
    assert gift["url"].startswith(f"{PAPER.url}/articles/{SLUGS[0]}?gift=")
    token = token_in(gift["url"])
    verdict = PASSES.verify(token, now)
    assert (verdict.reader.tier_for(SLUGS[0]), verdict.reader.tier_for(SLUGS[1])) == (Tier.MEMBER, Tier.ANONYMOUS)
    assert PASSES.verify(token, now + 14 * DAY - 1).state is PassState.VALID
    assert PASSES.verify(token, now + 14 * DAY).state is PassState.EXPIRED


def test_nothing_of_the_giver_is_in_the_link(giver: Visitor) -> None:
    giver.post(GIFTS, {"slug": SLUGS[0]})
    segment = token_in(giver.body["gift"]["url"]).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    assert claims.keys() == {"iss", "aud", "tier", "iat", "exp", "only"}


def test_gifts_are_counted_by_article_and_month(giver: Visitor) -> None:
    for slug, left in ((SLUGS[0], 2), (SLUGS[0], 2), (SLUGS[1], 1), (SLUGS[2], 0), (SLUGS[1], 0)):
        giver.post(GIFTS, {"slug": slug})
        assert (giver.outcome.answer.status, giver.body["left"]) == (201, left)
    giver.post(GIFTS, {"slug": SLUGS[3]})
    assert code_of(giver) == (403, "gifts_used_up")
    assert "2027-01-01" in giver.body["detail"]
    giver.send("GET", GIFTS)
    assert [one["slug"] for one in giver.body["gifts"]].count(SLUGS[0]) == 1
    assert (len(giver.body["gifts"]), giver.body["left"], giver.body["month_ends"]) == (3, 0, "2027-01-01")

    giver.house.now += 22 * DAY  # the first of January: a new month
    giver.sign_in()
    giver.post(GIFTS, {"slug": SLUGS[3]})
    assert (giver.outcome.answer.status, giver.body["left"]) == (201, 2)


def test_a_link_that_is_shown_again_ends_no_later(giver: Visitor) -> None:
    giver.post(GIFTS, {"slug": SLUGS[0]})
    end = giver.body["gift"]["until"]
    giver.house.now += 13 * DAY
    for method, body in (("POST", {"slug": SLUGS[0]}), ("GET", None)):
        giver.send(method, GIFTS, body)
        gift = giver.body["gift"] if method == "POST" else giver.body["gifts"][0]
        assert gift["until"] == end
        token = token_in(gift["url"])
        assert PASSES.verify(token, giver.house.now).state is PassState.VALID
        assert PASSES.verify(token, giver.house.now + DAY).state is PassState.EXPIRED


def test_a_gift_of_last_month_is_still_shown(giver: Visitor) -> None:
    giver.house.now += 15 * DAY
    giver.post(GIFTS, {"slug": SLUGS[0]})
    giver.house.now += 10 * DAY
    giver.send("GET", GIFTS)
    assert ([one["slug"] for one in giver.body["gifts"]], giver.body["left"]) == ([SLUGS[0]], 3)
    giver.post(GIFTS, {"slug": SLUGS[0]})
    giver.send("GET", GIFTS)
    assert ([one["slug"] for one in giver.body["gifts"]], giver.body["left"]) == ([SLUGS[0]], 2)


def test_a_gift_of_thirty_days_is_shown_and_exported_to_its_end_over_a_short_month(giver: Visitor) -> None:
    house = giver.house
    house.doors = replace(house.doors, papers=MemoryPapers(replace(OFFERING, gifts=Gifts(3, 30))))
    house.now = dt.datetime(2027, 1, 31, 23, tzinfo=dt.UTC).timestamp()
    giver.sign_in()
    giver.post(GIFTS, {"slug": SLUGS[0]})
    house.now = dt.datetime(2027, 3, 2, 22, tzinfo=dt.UTC).timestamp()
    giver.sign_in()
    giver.send("GET", GIFTS)
    assert [one["slug"] for one in giver.body["gifts"]] == [SLUGS[0]]
    giver.send("GET", "/api/members/me/export")
    assert [one["until"] for one in giver.body["gifts"]] == ["2027-03-02T23:00:00Z"]


def test_what_opens_nothing_more_is_not_counted(giver: Visitor) -> None:
    giver.post(GIFTS, {"slug": OPEN.slug})
    assert code_of(giver) == (409, "already_open")
    giver.post(GIFTS, {"slug": FOR_SUBSCRIBERS.slug})
    assert (giver.outcome.answer.status, giver.body["left"]) == (201, 2)
    reader = Visitor(giver.house)
    reader.sign_in("bob@reader.example")
    for slug in (OPEN.slug, FOR_SUBSCRIBERS.slug):
        reader.post(READS, {"slug": slug})
        assert code_of(reader) == (409, "already_open")
        reader.post(READS, {"slug": slug}, form=True)
        assert reader.outcome.answer.headers["location"] == f"/articles/{slug}"
    reader.send("GET", READS)
    assert (reader.body["read"], reader.body["left"]) == ([], 2)


@pytest.mark.parametrize("path", [GIFTS, READS])
def test_whoever_tries_names_is_held_back_for_an_hour(giver: Visitor, path: str) -> None:
    for _ in range(AN_HOUR):
        giver.post(path, {"slug": "no-such-article"})
        assert code_of(giver) == (404, "unknown_article")
    giver.post(path, {"slug": SLUGS[0]})
    assert code_of(giver) == (429, "too_many_requests")
    giver.house.now += 3_600
    giver.sign_in()
    giver.post(path, {"slug": SLUGS[0]})
    assert giver.outcome.answer.status != 429


class Overtaken(MemoryAllowances):
    """Between what is read and what is written, somebody else is faster, once."""

    def __init__(self, records: MemoryRecords, others: list[str]) -> None:
        super().__init__(records)
        self.others = others

    def read(self, member: str, way: Way, month: str) -> tuple[Allowance, str] | None:
        found = super().read(member, way, month)
        if self.others:
            kept, version = found or (Allowance(way, month), None)
            self.write(member, give(kept, self.others.pop(), NOW, 3, 14)[0], version)
        return found


def test_whoever_is_overtaken_is_counted_after_the_others(giver: Visitor) -> None:
    house = giver.house
    house.doors = replace(house.doors, allowances=Overtaken(house.records, [SLUGS[1]]))
    giver.post(GIFTS, {"slug": SLUGS[0]})
    assert (giver.outcome.answer.status, giver.body["left"]) == (201, 1)
    giver.send("GET", GIFTS)
    assert {one["slug"] for one in giver.body["gifts"]} == set(SLUGS[:2])


def test_many_at_once_get_no_more_than_there_are(giver: Visitor) -> None:
    visitors = [Visitor(giver.house, cookies=dict(giver.cookies)) for _ in SLUGS]
    threads = [
        threading.Thread(target=one.post, args=(GIFTS, {"slug": slug}))
        for one, slug in zip(visitors, SLUGS, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.outcome.answer.status for one in visitors) == [201] * 3 + [403] * 4


def test_a_reader_reads_so_many_articles_a_month_in_full(reader: Visitor) -> None:
    for slug, left in ((SLUGS[0], 1), (SLUGS[0], 1), (SLUGS[1], 0), (SLUGS[0], 0)):
        reader.post(READS, {"slug": slug})
        assert (reader.outcome.answer.status, reader.body["left"]) == (200, left)
        token = token_in(reader.body["url"])
        verdict = PASSES.verify(token, reader.house.now)
        assert (verdict.reader.tier, verdict.reader.only) == (Tier.MEMBER, slug)
        assert PASSES.verify(token, reader.house.now + DAY).state is PassState.EXPIRED
    reader.post(READS, {"slug": SLUGS[2]})
    assert code_of(reader) == (403, "meter_used_up")
    reader.send("GET", READS)
    assert ({one["slug"] for one in reader.body["read"]}, reader.body["left"]) == (set(SLUGS[:2]), 0)


def test_who_reads_everything_has_no_meter(giver: Visitor) -> None:
    giver.post(READS, {"slug": SLUGS[0]})
    assert code_of(giver) == (409, "already_open")
    giver.post(READS, {"slug": SLUGS[0]}, form=True)
    assert giver.outcome.answer.headers["location"] == f"/articles/{SLUGS[0]}"


def test_a_subscriber_gives_nothing_away(reader: Visitor) -> None:
    for method in ("POST", "GET"):
        reader.send(method, GIFTS, {"slug": SLUGS[0]} if method == "POST" else None)
        assert code_of(reader) == (403, "members_only")


def test_nobody_who_is_not_signed_in_gets_anything(giver: Visitor) -> None:
    for path in (GIFTS, READS):
        for method in ("POST", "GET"):
            stranger = Visitor(giver.house)
            stranger.send(method, path, {"slug": SLUGS[0]} if method == "POST" else None)
            assert code_of(stranger) == (401, "not_signed_in")


def test_off_is_off(ada: Visitor) -> None:
    for method, path in (("POST", GIFTS), ("GET", GIFTS), ("POST", READS), ("GET", READS)):
        ada.send(method, path, {"slug": SLUGS[0]} if method == "POST" else None)
        assert code_of(ada) == (404, "not_offered")
    assert ada.send("GET", "/account/gifts", headers={"accept": "text/html"}).answer.status == 404


@pytest.mark.parametrize("slug", ["no-such-article", "a" * 120])
def test_an_article_that_is_not_there_is_not_counted(giver: Visitor, reader: Visitor, slug: str) -> None:
    giver.post(GIFTS, {"slug": slug})
    assert code_of(giver) == (404, "unknown_article")
    giver.post(GIFTS, {"slug": SLUGS[0]})
    assert giver.body["left"] == 2


@pytest.mark.parametrize(
    "body", [{}, {"slug": ""}, {"slug": "../x"}, {"slug": 7}, {"slug": "A"}, {"slug": "a", "x": 1}]
)
def test_what_is_no_slug_is_refused(giver: Visitor, body: object) -> None:
    for path in (GIFTS, READS):
        giver.post(path, body)
        assert code_of(giver) == (400, "invalid_request")


def test_another_sites_page_cannot_ask(giver: Visitor) -> None:
    for path in (GIFTS, READS):
        giver.send("POST", path, {"slug": SLUGS[0]}, headers={"origin": "https://evil.example"})
        assert code_of(giver) == (403, "foreign_origin")


def test_a_member_does_it_in_pages(giver: Visitor) -> None:
    giver.post(GIFTS, {"slug": SLUGS[0]}, form=True)
    assert (giver.outcome.answer.status, giver.outcome.answer.headers["location"]) == (
        303,
        f"/account/gifts#gift-{SLUGS[0]}",
    )
    page = giver.send("GET", "/account/gifts", headers={"accept": "text/html"}).answer
    assert "no-store" in page.headers["cache-control"]
    assert f'id="gift-{SLUGS[0]}"' in page.body
    [url] = set(re.findall(r'value="([^"]+gift=[^"]+)"', page.body))
    assert PASSES.verify(token_in(url), giver.house.now).reader.only == SLUGS[0]
    for slug in SLUGS[1:4]:
        answer = giver.post(GIFTS, {"slug": slug}, form=True).answer
    assert (answer.status, "new ones from 1 January 2027 on" in answer.body) == (403, True)
    assert 'href="/account/gifts"' in answer.body
    assert f'href="/articles/{SLUGS[3]}"' in answer.body
    assert not re.search(r'href="/(join|sign-in)"', answer.body)


def test_a_reader_does_it_in_pages_and_is_told_when_there_are_no_more(reader: Visitor) -> None:
    for slug in SLUGS[:2]:
        answer = reader.post(READS, {"slug": slug}, form=True).answer
        assert answer.status == 303
        assert re.fullmatch(rf"/articles/{slug}\?gift=[\w.-]+", answer.headers["location"])
    answer = reader.post(READS, {"slug": SLUGS[2]}, form=True).answer
    assert answer.status == 403
    assert f'href="/articles/{SLUGS[2]}"' in answer.body
    assert "There are new ones from 1 January 2027 on." in answer.body
    page = reader.send("GET", "/account", headers={"accept": "text/html"}).answer.body
    assert "You have read 2 of the 2" in page
    stranger = Visitor(reader.house)
    answer = stranger.post(READS, {"slug": SLUGS[2]}, form=True).answer
    assert (answer.status, f"next=/articles/{SLUGS[2]}" in answer.body) == (401, True)


def test_the_export_holds_it_and_an_erasure_takes_it(reader: Visitor) -> None:
    reader.post(READS, {"slug": SLUGS[0]})
    reader.send("GET", "/api/members/me/export")
    assert [one["slug"] for one in reader.body["read_by_the_meter"]] == [SLUGS[0]]
    assert reader.body["gifts"] == []
    assert any("month" in part for key in reader.house.records.values for part in key)
    reader.send("DELETE", "/api/members/me")
    assert not any("month" in part for key in reader.house.records.values for part in key)


def test_what_somebody_has_read_is_told_to_nobody_once_its_month_is_over(reader: Visitor) -> None:
    reader.post(READS, {"slug": SLUGS[0]})
    reader.house.now += 22 * DAY
    reader.sign_in()
    reader.send("GET", READS)
    assert (reader.body["read"], reader.body["left"]) == ([], 2)
    reader.send("GET", "/api/members/me/export")
    assert reader.body["read_by_the_meter"] == []


def test_a_table_that_does_not_answer_counts_nothing(giver: Visitor) -> None:
    giver.house.records.broken = True
    giver.post(GIFTS, {"slug": SLUGS[0]})
    assert code_of(giver) == (503, "store_unavailable")
    giver.house.records.broken = False
    giver.post(GIFTS, {"slug": SLUGS[0]})
    assert giver.body["left"] == 2
