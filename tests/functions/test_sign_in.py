"""Signing in by a mailed link or six digits."""

from __future__ import annotations

import statistics
import time

import msgspec
import pytest

from functions.members.entry import SIGN_IN
from shared.domain.addresses import parse_address
from shared.domain.members import Contact
from shared.domain.sign_in import LIFETIME_SECONDS, MAX_TRIES
from shared.domain.tiers import Tier
from tests.functions.visitor import ADA, House, Visitor


@pytest.fixture
def ada(house: House) -> Visitor:
    return Visitor(house)


def test_a_mailed_link_makes_a_subscriber_once(house: House, ada: Visitor) -> None:
    token, _ = ada.ask_for_mail(next="/articles/night-ferry")

    first = ada.post("/api/members/sessions", {"token": token})
    assert (first.answer.status, ada.body["tier"], ada.body["next"]) == (201, "subscriber", "/articles/night-ferry")
    assert ada.tier is Tier.SUBSCRIBER

    other = Visitor(house)
    again = other.post("/api/members/sessions", {"token": token})
    assert (again.answer.status, other.body["code"]) == (410, "sign_in_dead")
    assert not other.cookies


def test_the_link_works_in_another_browser_than_the_one_that_asked(house: House, ada: Visitor) -> None:
    token, _ = ada.ask_for_mail()
    phone = Visitor(house, agent="Mozilla/5.0 (iPhone) Version/18 Safari/605")

    assert phone.post("/api/members/sessions", {"token": token}).answer.status == 201
    assert (phone.tier, ada.tier) == (Tier.SUBSCRIBER, Tier.ANONYMOUS)


def test_six_digits_work_in_the_browser_that_asked(ada: Visitor) -> None:
    _, code = ada.ask_for_mail()

    assert ada.post("/api/members/sessions", {"code": f" {code[:3]} {code[3:]} "}).answer.status == 201
    assert ada.tier is Tier.SUBSCRIBER
    assert SIGN_IN not in ada.cookies


def test_six_digits_are_worth_nothing_elsewhere_and_tries_there_do_not_count(house: House, ada: Visitor) -> None:
    _, code = ada.ask_for_mail()
    thief = Visitor(house)
    assert thief.post("/api/members/sessions", {"code": code}).answer.status == 410

    thief.cookies[SIGN_IN] = ada.cookies[SIGN_IN][:64] + "0" * 64  # knows the address, not the nonce
    for _ in range(MAX_TRIES + 2):
        assert thief.post("/api/members/sessions", {"code": code}).answer.status == 410
    assert ada.post("/api/members/sessions", {"code": code}).answer.status == 201


def test_digits_and_link_die_after_five_wrong_tries(ada: Visitor) -> None:
    token, code = ada.ask_for_mail()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"

    answers = [ada.post("/api/members/sessions", {"code": wrong}) for _ in range(MAX_TRIES)]
    assert [one.answer.status for one in answers] == [403] * (MAX_TRIES - 1) + [410]
    assert ada.post("/api/members/sessions", {"code": code}).answer.status == 410
    # The link has 256 bits, and was mailed to its owner: wrong digits typed by somebody do not take it away.
    assert ada.post("/api/members/sessions", {"token": token}).answer.status == 201


def test_the_digits_are_used_up_by_the_link_and_the_link_by_the_digits(house: House) -> None:
    for first, second in (("token", "code"), ("code", "token")):
        browser = Visitor(house)
        mailed = dict(zip(("token", "code"), browser.ask_for_mail(), strict=True))
        asking = dict(browser.cookies)
        assert browser.post("/api/members/sessions", {first: mailed[first]}).answer.status == 201
        browser.cookies = asking
        assert browser.post("/api/members/sessions", {second: mailed[second]}).answer.status == 410


def test_asking_again_replaces_what_was_mailed_before(ada: Visitor) -> None:
    old_token, old_code = ada.ask_for_mail()
    new_token, _ = ada.ask_for_mail()

    assert ada.post("/api/members/sessions", {"token": old_token}).answer.status == 410
    assert ada.post("/api/members/sessions", {"code": old_code}).answer.status in (403, 410)
    assert ada.post("/api/members/sessions", {"token": new_token}).answer.status == 201


