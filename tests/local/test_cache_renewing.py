"""What the cache does when a copy has expired, when the origin fails, and when it is told to forget."""

import threading
from dataclasses import replace

import pytest

from infra.local.messages import Answer, Request
from tests.local.edge import FORWARDS_COOKIES, POLICY, Rig, behaviour, outcome, outcomes, said

EXPIRED = 151  # seconds after which a copy of `said()` is past its s-maxage and its stale-while-revalidate


# Expired --------------------------------------------------------------------------------------------------------------


def test_an_expired_copy_is_confirmed_by_the_origin_with_its_own_etag() -> None:
    rig = Rig(says=said(b"x" * 2_000, last_modified="Mon, 12 Jan 1970 13:46:40 GMT"))
    rig.get(accept_encoding="br")  # to the viewer the ETag of a compressed form is weak; to the origin it is not
    rig.now += EXPIRED
    rig.says = Answer(304, (("cache-control", "s-maxage=7"),))
    again = rig.get(accept_encoding="br")
    assert outcome(again) == "RefreshHit"
    assert again.header("content-encoding") == "br"
    conditions = rig.asked[1][1]
    assert conditions == (("if-none-match", '"1"'), ("if-modified-since", "Mon, 12 Jan 1970 13:46:40 GMT"))


def test_a_confirmed_copy_lives_as_long_as_the_confirmation_says() -> None:
    rig = Rig()
    rig.get()
    rig.now += EXPIRED
    rig.says = Answer(304, (("cache-control", "s-maxage=7"),))
    rig.get()
    rig.now += 6
    assert rig.get().header("age") == "6"
    rig.now += 1
    assert outcome(rig.get()) == "RefreshHit"


def test_an_expired_copy_is_replaced_by_what_the_origin_now_says() -> None:
    rig = Rig()
    rig.get()
    rig.now += EXPIRED
    rig.says = said(b"new")
    assert (rig.get().body, outcome(rig.get())) == (b"new", "Hit")


def test_a_stale_copy_serves_while_it_is_fetched_anew_once() -> None:
    rig = Rig()
    rig.get()
    rig.now += 120
    rig.says = said(b"new")
    assert [answer.body for answer in (rig.get(), rig.get(), rig.get())] == [b"hello"] * 3
    assert len(rig.later) == 1
    rig.finish_later_work()
    assert rig.get().body == b"new"
    assert rig.calls == 2


def test_no_store_is_not_asked_whether_it_still_holds() -> None:
    rig = Rig(says=said(cache_control="private, no-store"))
    rig.get()
    rig.get()
    assert rig.asked[1][1] == ()


def test_no_cache_is_kept_for_asking_whether_it_still_holds() -> None:
    rig = Rig(says=said(cache_control="no-cache"))
    rig.get()
    rig.says = Answer(304, ())
    assert outcome(rig.get()) == "RefreshHit"


def test_a_head_is_answered_from_a_gets_copy_and_never_the_other_way() -> None:
    rig = Rig(says=lambda request: said(b"hello") if request.method == "GET" else Answer(200, said().headers))
    assert rig.get(method="HEAD").body == b""
    assert rig.get().body == b"hello"
    head = rig.get(method="HEAD")
    assert (outcome(head), head.body, head.header("content-length")) == ("Hit", b"", "5")
    assert rig.calls == 2


# Outages --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_stale_copy_stands_in_for_a_server_error(status: int) -> None:
    rig = Rig(error_ttls={status: 0})
    rig.get()
    rig.now += EXPIRED
    rig.says = said(b"oh", status=status, cache_control=None)
    answer = rig.get()
    assert (answer.status, answer.body, answer.header("age")) == (200, b"hello", str(EXPIRED))


def test_a_stale_copy_stands_in_for_an_origin_that_is_gone() -> None:
    rig = Rig(error_ttls={504: 0})
    rig.get()
    rig.now += EXPIRED
    rig.unreachable = True
    assert rig.get().body == b"hello"


def test_stale_if_error_ends() -> None:
    rig = Rig(error_ttls={504: 0})
    rig.get()
    rig.now += 100 + 1000
    rig.unreachable = True
    assert rig.get().status == 504


