"""What a session's cookie is worth, for how long, and what is told of a browser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.sessions import (
    ABSOLUTE_SECONDS,
    FRESH_SECONDS,
    GRACE_SECONDS,
    IDLE_SECONDS,
    Standing,
    begin_session,
    judge,
    parse_ticket,
    rotate,
    rough_agent,
)

NOW = 1_800_000_000
MEMBER = "a" * 32


def chance(of: int) -> bytes:
    return bytes(range(of))


def other(of: int) -> bytes:
    return bytes(range(100, 100 + of))


def third(of: int) -> bytes:
    return bytes(range(200, 200 + of))


SESSION, COOKIE = begin_session(MEMBER, "Firefox on Linux", NOW + 0.5, chance)
RENEWED, NEXT = rotate(SESSION, COOKIE, NOW + 1_000, other)


def standing(session: object, cookie: str, now: float) -> Standing:
    ticket = parse_ticket(cookie)
    assert ticket is not None
    return judge(session, ticket, now)  # type: ignore[arg-type]


def test_a_cookie_names_its_member_session_and_secret_and_the_store_can_make_none() -> None:
    ticket = parse_ticket(COOKIE)
    assert ticket is not None
    assert (ticket.member, ticket.session) == (SESSION.member, SESSION.id)
    assert ticket.secret in COOKIE
    kept = (SESSION.secret, SESSION.id, SESSION.agent)
    assert not any(text in COOKIE for text in kept)
    for forged in (f"{MEMBER}{SESSION.id}{SESSION.secret}", f"{MEMBER}{SESSION.id}{ticket.secret}"):
        made = parse_ticket(forged)
        assert made is not None
        assert made.session != SESSION.id  # nor can anybody end it who knows its name
    assert "…" in repr(ticket)
    assert ticket.secret not in repr(ticket)


@pytest.mark.parametrize(
    "cookie",
    ["", "x", COOKIE[:-1], COOKIE + "0", COOKIE + "\n", f" {COOKIE}", f'"{COOKIE}"', "g" * 128, "٠" * 128],
)  # fmt: skip
def test_what_is_no_ticket_is_none(cookie: str) -> None:
    assert parse_ticket(cookie) is None


# After one renewal at NOW + 1000, which cookie is worth what at which time.
STANDINGS = [
    (NEXT, 1_000, Standing.CURRENT),
    (NEXT, 1_000 + IDLE_SECONDS - 1, Standing.CURRENT),
    (NEXT, 1_000 + IDLE_SECONDS, Standing.OVER),
    (COOKIE, 1_000, Standing.JUST_REPLACED),
    (COOKIE, 1_000 + GRACE_SECONDS - 0.01, Standing.JUST_REPLACED),
    (COOKIE, 1_000 + GRACE_SECONDS, Standing.REUSED),
    (COOKIE, 1_000 + IDLE_SECONDS, Standing.OVER),
    (COOKIE[:64] + "0" * 64, 1_000, Standing.REUSED),
    (COOKIE[:64] + RENEWED.secret, 1_000, Standing.REUSED),
    (COOKIE[:64] + SESSION.secret, 1_000, Standing.REUSED),
]


@pytest.mark.parametrize(("cookie", "seconds", "expected"), STANDINGS)
def test_a_cookie_is_current_just_replaced_reused_or_over(cookie: str, seconds: float, expected: Standing) -> None:
    assert standing(RENEWED, cookie, NOW + seconds) is expected
    assert standing(None, cookie, NOW + seconds) is Standing.OVER


def test_only_the_secret_just_before_has_a_grace() -> None:
    twice, last = rotate(RENEWED, NEXT, NOW + 1_001, third)

    assert standing(twice, last, NOW + 1_001) is Standing.CURRENT
    assert standing(twice, NEXT, NOW + 1_001) is Standing.JUST_REPLACED
    assert standing(twice, COOKIE, NOW + 1_001) is Standing.REUSED
    assert (last[:64], len({COOKIE, NEXT, last})) == (COOKIE[:64], 3)


def test_a_first_secret_has_nothing_before_it() -> None:
    assert SESSION.previous is None
    assert standing(SESSION, COOKIE, NOW) is Standing.CURRENT
    assert standing(SESSION, NEXT, NOW) is Standing.REUSED


@given(st.lists(st.integers(0, IDLE_SECONDS - 1), max_size=12))
def test_however_it_is_used_it_ends_by_its_absolute_time_and_use_puts_off_its_idle_end(pauses: list[int]) -> None:
    session, cookie, now = SESSION, COOKIE, NOW
    for pause in pauses:
        now += pause
        if standing(session, cookie, now) is not Standing.CURRENT:
            assert now >= NOW + ABSOLUTE_SECONDS
            return
        session, cookie = rotate(session, cookie, now, other if session.secret == SESSION.secret else third)
        assert session.expires_at == min(NOW + ABSOLUTE_SECONDS, now + IDLE_SECONDS)
    assert standing(session, cookie, NOW + ABSOLUTE_SECONDS) is Standing.OVER


def test_it_proves_who_somebody_is_for_a_quarter_of_an_hour_and_renewing_does_not_prolong_that() -> None:
    assert SESSION.is_fresh(NOW + FRESH_SECONDS - 0.01)
    assert not SESSION.is_fresh(NOW + FRESH_SECONDS)
    assert not replace(RENEWED, used_at=NOW + FRESH_SECONDS).is_fresh(NOW + FRESH_SECONDS)


MOZILLA = "Mozilla/5.0"
AGENTS = {
    f"{MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
    f"{MOZILLA} (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36": "Chrome on Windows",
    f"{MOZILLA} (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0": "Edge on Windows",
    f"{MOZILLA} (Windows NT 10.0) Chrome/140.0 Safari/537.36 OPR/120.0": "Opera on Windows",
    f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605": "Safari on Mac",
    f"{MOZILLA} (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile/15E148 Safari/604.1": "Safari on iPhone",
    f"{MOZILLA} (iPhone; CPU iPhone OS 18_0) CriOS/140.0 Mobile/15E148 Safari/604.1": "Chrome on iPhone",
    f"{MOZILLA} (iPad; CPU OS 18_0 like Mac OS X) FxiOS/140.0 Mobile/15E148 Safari/605": "Firefox on iPad",
    f"{MOZILLA} (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36": "Chrome on Android",
    f"{MOZILLA} (Linux; Android 15) SamsungBrowser/28.0 Chrome/130.0 Mobile": "Samsung Internet on Android",
    f"{MOZILLA} (X11; CrOS x86_64) Chrome/140.0 Safari/537.36": "Chrome on ChromeOS",
    "curl/8.5.0": "curl",
    f"{MOZILLA} (Windows NT 10.0)": "Windows",
    "": "Some program",
    "python-requests/2": "Some program",
    "<script>alert(1)</script>": "Some program",
    "x" * 100_000: "Some program",
    "\ud800\0\r\n": "Some program",
}


@pytest.mark.parametrize("header", AGENTS, ids=lambda header: ascii(header[-24:]))
def test_a_browser_is_told_in_a_few_words(header: str) -> None:
    assert rough_agent(header) == AGENTS[header]


BROWSERS = ("Edge", "Opera", "Samsung Internet", "Firefox", "Chrome", "Safari", "curl")
KNOWN = {*BROWSERS, "iPhone", "iPad", "Android", "Windows", "Mac", "ChromeOS", "Linux"}


@given(st.text(max_size=60) | st.lists(st.sampled_from(sorted(AGENTS)), max_size=3).map("".join))
def test_nothing_of_the_header_itself_is_told(header: str) -> None:
    told = rough_agent(header)
    assert told == "Some program" or {*told.split(" on ")} <= KNOWN
