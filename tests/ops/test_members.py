"""What ops does with readers: each step against twins, also where somebody else writes in between or it is cut off."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from functions.members.awaited import receive
from infra.ops.members import Shown, Who, erase, everyone, find_member, give, show, sign_out, take_back
from shared.domain.addresses import Address, parse_address
from shared.domain.email_change import EmailChange
from shared.domain.erasures import erased_id
from shared.domain.happenings import Forget
from shared.domain.mails import NoticeOrder
from shared.domain.members import (
    Contact,
    Grant,
    Member,
    Membership,
    MembershipState,
    new_member,
    tier_of,
)
from shared.domain.refusals import StoreUnavailable, UnknownGrant, UnknownMember
from shared.domain.sessions import begin_session
from shared.domain.sign_in import SignIn
from shared.domain.tiers import Tier
from tests.functions.visitor import House, Visitor
from tests.member_twins import MemoryEmailChanges, MemoryMembers, MemoryRecords, MemorySessions
from tests.ops.twin_stack import TwinStack

NOW = 1_800_000_000
ADA, BO = parse_address("ada@reader.example"), parse_address("bo@reader.example")
SUPPLY = itertools.count(1)


def chance(count: int) -> bytes:
    return next(SUPPLY).to_bytes(count, "little")


def reader(members: MemoryMembers, address: Address = ADA, **changes: Any) -> Member:
    """Somebody who has signed in once."""
    made = replace(new_member(chance(16).hex(), address, NOW - 50, chance), **changes)
    members.write(made, None)
    members.write_contact(made.address.digest, Contact(made.id), None)
    return made


@pytest.fixture
def stack() -> TwinStack:
    return TwinStack()


@pytest.fixture
def members(stack: TwinStack) -> MemoryMembers:
    return MemoryMembers(stack.kept_records)


def read(members: MemoryMembers, id: str) -> Member:
    kept = members.read(id)
    assert kept is not None
    return kept[0]


def contact_of(members: MemoryMembers) -> Contact | None:
    known = members.contact(ADA.digest)
    return None if known is None else known[0]


def sign_in(members: MemoryMembers, id: str) -> Member:
    """What the first sign-in does, when the address has been claimed for a member of that id."""
    known = members.contact(ADA.digest)
    contact, version = known or (Contact(), None)
    members.write_contact(ADA.digest, replace(contact, member=id), version)
    made = new_member(id, ADA, NOW, chance)
    return receive(made, members.write(made, None), members)[0]


class Between(MemoryMembers):
    """Where something happens once, before the first write of a kind (`member`, `contact`)."""

    def __init__(self, records: MemoryRecords, kind: str, happens: Callable[[], object]) -> None:
        super().__init__(records)
        self.kind, self.happens = kind, [happens]

    def _step(self, kind: str) -> None:
        if kind == self.kind and self.happens:
            self.happens.pop()()

    def write(self, member: Member, expected: str | None) -> str:
        self._step("member")
        return super().write(member, expected)

    def write_contact(self, address: str, contact: Contact | None, expected: str | None) -> None:
        self._step("contact")
        super().write_contact(address, contact, expected)


# Granting -------------------------------------------------------------------------------------------------------------


def test_a_grant_makes_a_member_until_it_ends_and_says_why(members: MemoryMembers) -> None:
    ada = reader(members)

    given = give(ADA, Tier.MEMBER, NOW + 100, "quiz", members, NOW, chance)

    kept = read(members, ada.id)
    assert given.member == kept
    assert kept.grants == (Grant(given.grant.id, Tier.MEMBER, NOW, NOW + 100, "quiz"),)
    assert (tier_of(kept, NOW + 99), tier_of(kept, NOW + 100)) == (Tier.MEMBER, Tier.SUBSCRIBER)


def test_the_same_grant_again_changes_nothing_and_another_is_added(members: MemoryMembers) -> None:
    for who in (reader(members).id, BO):
        first = give(who, Tier.MEMBER, NOW + 100, "quiz", members, NOW, chance)
        again = give(who, Tier.MEMBER, NOW + 100, "quiz", members, NOW + 5, chance)
        assert (first.is_new, again.is_new, again.grant) == (True, False, first.grant)
        assert give(who, Tier.MEMBER, None, "quiz", members, NOW, chance).is_new


def test_one_that_is_over_is_not_in_the_way_of_another(members: MemoryMembers) -> None:
    reader(members, grants=(Grant("g", Tier.MEMBER, NOW - 9, NOW - 1, "quiz"),))

    assert give(ADA, Tier.MEMBER, NOW - 1, "quiz", members, NOW, chance).is_new


def test_an_address_that_nobody_has_confirmed_stays_nobody_s_and_its_grant_waits(members: MemoryMembers) -> None:
    given = give(ADA, Tier.MEMBER, None, "founder", members, NOW, chance)

    assert given.member is None
    assert members.everyone(None, 10) == ((), None)
    assert contact_of(members) == Contact(grants=(given.grant,))
    assert ADA.text not in str(members.records.values)
    with pytest.raises(UnknownMember, match="revoke"):
        find_member(ADA, members)
    assert sign_in(members, "a" * 32).grants == (given.grant,)


def test_that_an_address_gets_no_mail_is_not_lost_by_a_grant(members: MemoryMembers) -> None:
    members.write_contact(ADA.digest, Contact(None, "bounce", 5), None)

    give(ADA, Tier.MEMBER, None, "founder", members, NOW, chance)
    take_back(ADA, None, members)

    assert contact_of(members) == Contact(None, "bounce", 5)


@pytest.mark.parametrize("kind", ["member", "contact"])
def test_a_grant_is_there_whoever_signs_in_for_the_first_time_in_between(kind: str) -> None:
    records = MemoryRecords()
    plain, signed_in = MemoryMembers(records), "a" * 32
    racing = Between(records, kind, lambda: sign_in(plain, signed_in))
    if kind == "member":  # the address is claimed already, and the member is being written
        plain.write_contact(ADA.digest, Contact(signed_in), None)
        racing = Between(records, "contact", lambda: plain.write(new_member(signed_in, ADA, NOW, chance), None))

    given = give(ADA, Tier.MEMBER, None, "founder", racing, NOW, chance)

    assert read(plain, signed_in).grants == (given.grant,)
    assert given.member is not None
    assert given.is_new
    known = contact_of(plain)
    assert known is not None
    assert known.grants == ()


def test_what_a_reader_changes_meanwhile_is_not_lost() -> None:
    records = MemoryRecords()
    plain = MemoryMembers(records)
    ada = reader(plain)

    def wants() -> None:
        kept = plain.read(ada.id)
        assert kept is not None
        plain.write(replace(kept[0], newsletters=("weekly",)), kept[1])

    given = give(ADA, Tier.MEMBER, None, "quiz", Between(records, "member", wants), NOW, chance)
    assert (read(plain, ada.id).newsletters, read(plain, ada.id).grants) == (("weekly",), (given.grant,))

    take_back(ADA, None, Between(records, "member", wants))
    assert (read(plain, ada.id).newsletters, read(plain, ada.id).grants) == (("weekly",), ())


def test_whoever_never_gets_to_write_is_told_to_try_again() -> None:
    class Restless(MemoryMembers):
        def write(self, member: Member, expected: str | None) -> str:
            kept = super().read(member.id)
            assert kept is not None
            super().write(*kept)
            return super().write(member, expected)

    members = MemoryMembers(MemoryRecords())
    reader(members, grants=(Grant("g", Tier.MEMBER, 1, None, "x"),))
    restless = Restless(members.records)
    with pytest.raises(StoreUnavailable):
        give(ADA, Tier.MEMBER, None, "quiz", restless, NOW, chance)
    with pytest.raises(StoreUnavailable):
        take_back(ADA, None, restless)


# Taking back ----------------------------------------------------------------------------------------------------------


def test_one_grant_is_taken_back_or_all(members: MemoryMembers) -> None:
    grants = tuple(Grant(name, Tier.MEMBER, 1, None, name) for name in ("one", "two", "three"))
    ada = reader(members, grants=grants)

    assert [one.id for one in take_back(ADA, "two", members).grants] == ["two"]
    assert [one.id for one in read(members, ada.id).grants] == ["one", "three"]
    assert len(take_back(ada.id, None, members).grants) == 2
    assert tier_of(read(members, ada.id), NOW) is Tier.SUBSCRIBER


@pytest.mark.parametrize("id", [None, "other"])
def test_where_there_is_none_that_is_said(members: MemoryMembers, id: str | None) -> None:
    with pytest.raises(UnknownMember):
        take_back(ADA, id, members)
    reader(members)
    with pytest.raises(UnknownGrant):
        take_back(ADA, id, members)


def test_one_that_waits_is_taken_back_and_nothing_is_left(members: MemoryMembers) -> None:
    give(ADA, Tier.MEMBER, None, "founder", members, NOW, chance)

    with pytest.raises(UnknownGrant):
        take_back(ADA, "other", members)
    assert len(take_back(ADA, None, members).grants) == 1
    assert contact_of(members) is None


@pytest.mark.parametrize("at", range(7))  # each of the first sign-in's six steps, and after them
def test_what_was_taken_back_while_somebody_signs_in_is_gone_wherever_that_happens(at: int) -> None:
    """Also where the one step that it needs lies between what the sign-in has read and what it writes of that."""
    plain = MemoryMembers(MemoryRecords())
    give(ADA, Tier.MEMBER, None, "founder", plain, NOW, chance)
    steps = itertools.count()
    taken = []

    class Watched(MemoryMembers):
        def _step(self) -> None:
            if next(steps) == at:
                taken.append(take_back(ADA, None, plain))

        def read(self, id: str) -> tuple[Member, str] | None:
            self._step()
            return super().read(id)

        def contact(self, address: str) -> tuple[Contact, str] | None:
            self._step()
            return super().contact(address)

        def write(self, member: Member, expected: str | None) -> str:
            self._step()
            return super().write(member, expected)

        def write_contact(self, address: str, contact: Contact | None, expected: str | None) -> None:
            self._step()
            super().write_contact(address, contact, expected)

    house = House(plain.records)
    house.now = NOW
    house.doors = replace(house.doors, members=Watched(plain.records))
    ada = Visitor(house)
    ada.sign_in(ADA.text)

    if not taken:
        taken.append(take_back(ADA, None, plain))
    known = contact_of(plain)
    assert known is not None
    assert known.member is not None
    assert (read(plain, known.member).grants, known.grants) == ((), ())
    assert len(plain.everyone(None, 10)[0]) == 1
    assert len(taken[0].grants) == 1


# Looking --------------------------------------------------------------------------------------------------------------


def shown(stack: TwinStack, who: Who = ADA, now: float = NOW) -> Shown:
    return show(who, stack.members(), stack.sessions(), stack.email_changes(), stack.mail_place(), now)


def test_everything_that_is_known_is_shown_with_what_gives_the_tier(stack: TwinStack, members: MemoryMembers) -> None:
    past = Grant("past", Tier.MEMBER, 1, NOW, "quiz")
    paid = Membership(MembershipState.PAST_DUE, NOW - 50, NOW - 5, NOW + 9)
    ada = reader(members, newsletters=("weekly",), grants=(past,), membership=paid)
    session, _ = begin_session(ada.id, "Firefox on Linux", NOW, chance)
    over, _ = begin_session(ada.id, "Old browser", 5, chance)
    stack.sessions().write(session, None)
    stack.sessions().write(over, None)
    stack.email_changes().put(EmailChange(ada.id, ADA, BO, "1" * 64, "2" * 64, NOW + 1))
    members.write_contact(ADA.digest, Contact(ada.id, "bounce", 5), members.contact(ADA.digest)[1])  # type: ignore[index]
    stack.kept_place.held_back[ADA.text] = "bounce"

    found = shown(stack)

    assert found == shown(stack, ada.id)
    assert (found.id, found.email, found.tier, found.newsletters) == (ada.id, ADA.text, Tier.MEMBER, ("weekly",))
    assert [(one.id, one.counts) for one in found.grants] == [("past", False)]
    assert found.membership is not None
    assert (found.membership.counts, found.membership.in_grace) == (True, True)
    assert [one.agent for one in found.devices] == ["Firefox on Linux"]
    assert (found.gets_no_mail_because_of, found.gets_no_mail_since) == ("bounce", "1970-01-01T00:00:05Z")
    assert (found.held_back_by_ses, found.address_is_changing_to) == ("bounce", BO.text)
    later = shown(stack, now=NOW + 9)
    assert (later.tier, later.address_is_changing_to) == (Tier.SUBSCRIBER, None)
    assert later.membership is not None
    assert (later.membership.counts, later.membership.in_grace) == (False, False)


def test_an_address_without_a_member_is_shown_if_anything_is_known_of_it(
    stack: TwinStack, members: MemoryMembers
) -> None:
    with pytest.raises(UnknownMember):
        shown(stack)
    with pytest.raises(UnknownMember):
        shown(stack, "a" * 32)
    stack.kept_place.held_back[ADA.text] = "complaint"
    assert shown(stack).held_back_by_ses == "complaint"
    stack.kept_place.held_back.clear()

    given = give(ADA, Tier.MEMBER, None, "founder", members, NOW, chance)

    found = shown(stack)
    assert (found.id, found.tier, found.grants) == (None, Tier.ANONYMOUS, ())
    assert [(one.id, one.counts) for one in found.waiting_grants] == [(given.grant.id, False)]


def test_an_address_that_its_member_has_left_shows_nothing_of_the_member(
    stack: TwinStack, members: MemoryMembers
) -> None:
    bo = reader(members, BO)
    members.write_contact(ADA.digest, Contact(bo.id), None)  # a change of address was cut off

    with pytest.raises(UnknownMember):
        shown(stack)
    with pytest.raises(UnknownMember):
        find_member(ADA, members)


def test_everyone_is_listed_once_however_many_and_those_who_are_not_meant_are_passed_over(
    members: MemoryMembers,
) -> None:
    grants = (Grant("g", Tier.MEMBER, 1, None, "x"),)
    for number in range(1_203):
        newsletters = ("weekly",) if number % 3 == 0 else ()
        address = parse_address(f"r{number}@reader.example")
        reader(members, address, newsletters=newsletters, grants=grants if number % 2 == 0 else ())

    def emails(tier: Tier | None = None, newsletter: str | None = None) -> list[str]:
        return [one.email for one in everyone(members, tier, newsletter, NOW) if one is not None]

    assert len(emails()) == len(set(emails())) == 1_203
    assert len(emails(Tier.MEMBER)) == 602
    assert len(emails(Tier.SUBSCRIBER, "weekly")) == 200
    assert emails(newsletter="none") == []


# Ending ---------------------------------------------------------------------------------------------------------------


def test_a_reader_is_signed_out_everywhere_and_stays_one(stack: TwinStack, members: MemoryMembers) -> None:
    ada, bo = reader(members), reader(members, BO)
    for id in (ada.id, ada.id, bo.id):
        stack.sessions().write(begin_session(id, "Firefox", NOW, chance)[0], None)

    assert sign_out(ada, stack.sessions()) == 2
    assert sign_out(ada, stack.sessions()) == 0
    assert (stack.sessions().of_member(ada.id), len(stack.sessions().of_member(bo.id))) == ((), 1)
    assert read(members, ada.id) == ada


def test_a_device_that_signs_in_meanwhile_is_signed_out_too() -> None:
    records = MemoryRecords()
    ada = reader(MemoryMembers(records))

    class SignedInMeanwhile(MemorySessions):
        once = True

        def end(self, member: str, id: str) -> None:
            super().end(member, id)
            if self.once:
                self.once = False
                self.write(begin_session(member, "Firefox", NOW, chance)[0], None)

    sessions = SignedInMeanwhile(records)
    sessions.write(begin_session(ada.id, "Firefox", NOW, chance)[0], None)

    assert sign_out(ada, sessions) == 2
    assert sessions.of_member(ada.id) == ()


def test_an_erased_reader_is_gone_everywhere_and_told_so(stack: TwinStack, members: MemoryMembers) -> None:
    ada, bo = reader(members, grants=(Grant("g", Tier.MEMBER, 1, None, "x"),)), reader(members, BO)
    stack.sessions().write(begin_session(ada.id, "Firefox", NOW, chance)[0], None)
    stack.email_changes().put(EmailChange(ada.id, ADA, BO, "1" * 64, "2" * 64, NOW + 1))
    stack.sign_ins().put(SignIn(ADA, "3" * 64, "b" * 64, "c" * 64, "/", None, NOW + 1))

    left = erase(ada.id, members, stack.sign_ins(), stack.email_changes(), stack.payments(), stack.postbox(), NOW)

    assert left is None
    assert stack.kept_postbox.orders == [NoticeOrder(ADA, "erased", NOW)]
    assert stack.kept_payments.messages == [Forget(ada.id)]
    held = {key: value for key, value in stack.kept_records.values.items() if key[0] != "link"}
    assert (ada.id in str(held), ADA.digest in str(held), ADA.text in str(held)) == (False, False, False)
    assert members.everyone(None, 10)[0] == (bo,)


def test_that_the_address_gets_no_mail_outlives_its_reader(stack: TwinStack, members: MemoryMembers) -> None:
    ada = reader(members)
    grants = (Grant("g", Tier.MEMBER, 1, None, "x"),)
    members.write_contact(ADA.digest, Contact(ada.id, "complaint", 5, grants), members.contact(ADA.digest)[1])  # type: ignore[index]

    left = erase(ADA, members, stack.sign_ins(), stack.email_changes(), stack.payments(), stack.postbox(), NOW)

    assert left == contact_of(members) == Contact(None, "complaint", 5)


@pytest.mark.parametrize("step", range(3))
def test_an_erasure_that_was_cut_off_anywhere_is_completed_by_the_next(
    stack: TwinStack, members: MemoryMembers, step: int
) -> None:
    class Cut(KeyboardInterrupt):
        pass

    steps = itertools.count()

    def tick() -> None:
        if next(steps) == step:
            raise Cut

    class CutMembers(MemoryMembers):
        def erase(self, id: str) -> None:
            tick()
            super().erase(id)

        def write_contact(self, address: str, contact: Contact | None, expected: str | None) -> None:
            tick()
            super().write_contact(address, contact, expected)

    class CutChanges(MemoryEmailChanges):
        def drop(self, member: str) -> None:
            tick()
            super().drop(member)

    ada = reader(members)
    records = stack.kept_records
    with pytest.raises(Cut):
        erase(ADA, CutMembers(records), stack.sign_ins(), CutChanges(records), stack.payments(), stack.postbox(), NOW)

    assert erase(ADA, members, stack.sign_ins(), stack.email_changes(), stack.payments(), stack.postbox(), NOW) is None
    assert [*records.values] == [("erased", erased_id(ada.id))]  # which keeps a backup from bringing them back
    with pytest.raises(UnknownMember):
        erase(ADA, members, stack.sign_ins(), stack.email_changes(), stack.payments(), stack.postbox(), NOW)


def test_whoever_has_only_a_grant_that_waits_is_not_erased_by_mistake(stack: TwinStack, members: MemoryMembers) -> None:
    give(ADA, Tier.MEMBER, None, "founder", members, NOW, chance)

    with pytest.raises(UnknownMember, match="revoke"):
        erase(ADA, members, stack.sign_ins(), stack.email_changes(), stack.payments(), stack.postbox(), NOW)
    assert stack.kept_postbox.orders == []
