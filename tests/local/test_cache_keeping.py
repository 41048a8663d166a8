"""How long the cache keeps what, and under which key: one documented rule a test."""

from dataclasses import replace
from typing import Any

import pytest

from infra.local.messages import Answer
from tests.local.edge import BUCKET, POLICY, Rig, behaviour, outcome, outcomes, said


def test_the_second_read_comes_from_the_cache() -> None:
    rig = Rig()
    assert outcomes([rig.get(), rig.get()]) == ["Miss", "Hit"]
    assert rig.calls == 1


def test_a_hit_tells_its_age_and_a_miss_has_none() -> None:
    rig = Rig()
    assert rig.get().header("age") is None
    rig.now += 42
    assert rig.get().header("age") == "42"


def test_the_tier_is_part_of_the_key() -> None:
    rig = Rig(says=lambda request: said((request.header("x-reader-tier") or "").encode()))
    assert [rig.get(tier=tier).body for tier in ("anonymous", "member", "anonymous")] == [
        b"anonymous",
        b"member",
        b"anonymous",
    ]
    assert rig.calls == 2


def test_what_the_policy_does_not_list_is_not_part_of_the_key() -> None:
    rig = Rig()
    rig.get(user_agent="one")
    assert outcome(rig.get("/a?utm=1", user_agent="other")) == "Hit"


def test_a_listed_query_member_is_part_of_the_key() -> None:
    rig = Rig()
    rig.get("/a?section=city")
    assert outcome(rig.get("/a?section=arts")) == "Miss"


def test_the_order_of_query_members_makes_two_objects() -> None:
    rig = Rig()
    rig.get("/a?section=city&cursor=1")
    assert outcome(rig.get("/a?cursor=1&section=city")) == "Miss"


def test_paths_are_case_sensitive() -> None:
    rig = Rig()
    rig.get("/a")
    assert outcome(rig.get("/A")) == "Miss"


@pytest.mark.parametrize(
    ("sent", "like"),
    [
        ("gzip, deflate", "gzip"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip,br"),
        ("identity", ""),
        ("gzip;q=0", ""),
    ],
)
def test_accept_encoding_is_keyed_by_what_it_comes_to(sent: str, like: str) -> None:
    rig = Rig()
    rig.get(accept_encoding=sent)
    assert outcome(rig.get(accept_encoding=like)) == "Hit"


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"cache_control": "s-maxage=30, max-age=10"}, 30),
        ({"cache_control": "max-age=10", "expires": "Fri, 01 Jan 2100 00:00:00 GMT"}, 10),
        ({"cache_control": None, "expires": "Mon, 12 Jan 1970 13:47:40 GMT"}, 60),
        ({"cache_control": "max-age=604801"}, 604_800),
    ],
    ids=["s-maxage beats max-age", "max-age beats Expires", "Expires alone", "MaxTTL caps"],
)
def test_an_object_is_fresh_for_as_long_as_the_origin_says(headers: dict[str, Any], kept: int) -> None:
    rig = Rig(says=said(**headers))
    rig.get()
    rig.now += kept - 1
    assert outcome(rig.get()) == "Hit"
    rig.now += 1
    assert outcome(rig.get()) != "Hit"


def test_default_ttl_holds_where_the_origin_says_nothing() -> None:
    rig = Rig(says=said(cache_control=None), rules=behaviour(replace(POLICY, default_ttl=20)))
    rig.get()
    rig.now += 19
    assert outcome(rig.get()) == "Hit"
    rig.now += 1
    assert outcome(rig.get()) == "Miss"


@pytest.mark.parametrize("directive", ["no-store", "private", "no-cache", "private, max-age=60"])
def test_what_may_not_be_shared_is_asked_for_each_time(directive: str) -> None:
    rig = Rig(says=said(cache_control=directive))
    assert outcomes([rig.get(), rig.get()]) == ["Miss", "Miss"]
    assert rig.calls == 2


def test_min_ttl_above_zero_overrides_no_store() -> None:
    rig = Rig(says=said(cache_control="private, no-store"), rules=behaviour(replace(POLICY, min_ttl=60)))
    rig.get()
    rig.now += 59
    assert outcome(rig.get()) == "Hit"


def test_caching_disabled_keeps_nothing_at_all() -> None:
    nothing = replace(POLICY, min_ttl=0, default_ttl=0, max_ttl=0)
    rig = Rig(rules=behaviour(nothing), error_ttls={500: 10})
    assert outcomes([rig.get(), rig.get()]) == ["Miss", "Miss"]
    rig.says = said(status=500)
    rig.get()
    rig.get()
    assert rig.calls == 4


def test_set_cookie_is_kept_with_the_object_and_given_to_the_next_reader() -> None:
    rig = Rig(says=said(set_cookie="who=one"))
    rig.get()
    assert rig.get().header("set-cookie") == "who=one"


