"""The account: what is told of a member, what they change, take along, and take away (R32)."""

from __future__ import annotations

import json
import re

import msgspec
from msgspec.structs import replace

from shared.domain.addresses import parse_address
from shared.domain.erasures import erased_id
from shared.domain.happenings import Forget
from shared.domain.ledger import EntryKind
from shared.domain.mails import NoticeOrder
from shared.domain.members import Contact, Membership, MembershipState, grant
from shared.domain.orders import OrderState
from shared.domain.sessions import FRESH_SECONDS
from shared.domain.tiers import Tier
from tests.functions.cut_off import BreakableHouse
from tests.functions.paying import gave, joined, known_as, member_of, membership, paid
from tests.functions.visitor import ADA, House, Visitor

ME = "/api/members/me"
DIGEST = parse_address(ADA).digest
SUPPRESSED = msgspec.json.encode(Contact(None, "complaint", 5))


def left(house: House) -> dict[tuple[str, ...], bytes]:
    """What is kept, but for what leads to nothing and the table forgets by itself: locators, which are digests, and by
    their digests those who were erased, so that no backup brings them back."""
    assert all(len(key) == 2 and len(key[1]) == 64 for key in house.records.values if key[0] == "erased")
    return {key: value for key, (value, _) in house.records.values.items() if key[0] not in ("link", "erased")}


def make_rich(browser: Visitor) -> None:
    """Everything that can be kept of a member, is."""
    house = browser.house
    member, version = member_of(browser)
    member = grant(member, Tier.MEMBER, None, "wrote for us", house.now, house.doors.chance)
    paid = Membership(MembershipState.ACTIVE, int(house.now), int(house.now) + 1_000, int(house.now) + 1_000)
    house.doors.members.write(replace(member, membership=paid), version)
    Visitor(house, agent="curl/8").sign_in()
    assert browser.post("/api/members/email", {"email": "next@reader.example"}).answer.status == 202
    house.deliver()
    contact, version = house.doors.members.contact(DIGEST) or (Contact(), "")
    house.doors.members.write_contact(DIGEST, Contact(contact.member, "complaint", 5), version)
    Visitor(house, address="198.51.100.1").ask_for_mail()


def test_the_account_is_told_to_its_member_alone(house: House, ada: Visitor) -> None:
    assert ada.send("GET", ME).answer.status == 200
    assert ada.body == {
        "email": ADA,
        "tier": "subscriber",
        "since": "2026-12-10T12:00:00Z",
        "newsletters": ["weekly"],
        "grants": [],
        "membership": None,
    }
    assert Visitor(house).send("GET", ME).answer.status == 401


def test_newsletters_are_chosen_all_at_once_among_those_that_there_are(ada: Visitor) -> None:
    for wanted in (["letters", "weekly", "letters"], ["letters"], []):
        assert ada.send("PATCH", ME, {"newsletters": wanted}).answer.status == 200
        assert ada.body["newsletters"] == list(dict.fromkeys(wanted))
    for wanted in (["weekly", "none"], [""], ["Weekly"]):
        assert ada.send("PATCH", ME, {"newsletters": wanted}).answer.status == 404
    assert ada.send("GET", ME).answer.status == 200
    assert ada.body["newsletters"] == []


def test_a_program_that_says_nothing_of_newsletters_leaves_them_and_a_form_with_none_ticked_ends_them(
    ada: Visitor,
) -> None:
    assert ada.send("PATCH", ME, {}).answer.status == 200
    assert ada.body["newsletters"] == ["weekly"]
    assert ada.post(ME, {"newsletters": ["weekly", "letters"]}, form=True).answer.status == 303
    assert member_of(ada)[0].newsletters == ("weekly", "letters")
    assert ada.post(ME, {}, form=True).answer.status == 303
    assert member_of(ada)[0].newsletters == ()


def test_what_cannot_be_taken_back_wants_a_fresh_sign_in(house: House, ada: Visitor) -> None:
    before = dict(house.records.values)
    house.now += FRESH_SECONDS
    for method, path, body, form in (
        ("GET", f"{ME}/export", None, False),
        ("DELETE", ME, None, False),
        ("POST", f"{ME}/erase", {}, True),
        ("POST", "/api/members/email", {"email": "new@reader.example"}, False),
    ):
        for browser, code in ((ada, "proof_needed"), (Visitor(house), "not_signed_in")):
            refusal = browser.send(method, path, body, form=form).refusal
            assert refusal is not None
            assert refusal.code == code
    assert house.records.values == before

    ada.post("/api/members/passes")  # a renewed session proves no more than before
    assert ada.send("GET", f"{ME}/export").answer.status == 403
    ada.sign_in()
    assert ada.send("GET", f"{ME}/export").answer.status == 200