def test_stale_if_error_zero_lets_the_error_through() -> None:
    rig = Rig(says=said(cache_control="s-maxage=100, stale-if-error=0"))
    rig.get()
    rig.now += EXPIRED
    rig.unreachable = True
    assert rig.get().status == 504


def test_without_a_word_about_errors_a_copy_stands_in_until_max_ttl() -> None:
    rig = Rig(
        says=said(cache_control="s-maxage=100"), rules=behaviour(replace(POLICY, max_ttl=500)), error_ttls={504: 0}
    )
    rig.get()
    rig.unreachable = True
    rig.now += 499
    assert rig.get().status == 200
    rig.now += 1
    assert rig.get().status == 504


def test_max_ttl_bounds_stale_copies_whatever_the_origin_allows() -> None:
    rig = Rig(rules=behaviour(replace(POLICY, max_ttl=120)))
    rig.get()
    rig.unreachable = True
    rig.now += 119
    assert outcome(rig.get()) == "Hit"
    rig.finish_later_work()
    rig.now += 1
    assert rig.get().status == 504


def test_during_the_error_ttl_an_outage_is_not_looked_into_again() -> None:
    rig = Rig(error_ttls={503: 30})
    rig.get()
    rig.now += EXPIRED
    rig.says = said(status=503, cache_control=None)
    rig.get()
    rig.now += 29
    rig.get()
    assert rig.calls == 2
    rig.now += 1
    rig.get()
    assert rig.calls == 3


def test_even_no_store_stands_in_for_an_outage_unless_it_forbids_that_too() -> None:
    # The documented trap: "If the origin is unreachable and the minimum or maximum TTL value is greater than 0".
    rig = Rig(says=said(cache_control="private, no-store"), error_ttls={504: 0})
    rig.get()
    rig.says = said(cache_control="private, no-store, stale-if-error=0")
    rig.get("/b")
    rig.unreachable = True
    assert rig.get().status == 200
    assert rig.get("/b").status == 504


def test_a_client_error_takes_the_copy_with_it() -> None:
    rig = Rig(error_ttls={404: 0, 503: 0})
    rig.get()
    rig.now += EXPIRED
    rig.says = said(b"gone", status=404, cache_control="no-store")
    assert rig.get().status == 404
    rig.says = said(status=503, cache_control=None)
    assert rig.get().status == 503


def test_a_dead_origin_is_answered_for_in_plain_words() -> None:
    rig = Rig(unreachable=True)
    answer = rig.get()
    assert (answer.status, outcome(answer)) == (504, "Error")
    assert b"hello" not in answer.body


# Simultaneous ---------------------------------------------------------------------------------------------------------


class _SlowOrigin:
    """Lets nobody through until `open` is called; says for whom it answers."""

    def __init__(self, cache_control: str) -> None:
        self._gate = threading.Event()
        self._cache_control = cache_control
        self.open = self._gate.set

    def __call__(self, request: Request) -> Answer:
        assert self._gate.wait(10)
        return said((request.header("x-reader-tier") or "").encode(), cache_control=self._cache_control)


def _at_once(rig: Rig, origin: _SlowOrigin, tiers: list[str]) -> list[Answer]:
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda tier=tier: answers.append(rig.get(tier=tier))) for tier in tiers]
    for thread in threads:
        thread.start()
    origin.open()
    for thread in threads:
        thread.join(10)
    return answers


def test_simultaneous_misses_are_one_request_to_the_origin() -> None:
    rig = Rig(says=(origin := _SlowOrigin("s-maxage=60")))
    answers = _at_once(rig, origin, ["anonymous"] * 20)
    assert rig.calls == 1
    assert sorted(outcomes(answers)) == ["Hit"] * 19 + ["Miss"]


def test_simultaneous_misses_of_two_tiers_are_not_mixed() -> None:
    rig = Rig(says=(origin := _SlowOrigin("s-maxage=60")))
    answers = _at_once(rig, origin, ["anonymous", "member"] * 10)
    assert sorted(answer.body for answer in answers) == [b"anonymous"] * 10 + [b"member"] * 10
    assert rig.calls == 2


def test_nobody_who_waited_gets_an_answer_that_may_not_be_shared() -> None:
    rig = Rig(says=(origin := _SlowOrigin("private, no-store")))
    assert len(_at_once(rig, origin, ["member"] * 8)) == 8
    assert rig.calls == 8