@pytest.mark.parametrize(("late", "status"), [(-1, 201), (0, 410), (86_400 * 3, 410)])
def test_what_has_expired_is_refused_though_the_store_still_has_it(
    house: House, ada: Visitor, late: int, status: int
) -> None:
    for kind in (0, 1):
        mailed = ada.ask_for_mail()
        before = house.now
        house.now += LIFETIME_SECONDS + late
        named = ("token", "code")[kind]
        assert ada.post("/api/members/sessions", {named: mailed[kind]}).answer.status == status
        house.now = before


def test_the_answer_is_the_same_for_an_address_that_is_known_unknown_or_gets_no_mail(house: House) -> None:
    Visitor(house).sign_in("known@reader.example")
    house.doors.members.write_contact(parse_address("no@reader.example").digest, Contact(None, "bounce", 1), None)
    answers = []
    for email in ("known@reader.example", "new@reader.example", "no@reader.example"):
        answer = Visitor(house, address=email).post("/api/members/sign-in", {"email": email}).answer
        lines = [line.replace(line.partition("=")[2][:128], "…") for line in answer.cookies]
        answers.append((answer.status, answer.headers, answer.body, lines))
    assert answers[0] == answers[1] == answers[2]


def test_two_hundred_answers_to_known_unknown_and_suppressed_addresses_differ_in_nothing(house: House) -> None:
    """Bytes, headers, what is asked of which door, and the processor's time: nobody can tell who reads this paper."""
    Visitor(house).sign_in("known@reader.example")
    house.doors.members.write_contact(parse_address("nobox@reader.example").digest, Contact(None, "bounce", 1), None)
    kinds = ("known@reader.example", "other@reader.example", "nobox@reader.example")
    answers: dict[str, set[tuple[object, ...]]] = {kind: set() for kind in kinds}
    took: dict[str, list[int]] = {kind: [] for kind in kinds}
    for turn in range(201):
        kind = kinds[turn % 3]
        house.doors.limits.counts.clear()  # type: ignore[attr-defined]
        before, began = dict(house.records.values), time.process_time_ns()
        answer = Visitor(house).post("/api/members/sign-in", {"email": kind}).answer
        took[kind].append(time.process_time_ns() - began)
        (order,) = house.postbox.orders
        house.postbox.orders.clear()
        assert house.records.values == before
        shape = (answer.status, len(answer.body), tuple(answer.headers.items()), len(answer.cookies[0]))
        answers[kind].add((*shape, type(order), len(msgspec.json.encode(order))))
    assert len(answers[kinds[0]]) == 1
    assert answers[kinds[0]] == answers[kinds[1]] == answers[kinds[2]]
    medians = [statistics.median(times) for times in took.values()]
    assert max(medians) < 1.5 * min(medians)


def test_nothing_is_looked_up_before_the_answer_to_an_address(house: House, ada: Visitor) -> None:
    house.records.broken = True  # no table of members is asked

    assert ada.post("/api/members/sign-in", {"email": ADA}).answer.status == 202


def test_signing_in_gives_a_new_session_and_ends_the_one_that_was_there(house: House, ada: Visitor) -> None:
    ada.sign_in()
    planted = dict(ada.cookies)
    ada.sign_in()

    assert ada.cookies["__Host-session"] != planted["__Host-session"]
    old = Visitor(house, cookies=planted)
    assert old.post("/api/members/passes").answer.status == 401


def test_an_address_is_one_reader_however_it_is_written(house: House) -> None:
    one, other = Visitor(house), Visitor(house)
    one.sign_in("Ada@Reader.example")
    other.sign_in(" ada@reader.EXAMPLE ")

    ids = {browser.send("GET", "/api/members/me") and browser.body["since"] for browser in (one, other)}
    assert len(ids) == 1
    assert len([key for key in house.records.values if key[0] == "member" and key[2] == ""]) == 1


