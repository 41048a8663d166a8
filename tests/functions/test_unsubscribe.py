"""One click in a mail program ends one newsletter, and nothing else does or follows (R31, RFC 8058)."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.members import Member, unsubscribe_token
from shared.domain.refusals import RecordChanged
from shared.domain.tiers import Tier
from tests.functions.paper import PASSES
from tests.functions.visitor import House, Visitor

WEEKLY, LETTERS = (f"/api/newsletters/{name}/unsubscribe" for name in ("weekly", "letters"))
ONE_CLICK = b"List-Unsubscribe=One-Click"
PARTS = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
BODIES: dict[str, tuple[str, bytes]] = {
    "form": ("application/x-www-form-urlencoded", ONE_CLICK),
    "several parts": ("multipart/form-data; boundary=x", PARTS),
    "nothing": ("", b""),
    "something else": ("text/plain", b"hello"),
    "much": ("application/octet-stream", b"\0" * 200_000),
}


@pytest.fixture
def ada(house: House) -> Visitor:
    browser = Visitor(house)
    browser.sign_in(newsletter="weekly")
    assert browser.send("PATCH", "/api/members/me", {"newsletters": ["weekly", "letters"]}).answer.status == 200
    return browser


def member_of(browser: Visitor) -> Member:
    found = browser.house.doors.members.read(browser.cookies["__Host-session"][:32])
    assert found is not None
    return found[0]


def token_of(browser: Visitor, newsletter: str = "weekly") -> str:
    return unsubscribe_token(member_of(browser), newsletter)


def click(house: House, path: str, token: str, method: str = "POST", **more: Any) -> tuple[int, Visitor]:
    """As a mail program asks: without cookies, and from no page of ours."""
    program = Visitor(house)
    headers = {"origin": "", "user-agent": "mail", **more.pop("headers", {})}
    answer = program.send(method, f"{path}?t={token}", headers=headers, **more).answer
    assert not answer.cookies
    return answer.status, program


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("origin", ["", "null", "https://webmail.example"])
def test_one_click_ends_the_newsletter_whatever_the_body_and_the_page(
    house: House, ada: Visitor, kind: str, origin: str
) -> None:
    content_type, raw = BODIES[kind]
    headers = {"content-type": content_type, "origin": origin, "sec-fetch-site": "cross-site" if origin else ""}

    for accept in ("", "*/*", "text/html, */*; q=0.2"):
        status, program = click(house, WEEKLY, token_of(ada), raw=raw, headers={**headers, "accept": accept})
        is_button = not raw and "html" in accept
        assert status == (303 if is_button else 200)  # a mail program follows no redirect
        assert is_button or program.body == {"newsletter": "weekly"}

    assert member_of(ada).newsletters == ("letters",)
    assert ada.send("GET", "/api/members/me").answer.status == 200  # and nobody is signed out


def test_clicking_twice_or_when_it_had_ended_or_the_member_is_gone_says_the_same(house: House, ada: Visitor) -> None:
    token = token_of(ada)
    answers = [click(house, WEEKLY, token)]
    before = dict(house.records.values)
    answers.append(click(house, WEEKLY, token))
    assert house.records.values == before
    ada.send("DELETE", "/api/members/me")
    before = dict(house.records.values)
    answers.append(click(house, WEEKLY, token))
    assert house.records.values == before

    assert [(status, program.body) for status, program in answers] == [(200, {"newsletter": "weekly"})] * 3


def test_a_token_is_for_its_own_member_and_newsletter(house: House, ada: Visitor) -> None:
    bob = Visitor(house)
    bob.sign_in("bob@reader.example", newsletter="weekly")
    before = dict(house.records.values)
    mine, theirs = token_of(ada), token_of(bob)
    wrong = [
        (LETTERS, mine),
        (WEEKLY, token_of(ada, "letters")),
        ("/api/newsletters/none/unsubscribe", mine),
        (WEEKLY, theirs[:32] + mine[32:]),
        (WEEKLY, mine[:32] + theirs[32:]),
        (WEEKLY, mine[:32] + "0" * 32),
        (WEEKLY, mine[:-1]),
        (WEEKLY, ""),
    ]

    for path, token in wrong:
        status, program = click(house, path, token)
        assert (status, program.body["code"]) == (400, "invalid_parameter")
    assert house.records.values == before


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_shows_a_button_and_changes_nothing(house: House, ada: Visitor, method: str) -> None:
    before, token = dict(house.records.values), token_of(ada)

    status, program = click(house, WEEKLY, token, method)

    assert (status, program.outcome.answer.headers["location"]) == (303, f"/unsubscribe/weekly/{token}")
    assert house.records.values == before


def test_a_person_who_pressed_the_button_gets_a_page(house: House, ada: Visitor) -> None:
    page = Visitor(house).post(f"{WEEKLY}?t={token_of(ada)}", {}, form=True).answer
    assert (page.status, page.headers["location"]) == (303, "/unsubscribed")
    assert member_of(ada).newsletters == ("letters",)


def test_cookies_of_somebody_else_make_no_difference(house: House, ada: Visitor) -> None:
    bob = Visitor(house)
    bob.sign_in("bob@reader.example", newsletter="weekly")

    bob.send("POST", f"{WEEKLY}?t={token_of(ada)}")

    assert (member_of(ada).newsletters, member_of(bob).newsletters) == (("letters",), ("weekly",))


def test_its_token_signs_nobody_in(house: House, ada: Visitor) -> None:
    token = token_of(ada)
    for made in (token, token * 2, token[:32] * 2 + token):
        thief = Visitor(house, cookies={"__Host-session": made, "__Host-pass": made, "__Host-sign-in": token * 2})
        before = dict(house.records.values)
        assert thief.send("GET", "/api/members/me").answer.status == 401
        thief.cookies = {"__Host-session": made, "__Host-sign-in": token * 2}
        assert thief.post("/api/members/passes").answer.status == 401
        assert thief.post("/api/members/sessions", {"token": made}).answer.status == 410
        thief.cookies = {"__Host-sign-in": token * 2}
        assert thief.post("/api/members/sessions", {"code": made}).answer.status == 410
        assert thief.post("/api/members/email/agree", {"token": made}).answer.status == 410
        bearer = {"authorization": f"Bearer {made}"}
        assert thief.send("POST", "/api/members/passes", headers=bearer).answer.status == 401
        assert PASSES.verify(made, house.now).reader.tier is Tier.ANONYMOUS
        assert house.records.values == before
    assert ada.send("GET", "/api/members/me").answer.status == 200


@pytest.mark.parametrize(("times", "status"), [(1, 200), (3, 200), (4, 503)])
def test_another_writer_at_the_same_moment_takes_nothing_away(
    house: House, ada: Visitor, times: int, status: int
) -> None:
    members = house.doors.members
    written, left = members.write, times

    def busy(member: Member, expected: str | None) -> str:
        nonlocal left
        if left:
            left -= 1
            raise RecordChanged("Somebody else was first.")
        return written(member, expected)

    members.write = busy  # type: ignore[method-assign]
    assert click(house, WEEKLY, token_of(ada))[0] == status
    assert member_of(ada).newsletters == (("letters",) if status == 200 else ("weekly", "letters"))
