"""Many at once, on DynamoDB Local: of one link, one code, one secret and one address there is one use each (R10, R12).

The threads meet at a barrier, ask the function as the HTTP API does, and share nothing but the tables.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from functions.members.answer import DESK
from functions.members.entry import SIGN_IN, admit
from functions.members.route import Asked
from shared.adapters.dynamo_members import DynamoAllowances, DynamoMembers, DynamoSessions
from shared.adapters.dynamo_sign_ins import DynamoEmailChanges, DynamoLimits, DynamoSignIns
from shared.domain.addresses import parse_address
from shared.domain.members import Member
from shared.domain.secrets import digest_of
from shared.domain.sign_in import LIFETIME_SECONDS, MAX_TRIES, Browser, SignIn, begin_sign_in
from shared.personal import PersonalRequest
from shared.personal.answering import Outcome
from shared.personal.signed_in import SESSION
from tests.contracts.test_members import make_tables
from tests.dynamodb_local import AT_ONCE
from tests.functions.test_openings import OFFERING, READS, SLUGS, offering
from tests.functions.visitor import House, Visitor

T = TypeVar("T")
ROUNDS = 20
FEWER_ROUNDS = 5
SESSIONS = "/api/members/sessions"
PASSES = "/api/members/passes"


@pytest.fixture(scope="module")
def tables(dynamodb_local: Any) -> tuple[Any, str, str]:
    return dynamodb_local, *make_tables(dynamodb_local, "at-once")


@pytest.fixture
def house(tables: tuple[Any, str, str]) -> House:
    client, members, sign_ins = tables
    house = House()
    house.doors = replace(
        house.doors,
        members=DynamoMembers(client, members),
        sessions=DynamoSessions(client, members),
        allowances=DynamoAllowances(client, members),
        sign_ins=DynamoSignIns(client, sign_ins),
        changes=DynamoEmailChanges(client, sign_ins),
        limits=DynamoLimits(client, sign_ins),
        chance=secrets.token_bytes,
    )
    return house


def at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """What came of each of these, begun at the same moment. What one of them raises is raised here."""
    together = threading.Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        together.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def asked_at_once(house: House, requests: Sequence[PersonalRequest]) -> list[Outcome]:
    return at_once([lambda one=request: DESK.respond(one, house.doors, house.now) for request in requests])  # type: ignore[misc]


def a_browser(house: House, cookies: dict[str, str] | None = None) -> Visitor:
    """One with an address of its own, so that it is no limit that holds anybody back."""
    octets = ".".join(str(one) for one in secrets.token_bytes(3))
    return Visitor(house, address=f"10.{octets}", cookies=cookies or {})


def anywhere(house: House, method: str, path: str, body: Any, cookies: dict[str, str]) -> PersonalRequest:
    return a_browser(house, cookies).request(method, path, body, False, {}, None)


def redemptions(house: House, body: Any, cookies: dict[str, str], count: int = AT_ONCE) -> list[PersonalRequest]:
    return [anywhere(house, "POST", SESSIONS, body, cookies) for _ in range(count)]


def statuses(outcomes: Sequence[Outcome]) -> Counter[int]:
    return Counter(one.answer.status for one in outcomes)


def somebody() -> str:
    return f"{secrets.token_hex(8)}@reader.example"


def member_of(house: House, email: str) -> str:
    known = house.doors.members.contact(parse_address(email).digest)
    assert known is not None
    assert known[0].member is not None
    return known[0].member


def sign_in_of(house: House, email: str) -> SignIn | None:
    found = house.doors.sign_ins.of_address(parse_address(email).digest)
    return found[0] if found else None


def mailed_link(house: House, email: str) -> str:
    """A link's token that is mailed now, in place of any that was mailed before."""
    browser = Browser(secrets.token_hex(32))
    kept, mailed = begin_sign_in(
        parse_address(email), browser.digest, browser.code_key, "/", None, house.now, secrets.token_bytes
    )
    house.doors.sign_ins.put(kept)
    return mailed.token