def test_the_export_holds_everything_and_nothing_that_lets_anybody_in(house: House, ada: Visitor) -> None:
    make_rich(ada)
    answer = ada.send("GET", f"{ME}/export").answer

    assert answer.status == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="account.json"'
    assert "no-store" in answer.headers["cache-control"]
    assert ada.body["account"] == {
        "email": ADA,
        "tier": "member",
        "since": "2026-12-10T12:00:00Z",
        "newsletters": ["weekly"],
        "grants": [{"tier": "member", "since": "2026-12-10T12:00:00Z", "until": None, "reason": "wrote for us"}],
        "membership": {
            "state": "active",
            "since": "2026-12-10T12:00:00Z",
            "paid_until": "2026-12-10T12:16:40Z",
            "good_until": "2026-12-10T12:16:40Z",
            "cancels": False,
            "plan": None,
        },
    }
    assert sorted(one["agent"] for one in ada.body["sessions"]) == ["Firefox on Linux", "curl"]
    assert ada.body["gets_no_mail_because_of"] == "complaint"
    assert ada.body["address_is_changing_to"] == "next@reader.example"

    text = json.dumps(ada.body)
    assert not re.search(r"[0-9a-f]{33}", text)  # ids have 32 digits; secrets and digests have 64
    for raw in left(house).values():
        for secret in re.findall(rb"[0-9a-f]{64}", raw):
            assert secret.decode() not in text
    for _, token, code in house.mails:
        assert token not in text
        assert f'"{code}"' not in text


def test_erasing_leaves_nothing_but_that_the_address_wants_no_mail(house: House, ada: Visitor) -> None:
    make_rich(ada)
    phone = Visitor(house, cookies=dict(ada.cookies))
    _, token, _ = house.mails[-1]
    house.postbox.orders.clear()
    id = member_of(ada)[0].id

    answer = ada.send("DELETE", ME).answer

    assert (answer.status, ada.body, ada.cookies.get("__Host-session")) == (200, {"erased": True}, None)
    assert "clear-site-data" in answer.headers
    assert left(house) == {("address", DIGEST): SUPPRESSED}
    assert not any(b"reader.example" in value for value, _ in house.records.values.values())
    assert house.records.values["erased", erased_id(id)][0] == b"%d" % int(house.now)
    assert house.postbox.orders == [NoticeOrder(parse_address(ADA), "erased", int(house.now))]
    assert house.payments.messages == [Forget(id)]
    for path in ("/api/members/passes", "/api/members/sign-out"):
        assert phone.post(path).answer.status in (401, 200)
    assert phone.send("GET", ME).answer.status == 401
    # What was mailed before brings nothing back.
    assert phone.post("/api/members/sessions", {"token": token}).answer.status == 410
    for _, change, _ in house.mails:
        assert phone.post("/api/members/email/agree", {"token": change}).answer.status == 410


def test_erasing_leaves_nothing_at_all_where_nothing_was_wished(house: House, ada: Visitor) -> None:
    answer = ada.post(f"{ME}/erase", {}, form=True).answer

    assert (answer.status, answer.headers["location"]) == (303, "/erased")
    assert left(house) == {}


def test_erasing_leaves_others_alone_and_a_new_account_has_nothing_of_the_old(house: House, ada: Visitor) -> None:
    make_rich(ada)
    bob = Visitor(house)
    bob.sign_in("bob@reader.example")
    theirs = {key: value for key, value in left(house).items() if bob.cookies["__Host-session"][:32] in key}
    id = member_of(ada)[0].id

    ada.send("DELETE", ME)

    assert theirs.items() <= left(house).items()
    assert bob.send("GET", ME).answer.status == 200
    ada.sign_in()
    assert ada.send("GET", ME).answer.status == 200
    assert (ada.body["tier"], ada.body["newsletters"], ada.body["grants"]) == ("subscriber", [], [])
    assert member_of(ada)[0].id != id


def test_erasing_twice_does_no_harm(house: House, ada: Visitor) -> None:
    other_tab = Visitor(house, cookies=dict(ada.cookies))
    ada.send("DELETE", ME)
    assert other_tab.send("DELETE", ME).answer.status == 401
    assert left(house) == {}


def test_erasing_that_is_cut_off_anywhere_is_finished_by_whoever_signs_in_again() -> None:
    after = 0
    while True:
        house = BreakableHouse()
        ada = Visitor(house)
        ada.sign_in(newsletter="weekly")
        make_rich(ada)
        old, id = Visitor(house, cookies=dict(ada.cookies)), member_of(ada)[0].id
        if not house.cut_off(after, lambda: ada.send("DELETE", ME)):  # noqa: B023 - done at once
            break
        # What they pay goes on only as long as there is somebody who can end it.
        assert house.doors.members.read(id) is not None or Forget(id) in house.payments.messages, after
        # Nothing half of it is worth more than before.
        assert old.send("GET", ME).answer.status in (200, 401)
        again = Visitor(house)
        again.sign_in()
        assert again.send("DELETE", ME).answer.status == 200, after
        assert old.send("GET", ME).answer.status == 401
        assert left(house) == {("address", DIGEST): SUPPRESSED}, after
        after += 1
    assert after >= 7