def test_other_methods_are_never_answered_from_the_cache() -> None:
    rig = Rig()
    rig.get()
    assert outcomes([rig.get(method="POST"), rig.get(method="POST")]) == ["Miss", "Miss"]


def test_vary_star_is_asked_for_each_time_without_conditions() -> None:
    rig = Rig(says=said(vary="*"))
    rig.get()
    rig.get()
    assert [conditions for _, conditions in rig.asked] == [(), ()]


def test_temporary_redirects_are_kept_only_with_cache_control() -> None:
    rig = Rig(says=said(status=307, cache_control=None), rules=behaviour(replace(POLICY, default_ttl=60)))
    rig.get()
    assert outcome(rig.get()) == "Miss"
    rig.says = said(status=307)
    rig.get()
    assert outcome(rig.get()) == "Hit"


# Errors ---------------------------------------------------------------------------------------------------------------


def _asks_until_kept(rig: Rig, seconds: float) -> list[int]:
    """How often the origin is asked: at once, just before, and just after this many seconds."""
    rig.get()
    counts = []
    for passed in (0, seconds - 0.5, 1.0):
        rig.now += passed
        rig.get()
        counts.append(rig.calls)
    return counts


@pytest.mark.parametrize("status", [404, 410, 414, 500, 502, 503, 504])
def test_most_errors_are_kept_for_ten_seconds_where_nobody_says_otherwise(status: int) -> None:
    assert _asks_until_kept(Rig(says=said(status=status, cache_control=None)), 10) == [1, 1, 2]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_no_store_does_not_keep_a_server_error_from_being_kept(status: int) -> None:
    assert _asks_until_kept(Rig(says=said(status=status, cache_control="no-store")), 10) == [1, 1, 2]


@pytest.mark.parametrize("status", [404, 410, 414, 501])
def test_four_errors_may_forbid_it(status: int) -> None:
    rig = Rig(says=said(status=status, cache_control="private, no-store"))
    rig.get()
    rig.get()
    assert rig.calls == 2


def test_error_ttl_zero_asks_each_time() -> None:
    rig = Rig(says=said(status=503, cache_control=None), error_ttls={503: 0})
    rig.get()
    rig.get()
    assert rig.calls == 2


def test_an_error_is_kept_for_the_longer_of_its_own_word_and_the_minimum() -> None:
    assert _asks_until_kept(Rig(says=said(status=404, cache_control="max-age=40")), 40) == [1, 1, 2]
    assert _asks_until_kept(Rig(says=said(status=404, cache_control="max-age=4")), 10) == [1, 1, 2]


@pytest.mark.parametrize("status", [400, 403, 405, 412, 415])
def test_some_errors_are_kept_only_if_the_origin_says_for_how_long(status: int) -> None:
    rig = Rig(says=said(status=status, cache_control=None))
    rig.get()
    rig.get()
    assert rig.calls == 2
    assert _asks_until_kept(Rig(says=said(status=status, cache_control="max-age=40")), 40) == [1, 1, 2]


def test_a_status_that_is_on_no_list_is_not_kept() -> None:
    rig = Rig(says=said(status=429, cache_control="max-age=60"))
    rig.get()
    rig.get()
    assert rig.calls == 2


def test_a_buckets_errors_are_kept_for_a_second_at_least() -> None:
    rig = Rig(says=said(status=503, cache_control=None), rules=behaviour(origin=BUCKET), error_ttls={503: 0})
    assert _asks_until_kept(rig, 1) == [1, 1, 2]


def test_every_error_is_called_an_error_from_the_cache_too() -> None:
    rig = Rig(says=said(status=404, cache_control=None))
    assert outcomes([rig.get(), rig.get()]) == ["Error", "Error"]
    assert rig.get().header("age") == "0"


def test_an_error_of_one_tier_is_not_anothers() -> None:
    rig = Rig(says=lambda request: said(status=404) if request.header("x-reader-tier") == "anonymous" else said())
    assert rig.get().status == 404
    assert rig.get(tier="member").status == 200


# Room -----------------------------------------------------------------------------------------------------------------


def test_what_was_not_read_for_longest_makes_room() -> None:
    rig = Rig(says=said(b"x" * 10_000), capacity=25_000)
    rig.get("/a")
    rig.get("/b")
    rig.get("/a")
    rig.get("/c")
    assert rig.cache.size <= 25_000
    assert outcome(rig.get("/a")) == "Hit"
    assert outcome(rig.get("/b")) == "Miss"


def test_what_is_larger_than_all_room_is_passed_on_unkept() -> None:
    rig = Rig(says=said(b"x" * 10_000), capacity=5_000)
    assert len(rig.get().body) == 10_000
    assert rig.cache.size == 0


def test_a_thousand_unknown_paths_take_bounded_room() -> None:
    rig = Rig(says=Answer(404, (("content-length", "0"),)), capacity=100_000)
    for number in range(1_000):
        rig.get(f"/none-{number}")
    assert rig.cache.size <= 100_000
