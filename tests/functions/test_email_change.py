"""Changing the address: both agree, nobody is let in who should not be, and an end in the middle is mended."""

from __future__ import annotations

import itertools

import pytest

from shared.domain.addresses import parse_address
from shared.domain.email_change import LIFETIME_SECONDS
from shared.domain.mails import NoticeOrder
from shared.domain.members import Contact
from shared.domain.refusals import RecordChanged
from shared.domain.secrets import digest_of
from tests.functions.cut_off import BreakableHouse
from tests.functions.visitor import ADA, House, Visitor

NEW = "new@reader.example"
ASK, AGREE = "/api/members/email", "/api/members/email/agree"


def asked(browser: Visitor, new: str = NEW) -> tuple[str, str]:
    """Ask for a change, and read both mails: the token for the old and for the new address."""
    assert browser.post(ASK, {"email": new}).answer.status == 202
    browser.house.deliver()
    (_, for_old, _), (to, for_new, _) = browser.house.mails[-2:]
    assert to == new
    return for_old, for_new


def press(house: House, token: str) -> tuple[int, str]:
    """Anybody may press, signed in or not: the mailbox is what counts."""
    browser = Visitor(house)
    answer = browser.post(AGREE, {"token": token}).answer
    assert not answer.cookies
    return answer.status, str(browser.body.get("changed", browser.body.get("code")))


def leads_to(house: House, email: str) -> str | None:
    """The member whom this address lets in, looked up as signing in does; nobody is made."""
    known = house.doors.members.contact(parse_address(email).digest)
    kept = house.doors.members.read(known[0].member) if known and known[0].member else None
    return kept[0].id if kept and kept[0].address.text == email else None


@pytest.mark.parametrize("order", list(itertools.permutations([0, 1])))
def test_the_address_changes_when_both_have_agreed_in_either_order(
    house: House, ada: Visitor, order: tuple[int, int]
) -> None:
    id, tokens = ada.cookies["__Host-session"][:32], asked(ada)

    assert press(house, tokens[order[0]]) == (200, "False")
    assert (leads_to(house, ADA), leads_to(house, NEW)) == (id, None)
    assert press(house, tokens[order[1]]) == (200, "True")
    assert (leads_to(house, ADA), leads_to(house, NEW)) == (None, id)

    assert [one for one in house.postbox.orders if isinstance(one, NoticeOrder)] == [
        NoticeOrder(parse_address(email), "email_changed", int(house.now)) for email in (ADA, NEW)
    ]
    assert ada.send("GET", "/api/members/me").answer.status == 200  # still signed in
    assert (ada.body["email"], ada.body["newsletters"]) == (NEW, ["weekly"])
    assert house.doors.members.contact(parse_address(ADA).digest) is None
    house.deliver()
    phone = Visitor(house)
    phone.sign_in(NEW)
    assert phone.cookies["__Host-session"][:32] == id


def test_each_link_agrees_once(house: House, ada: Visitor) -> None:
    for_old, for_new = asked(ada)
    assert press(house, for_old) == (200, "False")
    before = dict(house.records.values)
    assert press(house, for_old) == (410, "sign_in_dead")
    assert house.records.values == before
    assert press(house, for_new) == (200, "True")
    before = dict(house.records.values)
    for token in (for_old, for_new, "0" * 64, for_new[:-1], for_new.upper() + "A"):
        assert press(house, token) == (410, "sign_in_dead")
    assert house.records.values == before


def test_looking_at_a_link_agrees_to_nothing(house: House, ada: Visitor) -> None:
    tokens = asked(ada)
    before = dict(house.records.values)
    for token in tokens:
        for method in ("GET", "HEAD"):
            shown = Visitor(house).send(method, f"/account/email/{token}", headers={"accept": "text/html"})
            assert shown.answer.status == 200
    assert house.records.values == before


def test_asking_again_replaces_both_links(house: House, ada: Visitor) -> None:
    first, second = asked(ada), asked(ada, "newer@reader.example")

    assert [press(house, token)[0] for token in first] == [410, 410]
    assert [press(house, token)[0] for token in second] == [200, 200]
    assert leads_to(house, "newer@reader.example") is not None
    assert leads_to(house, NEW) is None


def test_one_who_agreed_to_an_older_change_has_not_agreed_to_the_newer(house: House, ada: Visitor) -> None:
    for_old, _ = asked(ada, "first@reader.example")
    assert press(house, for_old) == (200, "False")
    _, for_new = asked(ada, "second@reader.example")

    assert press(house, for_new) == (200, "False")
    assert leads_to(house, ADA) is not None


def test_a_change_waits_for_a_day(house: House, ada: Visitor) -> None:
    tokens = asked(ada)
    house.now += LIFETIME_SECONDS
    assert [press(house, token)[0] for token in tokens] == [410, 410]
    assert leads_to(house, ADA) is not None


def test_an_address_that_is_none_or_one_s_own_is_refused_and_asking_is_limited(house: House, ada: Visitor) -> None:
    for odd in ("", "nobody", ADA, ADA.upper(), "a@b.example,c@d.example", f"{NEW}\r\nBcc: {ADA}"):
        assert (ada.post(ASK, {"email": odd}).answer.status, ada.body["code"]) == (422, "invalid_address")
    assert not house.postbox.orders
    assert [ada.post(ASK, {"email": NEW}).answer.status for _ in range(6)] == [202] * 5 + [429]