def test_nothing_is_erased_while_payments_cannot_be_told_to_end(house: House, ada: Visitor) -> None:
    before = left(house)
    house.payments.broken = True
    assert ada.send("DELETE", ME).answer.status == 503
    assert left(house) == before
    assert house.postbox.orders == []

    house.payments.broken = False
    assert ada.send("DELETE", ME).answer.status == 200
    assert left(house) == {}


# Money ---------------------------------------------------------------------------------------------------------------


def test_a_membership_is_told_with_its_plan_and_how_far_it_reaches(house: House, ada: Visitor) -> None:
    joined(ada, "a", membership(house, cancels=True), paid("a" * 32, 850, house.now))
    told = {
        "state": "active",
        "since": "2026-11-30T12:00:00Z",
        "paid_until": "2026-12-30T12:00:00Z",
        "good_until": "2027-01-06T12:00:00Z",
        "cancels": True,
        "plan": "monthly",
    }
    ada.send("GET", ME)
    assert (ada.body["tier"], ada.body["membership"]) == ("member", told)
    ada.send("PATCH", ME, {"newsletters": []})
    assert ada.body["membership"] == told

    house.money.broken = True  # the member's own record says all but the plan
    assert ada.send("GET", ME).answer.status == 200
    assert ada.body["membership"] == {**told, "plan": None}


def test_one_that_has_ended_says_so_and_opens_nothing(house: House, ada: Visitor) -> None:
    joined(ada, "a", membership(house, MembershipState.ENDED, good_until=0), state=OrderState.ENDED)
    ada.send("GET", ME)
    assert ada.body["tier"] == "subscriber"
    assert (ada.body["membership"]["state"], ada.body["membership"]["good_until"]) == ("ended", None)


def test_the_export_holds_all_that_was_ordered_with_every_movement(house: House, ada: Visitor) -> None:
    """R32."""
    gift, plan, now = "b" * 32, "a" * 32, house.now
    gave(
        ada,
        "b",
        paid(gift, 500, now - 2),
        paid(gift, -200, now - 1, EntryKind.REFUND, id="re_1", of=f"pi_bbbb_{int(now) - 2}"),
        name="Ada <Moor>",
        message="For the river.",
        campaign="river",
        public=True,
    )
    joined(ada, "a", membership(house), paid(plan, 850, now - 3), asked_at=int(now) - 5)
    gave(ada, "c", state=OrderState.OPEN, asked_at=int(now))
    known_as(ada)
    bob = Visitor(house)
    bob.sign_in("bob@reader.example")
    gave(bob, "d", paid("d" * 32, 500, now))

    assert ada.send("GET", f"{ME}/export").answer.status == 200
    assert ada.body["payment_service_knows_you_as"] == "cus_ada"
    assert ada.body["account"]["membership"]["plan"] == "monthly"
    assert [one["id"] for one in ada.body["contributions"]] == ["c" * 32, gift]
    opened, given = ada.body["contributions"]
    assert (opened["state"], opened["received"], opened["entries"]) == ("open", 0, [])
    assert given == {
        "id": gift,
        "asked_at": "2026-11-30T12:00:00Z",
        "state": "paid",
        "amount": 500,
        "currency": "EUR",
        "interval": "once",
        "cancels": False,
        "plan": None,
        "campaign": "river",
        "name": "Ada <Moor>",
        "message": "For the river.",
        "is_public": True,
        "received": 300,
        "entries": [
            _moved("pi_bbbb_1796903998", "payment", 500, "2026-12-10T11:59:58Z"),
            {**_moved("re_1", "refund", -200, "2026-12-10T11:59:59Z"), "payment": "pi_bbbb_1796903998"},
        ],
    }
    (member,) = ada.body["memberships"]
    assert (member["plan"], member["interval"], member["received"]) == ("monthly", "month", 850)
    assert [one["amount"] for one in member["entries"]] == [850]
    assert "d" * 32 not in json.dumps(ada.body)


def _moved(id: str, kind: str, amount: int, at: str) -> dict[str, object]:
    return {"id": id, "kind": kind, "amount": amount, "currency": "EUR", "at": at, "payment": id}


def test_half_an_export_is_none(house: House, ada: Visitor) -> None:
    house.money.broken = True
    assert ada.send("GET", f"{ME}/export").answer.status == 503
