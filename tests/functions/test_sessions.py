"""Sessions: renewing, the grace of two tabs, reuse, and their end."""

from __future__ import annotations

import pytest

from shared.domain.members import grant
from shared.domain.sessions import ABSOLUTE_SECONDS, GRACE_SECONDS, IDLE_SECONDS
from shared.domain.tiers import Tier
from tests.functions.visitor import House, Visitor


def twin_of(browser: Visitor) -> Visitor:
    """The same cookies in other hands."""
    return Visitor(browser.house, cookies=dict(browser.cookies))


def test_each_refresh_replaces_the_secret(ada: Visitor) -> None:
    seen = {ada.cookies["__Host-session"]}
    for _ in range(3):
        answer = ada.send("GET", "/api/members/refresh?next=/sections/city").answer
        assert (answer.status, answer.headers["location"]) == (302, "/sections/city")
        seen.add(ada.cookies["__Host-session"])
    assert ada.post("/api/members/passes").answer.status == 200
    assert len(seen | {ada.cookies["__Host-session"]}) == 5


def test_two_tabs_that_refresh_at_once_both_get_a_pass(house: House, ada: Visitor) -> None:
    other = twin_of(ada)
    ada.post("/api/members/passes")
    house.now += GRACE_SECONDS - 1

    late = other.post("/api/members/passes").answer
    assert late.status == 200
    assert not any(line.startswith("__Host-session") for line in late.cookies)  # the first one's is the browser's now
    assert ada.post("/api/members/passes").answer.status == 200


def test_a_secret_that_turns_up_after_the_grace_ends_the_session_for_both(house: House, ada: Visitor) -> None:
    thief = twin_of(ada)
    ada.post("/api/members/passes")
    house.now += GRACE_SECONDS

    assert (thief.post("/api/members/passes").answer.status, thief.body["code"]) == (401, "session_reused")
    assert "__Host-session" not in thief.cookies
    assert ada.post("/api/members/passes").answer.status == 401


def test_the_secret_before_the_last_has_no_grace(ada: Visitor) -> None:
    old = twin_of(ada)
    ada.post("/api/members/passes")
    ada.post("/api/members/passes")

    assert old.post("/api/members/passes").answer.status == 401
    assert ada.post("/api/members/passes").answer.status == 401


def test_reading_the_account_with_an_old_secret_ends_the_session_too(ada: Visitor) -> None:
    old = twin_of(ada)
    ada.post("/api/members/passes")
    ada.post("/api/members/passes")

    assert old.send("GET", "/api/members/me").answer.status == 401
    assert ada.send("GET", "/api/members/me").answer.status == 401


@pytest.mark.parametrize(("seconds", "status"), [(IDLE_SECONDS - 1, 200), (IDLE_SECONDS, 401)])
def test_a_session_that_nobody_uses_ends(house: House, ada: Visitor, seconds: int, status: int) -> None:
    house.now += seconds
    assert ada.post("/api/members/passes").answer.status == status


def test_a_session_ends_for_good_after_its_time_however_often_it_is_used(house: House, ada: Visitor) -> None:
    began = house.now
    while house.now + IDLE_SECONDS / 2 < began + ABSOLUTE_SECONDS:
        house.now += IDLE_SECONDS / 2
        assert ada.post("/api/members/passes").answer.status == 200
    house.now = began + ABSOLUTE_SECONDS
    assert ada.post("/api/members/passes").answer.status == 401


def test_a_refresh_without_a_session_goes_on_as_everybody_and_says_it_was_there(house: House) -> None:
    nobody = Visitor(house, cookies={"__Host-session": "f" * 128, "__Host-pass": "x"})
    answer = nobody.send("GET", "/api/members/refresh?next=/").answer

    assert (answer.status, answer.headers["location"]) == (302, "/")
    assert nobody.cookies == {"__Host-refreshed": "1"}


def test_while_the_table_does_not_answer_a_reader_reads_as_everybody_and_stays_signed_in(
    house: House, ada: Visitor
) -> None:
    house.records.broken = True
    answer = ada.send("GET", "/api/members/refresh?next=/").answer
    assert (answer.status, set(ada.cookies)) == (302, {"__Host-session", "__Host-refreshed"})
    assert ada.post("/api/members/passes").answer.status == 503

    house.records.broken = False
    assert ada.post("/api/members/passes").answer.status == 200


def test_what_opens_or_closes_shows_with_the_next_pass(house: House, ada: Visitor) -> None:
    member, version = house.doors.members.read(ada.cookies["__Host-session"][:32])  # type: ignore[misc]
    version = house.doors.members.write(
        grant(member, Tier.MEMBER, None, "guest", house.now, house.doors.chance), version
    )
    ada.post("/api/members/passes")
    opened = ada.tier
    house.doors.members.write(member, version)
    ada.post("/api/members/passes")
    assert (opened, ada.tier) == (Tier.MEMBER, Tier.SUBSCRIBER)


def test_devices_are_listed_with_their_last_use_and_can_be_signed_out_one_by_one(house: House, ada: Visitor) -> None:
    phone = Visitor(house, agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile Safari/604.1")
    house.now += 100
    phone.sign_in()
    ada.send("GET", "/api/members/sessions")
    listed = ada.body["sessions"]
    assert [(one["agent"], one["is_this"]) for one in listed] == [
        ("Safari on iPhone", False),
        ("Firefox on Linux", True),
    ]

    stranger = Visitor(house)
    stranger.sign_in("bob@reader.example")
    theirs = f"/api/members/sessions/{listed[0]['id']}"
    assert (stranger.send("DELETE", theirs).answer.status, stranger.body["code"]) == (404, "unknown_session")
    assert ada.send("DELETE", theirs).answer.status == 200
    assert phone.post("/api/members/passes").answer.status == 401
    assert ada.post("/api/members/passes").answer.status == 200


def test_signing_out_here_leaves_the_other_device_and_everywhere_none(house: House, ada: Visitor) -> None:
    phone, tablet = Visitor(house), Visitor(house)
    phone.sign_in()
    tablet.sign_in()
    kept = dict(tablet.cookies)

    answer = tablet.post("/api/members/sign-out").answer
    assert (answer.status, answer.headers["clear-site-data"], tablet.cookies) == (200, '"cache", "storage"', {})
    assert Visitor(house, cookies=kept).post("/api/members/passes").answer.status == 401
    assert ada.post("/api/members/passes").answer.status == 200

    assert (ada.post("/api/members/sign-out", {"everywhere": True}).answer.status, ada.body) == (200, {"ended": 2})
    assert phone.post("/api/members/passes").answer.status == 401
    assert ada.post("/api/members/sign-out").answer.status == 200  # once more does no harm


def test_a_form_signs_out_without_scripts(house: House, ada: Visitor) -> None:
    phone = Visitor(house)
    phone.sign_in()
    answer = ada.post("/api/members/sign-out", {"everywhere": "1"}, form=True).answer
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert phone.post("/api/members/passes").answer.status == 401