def test_asking_tells_nothing_of_the_other_address_and_taking_one_is_refused(house: House, ada: Visitor) -> None:
    bob = Visitor(house)
    bob.sign_in("bob@reader.example")
    house.doors.members.write_contact(parse_address("no@reader.example").digest, Contact(None, "bounce", 1), None)
    answers = []
    for email in ("bob@reader.example", "no@reader.example", NEW):
        answer = ada.post(ASK, {"email": email}).answer
        answers.append((answer.status, answer.headers, answer.body, answer.cookies))
    assert answers[0] == answers[1] == answers[2]
    house.postbox.orders.clear()

    for_old, for_new = asked(ada, "bob@reader.example")
    assert press(house, for_old) == (200, "False")
    before = dict(house.records.values)
    assert press(house, for_new) == (409, "address_taken")
    assert house.records.values == before

    # Who has the mailbox may give the other account up, and press again.
    assert bob.send("DELETE", "/api/members/me").answer.status == 200
    assert press(house, for_new) == (200, "True")
    assert leads_to(house, "bob@reader.example") == ada.cookies["__Host-session"][:32]


def test_what_is_known_of_the_new_address_stays(house: House, ada: Visitor) -> None:
    house.doors.members.write_contact(parse_address(NEW).digest, Contact(None, "complaint", 7), None)
    for token in asked(ada):
        press(house, token)
    known = house.doors.members.contact(parse_address(NEW).digest)
    assert known is not None
    assert known[0] == Contact(ada.cookies["__Host-session"][:32], "complaint", 7)


@pytest.mark.parametrize("email", [ADA, NEW])
def test_a_contact_that_its_member_does_not_confirm_lets_nobody_in(house: House, ada: Visitor, email: str) -> None:
    """What an end in the middle leaves behind: an address that still says, or already says, whose it is."""
    id = ada.cookies["__Host-session"][:32]
    if email == ADA:
        for token in asked(ada):
            press(house, token)
    house.doors.members.write_contact(parse_address(email).digest, Contact(id), None)

    stranger = Visitor(house)
    stranger.sign_in(email)
    assert stranger.cookies["__Host-session"][:32] != id
    stranger.send("GET", "/api/members/me")
    assert (stranger.body["email"], stranger.body["newsletters"]) == (email, [])
    assert ada.send("GET", "/api/members/me").answer.status == 200
    assert ada.body["email"] != email


def test_nobody_changes_an_account_that_is_gone(house: House, ada: Visitor) -> None:
    for_old, for_new = asked(ada)
    press(house, for_old)
    change = house.doors.changes.of_link(
        digest_of(for_new)
    )  # the row may be written again by an order that was on its way
    assert change is not None
    ada.send("DELETE", "/api/members/me")
    house.doors.changes.put(change[0])

    assert press(house, for_new) == (410, "sign_in_dead")
    assert leads_to(house, NEW) is None


def test_a_change_that_is_cut_off_anywhere_lets_in_one_address_and_is_finished_by_pressing_again() -> None:
    after = 0
    while True:
        house = BreakableHouse()
        ada = Visitor(house)
        ada.sign_in(newsletter="weekly")
        id = ada.cookies["__Host-session"][:32]
        for_old, for_new = asked(ada)
        assert press(house, for_old) == (200, "False")
        if not house.cut_off(after, lambda: press(house, for_new)):  # noqa: B023 - done at once
            break
        assert [leads_to(house, ADA), leads_to(house, NEW)].count(id) == 1, after
        assert ada.send("GET", "/api/members/me").answer.status == 200

        finished = house.doors.changes.of_member(id) is None  # and only a notice is not ordered
        assert press(house, for_new) == ((410, "sign_in_dead") if finished else (200, "True"))
        assert (leads_to(house, ADA), leads_to(house, NEW)) == (None, id), after
        assert house.doors.members.contact(parse_address(ADA).digest) is None
        assert house.doors.changes.of_member(id) is None
        after += 1
    assert after >= 5


def test_a_change_that_was_cut_off_and_given_up_leaves_either_address_to_whoever_has_it() -> None:
    for after in range(3):
        house = BreakableHouse()
        ada = Visitor(house)
        ada.sign_in()
        id = ada.cookies["__Host-session"][:32]
        for_old, for_new = asked(ada)
        press(house, for_old)
        assert house.cut_off(after, lambda: press(house, for_new))  # noqa: B023 - done at once
        now, other = (NEW, ADA) if leads_to(house, NEW) == id else (ADA, NEW)

        for email, is_same in ((now, True), (other, False)):
            browser = Visitor(house)
            browser.sign_in(email)
            assert (browser.cookies["__Host-session"][:32] == id) is is_same, (after, email)


def test_a_change_that_meets_another_writer_can_be_pressed_again(house: House, ada: Visitor) -> None:
    for_old, for_new = asked(ada)
    press(house, for_old)
    members = house.doors.members
    written = members.write

    def busy(member: object, expected: str | None) -> str:
        members.write = written  # type: ignore[method-assign]
        raise RecordChanged("Somebody has just ended a newsletter.")

    members.write = busy  # type: ignore[method-assign]
    assert press(house, for_new) == (410, "sign_in_dead")
    assert leads_to(house, ADA) is not None
    assert press(house, for_new) == (200, "True")