def everyone(house: House) -> list[Member]:
    found: list[Member] = []
    after: str | None = None
    while True:
        page, after = house.doors.members.everyone(after, 1000)
        found += page
        if after is None:
            return found


@pytest.mark.parametrize("round", range(ROUNDS))
def test_of_fifty_who_redeem_one_link_one_is_signed_in(house: House, round: int) -> None:
    email = somebody()
    token, _ = a_browser(house).ask_for_mail(email)

    outcomes = asked_at_once(house, redemptions(house, {"token": token}, {}))

    assert statuses(outcomes) == {201: 1, 410: AT_ONCE - 1}
    assert len(house.doors.sessions.of_member(member_of(house, email))) == 1
    assert sign_in_of(house, email) is None


@pytest.mark.parametrize("round", range(ROUNDS))
def test_of_fifty_who_type_the_right_digits_one_is_signed_in(house: House, round: int) -> None:
    email = somebody()
    browser = a_browser(house)
    _, code = browser.ask_for_mail(email)

    outcomes = asked_at_once(house, redemptions(house, {"code": code}, browser.cookies))

    assert statuses(outcomes) == {201: 1, 410: AT_ONCE - 1}
    assert len(house.doors.sessions.of_member(member_of(house, email))) == 1


@pytest.mark.parametrize("round", range(FEWER_ROUNDS))
def test_fifty_wrong_guesses_at_once_are_five_tries(house: House, round: int) -> None:
    email = somebody()
    browser = a_browser(house)
    token, code = browser.ask_for_mail(email)
    guesses = [f"{(int(code) + 1 + n) % 1_000_000:06}" for n in range(AT_ONCE)]

    outcomes = asked_at_once(house, [redemptions(house, {"code": one}, browser.cookies, 1)[0] for one in guesses])

    codes = Counter(json.loads(one.answer.body)["code"] for one in outcomes)
    assert codes == {"wrong_code": MAX_TRIES - 1, "sign_in_dead": AT_ONCE - MAX_TRIES + 1}
    kept = sign_in_of(house, email)
    assert kept is not None
    assert kept.tries == MAX_TRIES
    assert statuses(asked_at_once(house, redemptions(house, {"code": code}, browser.cookies, 1))) == {410: 1}
    assert statuses(asked_at_once(house, redemptions(house, {"token": token}, {}, 1))) == {201: 1}


@pytest.mark.parametrize("round", range(FEWER_ROUNDS))
def test_of_the_link_and_the_digits_together_one_signs_in(house: House, round: int) -> None:
    email = somebody()
    browser = a_browser(house)
    token, code = browser.ask_for_mail(email)
    half = AT_ONCE // 2
    by_link, by_code = {"token": token}, {"code": code}

    outcomes = asked_at_once(
        house, redemptions(house, by_link, {}, half) + redemptions(house, by_code, browser.cookies, half)
    )

    assert statuses(outcomes) == {201: 1, 410: AT_ONCE - 1}
    assert len(house.doors.sessions.of_member(member_of(house, email))) == 1


@pytest.mark.parametrize("round", range(FEWER_ROUNDS))
def test_of_twenty_tabs_that_renew_at_once_each_gets_a_pass_and_one_a_secret(house: House, round: int) -> None:
    email = somebody()
    browser = a_browser(house)
    browser.sign_in(email)
    (before,) = house.doors.sessions.of_member(member_of(house, email))

    tabs = [anywhere(house, "POST", PASSES, None, {SESSION: browser.cookies[SESSION]}) for _ in range(20)]
    outcomes = asked_at_once(house, tabs)

    assert statuses(outcomes) == {200: 20}
    lines = [line for one in outcomes for line in one.answer.cookies]
    assert sum(line.startswith("__Host-pass=") for line in lines) == 20
    (given,) = [line for line in lines if line.startswith(f"{SESSION}=")]
    secret = given.partition(";")[0][-64:]
    (after,) = house.doors.sessions.of_member(member_of(house, email))
    assert (after.secret, after.previous) == (digest_of(secret), before.secret)