def test_a_newsletter_that_was_asked_for_comes_with_signing_in(ada: Visitor) -> None:
    ada.sign_in(newsletter="weekly")
    assert ada.send("GET", "/api/members/me")
    assert ada.body["newsletters"] == ["weekly"]

    ada.sign_in(newsletter="letters")
    assert ada.send("GET", "/api/members/me")
    assert ada.body["newsletters"] == ["weekly", "letters"]
    assert ada.post("/api/members/sign-in", {"email": ADA, "newsletter": "none"}).answer.status == 404


def test_a_form_is_answered_with_a_page_to_go_on_to(ada: Visitor) -> None:
    sent = ada.post("/api/members/sign-in", {"email": ADA, "next": "/sections/city"}, form=True).answer
    assert (sent.status, sent.headers["location"]) == (303, "/sign-in/sent")

    ada.house.deliver()
    signed = ada.post("/api/members/sessions", {"code": ada.house.mails[-1][2]}, form=True).answer
    assert (signed.status, signed.headers["location"]) == (303, "/sections/city")


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example", "/\\evil.example", "articles", "/a/../b", ""]
)
def test_nobody_is_sent_to_another_site(ada: Visitor, next: str) -> None:
    assert ada.post("/api/members/sign-in", {"email": ADA, "next": next}).answer.status == 400
    assert ada.send("GET", f"/api/members/refresh?next={next}").answer.status == 400


def test_cookies_are_of_this_host_and_out_of_scripts_reach(ada: Visitor) -> None:
    answers = [ada.post("/api/members/sign-in", {"email": ADA}), ada.sign_in(), ada.post("/api/members/passes")]
    lines = [line for one in answers for line in one.answer.cookies]

    assert len(lines) >= 6
    for line in lines:
        assert line.startswith("__Host-")
        assert line.partition("Path=/; Max-Age=")[2].partition(";")[2] == " Secure; HttpOnly; SameSite=Lax"
    assert all("no-store" in one.answer.headers["cache-control"] for one in answers)


def test_a_program_without_cookies_needs_no_page_of_ours(house: House) -> None:
    program = Visitor(house)
    answer = program.send("POST", "/api/members/sign-in", {"email": ADA}, headers={"origin": ""}).answer
    assert answer.status == 202


def test_asking_is_limited_for_an_address_and_for_a_client(house: House) -> None:
    statuses = [
        Visitor(house, address=f"203.0.113.{n}").post("/api/members/sign-in", {"email": ADA}).answer.status
        for n in range(7)
    ]
    assert statuses == [202] * 5 + [429] * 2

    house.now += 900
    one = Visitor(house, address="2001:db8:1:2::7")
    statuses = [one.post("/api/members/sign-in", {"email": f"r{n}@reader.example"}).answer.status for n in range(31)]
    assert statuses == [202] * 30 + [429]
    assert int(one.outcome.answer.headers["retry-after"]) <= 900
    neighbour = Visitor(house, address="2001:db8:1:2:ffff::1")  # the same household
    assert neighbour.post("/api/members/sign-in", {"email": "x@reader.example"}).answer.status == 429
    stranger = Visitor(house, address="2001:db8:1:3::1")
    assert stranger.post("/api/members/sign-in", {"email": "x@reader.example"}).answer.status == 202


def test_guessing_is_limited_for_a_client(house: House) -> None:
    thief = Visitor(house)
    statuses = [thief.post("/api/members/sessions", {"token": f"{n:064x}"}).answer.status for n in range(61)]
    assert statuses == [410] * 60 + [429]


def test_what_was_cut_off_between_address_and_member_is_mended_by_the_next_sign_in(house: House, ada: Visitor) -> None:
    digest = parse_address(ADA).digest
    house.doors.members.write_contact(digest, Contact("a" * 32), None)

    ada.sign_in()
    found = house.doors.members.read("a" * 32)
    assert found is not None
    assert found[0].address.text == ADA