def test_forwarding_cookies_turns_collapsing_off() -> None:
    both_asked = threading.Barrier(2, timeout=10)

    def says(request: Request) -> Answer:
        both_asked.wait()  # breaks unless both requests reach the origin
        return said()

    rig = Rig(says=says, rules=replace(behaviour(), forwards=FORWARDS_COOKIES))
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(rig.get())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert outcomes(answers) == ["Miss", "Miss"]


# Purges ---------------------------------------------------------------------------------------------------------------


def test_a_tag_purges_what_carries_it_in_every_tier_and_nothing_else() -> None:
    rig = Rig(says=lambda request: said(cache_tag=f"article-{request.path[1:]},section-city"))
    for url, tier in (("/a", "anonymous"), ("/a", "member"), ("/b", "member")):
        rig.get(url, tier)
    assert rig.cache.purge(["#article-a"]) == 2
    assert outcomes([rig.get("/a", "anonymous"), rig.get("/a", "member"), rig.get("/b", "member")]) == [
        "Miss",
        "Miss",
        "Hit",
    ]


def test_tags_have_no_case() -> None:
    rig = Rig(says=said(cache_tag="Section-City"))
    rig.get()
    assert rig.cache.purge(["#section-CITY"]) == 1


def test_only_the_first_fifty_tags_count() -> None:
    rig = Rig(says=said(cache_tag=",".join(f"t{number}" for number in range(60))))
    rig.get()
    assert rig.cache.purge(["#t50", "#t59"]) == 0
    assert rig.cache.purge(["#t49"]) == 1


def test_a_star_is_no_wildcard_in_a_tag() -> None:
    rig = Rig(says=said(cache_tag="article-1"))
    rig.get()
    assert rig.cache.purge(["#article-*"]) == 0


@pytest.mark.parametrize(
    ("item", "gone"),
    [
        ("/list", ["/list"]),
        ("list", ["/list"]),
        ("/list?section=city", ["/list?section=city"]),
        ("/list*", ["/list", "/list?section=city", "/lists"]),
        ("/*", ["/list", "/list?section=city", "/lists"]),
        ("/LIST", []),
    ],
)
def test_a_path_purges_itself_and_with_a_star_what_begins_so(item: str, gone: list[str]) -> None:
    rig = Rig()
    urls = ["/list", "/list?section=city", "/lists"]
    for url in urls:
        rig.get(url)
    assert rig.cache.purge([item]) == len(gone)
    assert [url for url in urls if outcome(rig.get(url)) == "Miss"] == gone


def test_what_was_purged_does_not_come_back_in_an_outage() -> None:
    rig = Rig(says=said(cache_tag="article-1"), error_ttls={504: 0})
    rig.get()
    rig.cache.purge(["#article-1"])
    rig.unreachable = True
    assert rig.get().status == 504


def test_what_was_on_its_way_during_a_purge_is_not_kept() -> None:
    rig = Rig()

    def says(request: Request) -> Answer:
        rig.cache.purge(["#article-1"])  # as the origin is reading the old article
        return said(b"old", cache_tag="article-1")

    rig.says = says
    rig.get()
    rig.says = said(b"new", cache_tag="article-1")
    assert rig.get().body == b"new"


def test_whoever_comes_after_a_purge_does_not_wait_for_the_answer_of_before() -> None:
    rig = Rig()
    bodies: list[bytes] = []
    waited: list[bool] = []
    reader = threading.Thread(target=lambda: bodies.append(rig.get().body), daemon=True)

    def says(request: Request) -> Answer:
        if rig.calls > 1:
            return said(b"new", cache_tag="article-1")
        rig.cache.purge(["#article-1"])
        reader.start()  # while the first still waits for what was true before the purge
        reader.join(2)
        waited.append(reader.is_alive())
        return said(b"old", cache_tag="article-1")

    rig.says = says
    assert rig.get().body == b"old"
    reader.join(5)
    assert (bodies, waited) == ([b"new"], [False])
    assert rig.get().body == b"new"


def test_a_purged_error_is_asked_for_again() -> None:
    rig = Rig(says=said(status=404, cache_control="s-maxage=30", cache_tag="slug-x"))
    rig.get()
    rig.cache.purge(["#slug-x"])
    rig.says = said()
    assert rig.get().status == 200