@pytest.mark.parametrize("round", range(FEWER_ROUNDS))
def test_whoever_renews_while_the_session_is_ended_does_not_bring_it_back(house: House, round: int) -> None:
    email = somebody()
    browser = a_browser(house)
    browser.sign_in(email)
    kept = {SESSION: browser.cookies[SESSION]}

    ends = [anywhere(house, "POST", "/api/members/sign-out", None, kept) for _ in range(2)]
    outcomes = asked_at_once(house, [anywhere(house, "POST", PASSES, None, kept) for _ in range(18)] + ends)

    assert set(statuses(outcomes)) <= {200, 401}
    assert house.doors.sessions.of_member(member_of(house, email)) == ()


@pytest.mark.parametrize("round", range(FEWER_ROUNDS))
def test_many_first_sign_ins_of_one_address_make_one_member(house: House, round: int) -> None:
    """They meet where the member is made: each has taken a link of its own just before."""
    email = parse_address(somebody())
    asked = Asked(anywhere(house, "POST", SESSIONS, {}, {}), house.doors, house.now, house.doors.papers.read())
    newsletters = ("weekly", "letters", None)

    members = at_once([lambda n=n: admit(asked, email, newsletters[n % 3]) for n in range(24)])  # type: ignore[misc]

    (id,) = {one.id for one in members}
    kept = house.doors.members.read(id)
    assert kept is not None
    assert set(kept[0].newsletters) == {"weekly", "letters"}
    assert len([one for one in everyone(house) if one.address == email]) == 1


def test_first_sign_ins_by_links_that_replace_each_other_make_one_member(house: House) -> None:
    email = somebody()

    def ask_and_redeem() -> int:
        request = redemptions(house, {"token": mailed_link(house, email)}, {}, 1)[0]
        return DESK.respond(request, house.doors, house.now).answer.status

    made = at_once([ask_and_redeem for _ in range(AT_ONCE)])

    assert set(made) <= {201, 410}
    assert made.count(201) >= 1
    assert len([one for one in everyone(house) if one.address.text == email]) == 1
    assert len(house.doors.sessions.of_member(member_of(house, email))) == made.count(201)


def test_of_fifty_reads_by_the_meter_as_many_articles_are_opened_as_there_are(house: House) -> None:
    house = offering(house)
    browser = a_browser(house)
    browser.sign_in(somebody())
    slugs = [SLUGS[n % len(SLUGS)] for n in range(AT_ONCE)]

    outcomes = asked_at_once(house, [anywhere(house, "POST", READS, {"slug": one}, browser.cookies) for one in slugs])

    opened = {slug for slug, one in zip(slugs, outcomes, strict=True) if one.answer.status == 200}
    assert len(opened) == OFFERING.metering.a_month  # type: ignore[union-attr]
    assert set(statuses(outcomes)) == {200, 403}
    browser.send("GET", READS)
    assert ({one["slug"] for one in browser.body["read"]}, browser.body["left"]) == (opened, 0)


@pytest.mark.parametrize("late", [0, 1, 3 * 86_400])
def test_what_the_table_has_not_deleted_yet_is_refused_all_the_same(house: House, late: int) -> None:
    browser = a_browser(house)
    token, code = browser.ask_for_mail(email := somebody())
    house.now += LIFETIME_SECONDS + late
    assert sign_in_of(house, email) is not None

    for body in ({"token": token}, {"code": code}):
        assert statuses(asked_at_once(house, redemptions(house, body, browser.cookies, 1))) == {410: 1}
    assert house.doors.members.contact(parse_address(email).digest) is None
    assert SIGN_IN in browser.cookies
