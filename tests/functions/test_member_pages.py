"""The pages of somebody who is signed in, and those in place of refusals: valid, labelled, kept nowhere, and each form
leads somewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from msgspec.structs import replace

from functions.members.routes import route_of
from shared.domain.addresses import parse_address
from shared.domain.members import grant
from shared.domain.refusals import StoreUnavailable, UnusableKeyring
from shared.domain.tiers import Tier
from shared.http import NO_STORE, Answer
from shared.site.html import CONTENT_SECURITY_POLICY
from tests.functions.paying import gave, known_as, paid
from tests.functions.site import text, tree
from tests.functions.visitor import ADA, House, Visitor
from tests.member_twins import MemoryRecords, MemorySessions
from tests.twins import MemoryPapers

PAGE = {"accept": "text/html"}
NEW = "new-ada@reader.example"
PORTAL = "/api/memberships/portal"  # another function's


def ada() -> Visitor:
    """Somebody with another device, a grant, a newsletter, a gift, and an address that is to change."""
    house = House()
    Visitor(house, agent="Mozilla/5.0 (iPhone) Version/18.0 Mobile Safari/604.1").sign_in()
    visitor = Visitor(house)
    visitor.sign_in(newsletter="weekly")
    known = house.doors.members.contact(parse_address(ADA).digest)
    assert known is not None
    kept = house.doors.members.read(known[0].member or "")
    assert kept is not None
    granted = grant(kept[0], Tier.MEMBER, None, "Helped <b>much</b>", house.now, house.doors.chance)
    house.doors.members.write(granted, kept[1])
    gave(visitor, "9", paid("9" * 32, 500, house.now))
    known_as(visitor)
    visitor.post("/api/members/email", {"email": NEW}, form=True)
    house.deliver()
    return visitor


def see(visitor: Visitor, path: str) -> Answer:
    return visitor.send("GET", path, headers=PAGE).answer


def agreeing(visitor: Visitor) -> Answer:
    return see(visitor, f"/account/email/{visitor.house.mails[-1][1]}")


def too_late(visitor: Visitor) -> Answer:
    visitor.house.now += 3600
    return see(visitor, "/account/erase")


def no_address(visitor: Visitor) -> Answer:
    return visitor.post("/api/members/email", {"email": "<no address>"}, form=True).answer


def no_sign_in(visitor: Visitor) -> Answer:
    form = {"email": "ada@", "next": "/account", "newsletter": "weekly"}
    return Visitor(visitor.house).post("/api/members/sign-in", form, form=True).answer


def dead_link(visitor: Visitor) -> Answer:
    return Visitor(visitor.house).post("/api/members/sessions", {"token": "f" * 64}, form=True).answer


def wrong_code(visitor: Visitor) -> Answer:
    bob = Visitor(visitor.house)
    _, code = bob.ask_for_mail("bob@reader.example")
    wrong = "000000" if code != "000000" else "111111"
    return bob.post("/api/members/sessions", {"code": wrong}, form=True).answer


def nobody(visitor: Visitor) -> Answer:
    return Visitor(visitor.house).post("/api/members/me", {"newsletters": []}, form=True).answer


PAGES: dict[str, Callable[[Visitor], Answer]] = {
    "account": partial(see, path="/account"),
    "erase": partial(see, path="/account/erase"),
    "address": partial(see, path="/account/email"),
    "asked": partial(see, path="/account/email/asked"),
    "changed": partial(see, path="/account/email/changed"),
    "agreeing": agreeing,
}
REFUSED: dict[str, Callable[[Visitor], Answer]] = {
    "proof": too_late,
    "no address": no_address,
    "no sign-in": no_sign_in,
    "dead link": dead_link,
    "wrong code": wrong_code,
    "nobody": nobody,
}


@pytest.mark.parametrize("name", [*PAGES, *REFUSED])
def test_every_page_is_valid_and_kept_nowhere(name: str) -> None:
    answer = (PAGES | REFUSED)[name](ada())

    tree(answer.body)
    assert answer.status == 200 if name in PAGES else 400 <= answer.status < 500
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == NO_STORE
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert 'name="robots" content="noindex"' in answer.body


@pytest.mark.parametrize("name", [*PAGES, *REFUSED])
def test_every_form_is_one_that_the_function_takes_and_every_field_has_a_label(name: str) -> None:
    page = tree((PAGES | REFUSED)[name](ada()).body)

    for form in page.iter("form"):
        assert form.get("method") == "post"
        assert form.get("action") == PORTAL or route_of("POST", form.get("action", "")).changes
        assert next(form.iter("button"), None) is not None
    labels = {one.get("for") for one in page.iter("label")}
    inside = [field for label in page.iter("label") for field in label.iter("input")]
    for field in page.iter("input"):
        assert field.get("type") == "hidden" or field.get("id") in labels or field in inside


@pytest.mark.parametrize("name", ["no address", "no sign-in", "wrong code"])
def test_what_is_wrong_with_a_field_is_said_beside_it_and_to_who_hears_the_page(name: str) -> None:
    page = tree(REFUSED[name](ada()).body)
    (field,) = [one for one in page.iter("input") if one.get("aria-invalid") == "true"]
    (said,) = [one for one in page.iter() if one.get("id") == field.get("aria-describedby")]

    assert said.get("role") == "alert"
    assert len("".join(said.itertext())) > 20


def test_a_form_that_was_refused_comes_back_as_it_was_typed() -> None:
    fields = _fields(no_sign_in(ada()).body)
    assert fields == {"email": "ada@", "next": "/account", "newsletter": "weekly"}
    assert _fields(no_address(ada()).body) == {"email": "<no address>"}


def test_a_form_that_is_nobody_s_leads_to_where_one_signs_in() -> None:
    """Also where it could not have been taken anyway."""
    answer = Visitor(House()).post("/api/members/email", {"email": "<no address>"}, form=True).answer

    assert answer.status == 401
    assert 'href="/sign-in?next=/account"' in answer.body


def test_a_form_is_answered_by_a_page_too_when_the_tables_do_not_answer() -> None:
    visitor = ada()
    visitor.house.doors = replace(visitor.house.doors, sessions=_Silent())
    answer = visitor.post("/api/members/email", {"email": "<no address>"}, form=True).answer

    assert (answer.status, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "cannot be shown right now" in text(answer.body)


def test_a_device_that_is_gone_is_told_in_words_of_its_own() -> None:
    answer = ada().post(f"/api/members/sessions/{'0' * 32}", {}, form=True).answer

    assert answer.status == 404
    assert "You are not signed in on such a device" in text(answer.body)


def test_whoever_looks_at_the_account_reads_at_once_as_it_says() -> None:
    """The pass of somebody who has just joined says subscriber for another five minutes, if nobody gives a new one."""
    visitor = ada()
    before = visitor.tier
    assert see(visitor, "/account").status == 200
    assert (before, visitor.tier) == (Tier.SUBSCRIBER, Tier.MEMBER)


class Keyless:
    """`Passes` without a keyring."""

    def mint(self, *_: object, **__: object) -> str:
        raise UnusableKeyring("There is none.")

    def verify(self, *_: object) -> Any:
        raise UnusableKeyring("There is none.")


def test_the_account_is_shown_also_where_no_pass_can_be_made() -> None:
    visitor = ada()
    visitor.house.doors = replace(visitor.house.doors, passes=Keyless())
    assert "one of our members" in text(see(visitor, "/account").body)


def test_where_to_go_on_is_not_taken_from_a_refused_form_unless_it_is_on_this_site() -> None:
    """R14."""
    house = House()
    form = {"email": "ada@reader.example", "next": "//evil.example", "newsletter": "<i>"}
    page = Visitor(house).post("/api/members/sign-in", form, form=True).answer.body

    assert _fields(page) == {"email": "ada@reader.example", "next": "/"}
    assert "evil" not in page


def test_the_account_shows_what_is_kept_and_what_can_be_done() -> None:
    visitor = ada()
    page = see(visitor, "/account").body
    said = text(page)

    for words in (ADA, "Firefox on Linux", "Safari on iPhone", "this browser", NEW, "Helped <b>much</b>"):
        assert words in said
    assert "<b>much" not in page
    wishes = {one.get("value"): one.get("checked") is not None for one in _checkboxes(page)}
    assert wishes == {"weekly": True, "letters": False}
    actions = [one.get("action", "") for one in tree(page).iter("form")]
    assert actions.count("/api/members/sign-out") == 2
    assert len([one for one in actions if one.startswith("/api/members/sessions/")]) == 1  # the other device


def test_the_account_s_forms_do_what_they_say_without_a_script() -> None:
    visitor = ada()
    visitor.post("/api/members/me", {"newsletters": ["letters"]}, form=True)
    assert _checked(visitor) == ["letters"]
    visitor.post("/api/members/me", {}, form=True)  # a browser sends nothing of boxes that are empty
    assert _checked(visitor) == []

    (end,) = [
        one.get("action", "")
        for one in tree(see(visitor, "/account").body).iter("form")
        if one.get("action", "").startswith("/api/members/sessions/")
    ]
    assert visitor.post(end, {}, form=True).answer.headers["location"] == "/account"
    assert "Safari on iPhone" not in see(visitor, "/account").body


def test_a_newsletter_that_does_not_come_yet_says_for_whom_it_is() -> None:
    visitor = ada()
    inside = [replace(one, tier="member") for one in visitor.house.doors.papers.read().newsletters]
    assert "Only for members." not in text(see(visitor, "/account").body)

    subscriber = Visitor(House())
    paper = replace(subscriber.house.doors.papers.read(), newsletters=tuple(inside))
    subscriber.house.doors = replace(subscriber.house.doors, papers=MemoryPapers(paper))
    subscriber.sign_in()
    assert text(see(subscriber, "/account").body).count("Only for members.") == 2


def test_whoever_is_not_signed_in_is_led_to_where_one_signs_in_and_back() -> None:
    for path in ("/account", "/account/erase", "/account/email"):
        answer = see(Visitor(House()), path)
        assert (answer.status, answer.headers["location"]) == (303, f"/sign-in?next={path}")


class _Silent(MemorySessions):
    """Sessions in a table that does not answer."""

    def __init__(self) -> None:
        super().__init__(MemoryRecords())

    def read(self, member: str, session: str) -> Any:
        raise StoreUnavailable("Try again in a minute.")


def _fields(page: str) -> dict[str | None, str | None]:
    return {one.get("name"): one.get("value") for one in tree(page).iter("input")}


def _checked(visitor: Visitor) -> list[str | None]:
    return [one.get("value") for one in _checkboxes(see(visitor, "/account").body) if one.get("checked") is not None]


def _checkboxes(page: str) -> list[Element]:
    return [one for one in tree(page).iter("input") if one.get("type") == "checkbox"]
