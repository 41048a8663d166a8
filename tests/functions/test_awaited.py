"""A grant that waits for an address: worth nothing until somebody has shown to have it, and then theirs, once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from functions.members.awaited import receive
from shared.domain.addresses import parse_address
from shared.domain.members import Contact, Member, grant, new_member
from shared.domain.refusals import RecordChanged
from shared.domain.tiers import Tier
from tests.functions.visitor import ADA, House, Visitor
from tests.member_twins import MemoryMembers

ADDRESS = parse_address(ADA)
FOUNDER = Contact(None, "bounce", 5)


def waiting(house: House, contact: Contact = FOUNDER) -> Contact:
    contact = grant(contact, Tier.MEMBER, None, "founder", house.now, house.doors.chance)
    house.doors.members.write_contact(ADDRESS.digest, contact, None)
    return contact


def the_member(house: House) -> Member:
    known = house.doors.members.contact(ADDRESS.digest)
    assert known is not None
    assert known[0].member is not None
    kept = house.doors.members.read(known[0].member)
    assert kept is not None
    return kept[0]


def test_it_makes_nobody_a_reader_and_is_theirs_at_the_first_sign_in() -> None:
    house = House()
    contact = waiting(house)
    assert house.doors.members.everyone(None, 10) == ((), None)

    ada = Visitor(house)
    ada.sign_in()

    assert ada.tier is Tier.MEMBER
    assert the_member(house).grants == contact.grants
    known = house.doors.members.contact(ADDRESS.digest)
    assert known is not None
    assert known[0] == Contact(the_member(house).id, "bounce", 5)  # that it gets no mail is not lost on the way
    ada.sign_in()
    assert the_member(house).grants == contact.grants


def test_somebody_else_gets_nothing_of_it() -> None:
    house = House()
    waiting(house)
    bo = Visitor(house)

    bo.sign_in("bo@reader.example")

    assert bo.tier is Tier.SUBSCRIBER


def test_whoever_is_cut_off_anywhere_gets_it_once_at_the_next_sign_in() -> None:
    for writes in range(4):  # contact, member, member with the grant, contact without it
        house = House()
        contact = waiting(house)
        done = 0

        class CutOff(MemoryMembers):
            def _step(self) -> None:
                nonlocal done
                if done == writes:  # noqa: B023 -- it is used up in this round
                    raise KeyboardInterrupt
                done += 1

            def write(self, member: Member, expected: str | None) -> str:
                self._step()
                return super().write(member, expected)

            def write_contact(self, address: str, contact: Contact | None, expected: str | None) -> None:
                self._step()
                super().write_contact(address, contact, expected)

        whole = house.doors
        house.doors = replace(whole, members=CutOff(house.records))
        with pytest.raises(KeyboardInterrupt):
            Visitor(house).sign_in()
        house.doors = whole

        ada = Visitor(house)
        ada.sign_in()
        assert (ada.tier, the_member(house).grants) == (Tier.MEMBER, contact.grants), writes


def test_one_that_is_taken_back_while_somebody_signs_in_does_not_come_through() -> None:
    """It is taken from the address first, and the member is written after that; receiving reads in the other order."""
    house = House()
    member = new_member("a" * 32, ADDRESS, house.now, house.doors.chance)
    version = house.doors.members.write(member, None)
    waiting(house, Contact(member.id))

    class TakenBackInBetween(MemoryMembers):
        def contact(self, address: str) -> tuple[Contact, str] | None:
            found = super().contact(address)
            assert found is not None
            super().write_contact(address, replace(found[0], grants=()), found[1])
            super().write(member, version)
            return found

    with pytest.raises(RecordChanged):
        receive(member, version, TakenBackInBetween(house.records))
    assert the_member(house).grants == ()


def test_one_that_comes_while_the_member_is_made_is_not_missed() -> None:
    house = House()

    class GrantedInBetween(MemoryMembers):
        def write(self, member: Member, expected: str | None) -> str:
            known = self.contact(ADDRESS.digest)
            if expected is None and known is not None:
                given = grant(known[0], Tier.MEMBER, None, "late", house.now, house.doors.chance)
                self.write_contact(ADDRESS.digest, given, known[1])
            return super().write(member, expected)

    house.doors = replace(house.doors, members=GrantedInBetween(house.records))
    ada = Visitor(house)

    ada.sign_in()

    assert (ada.tier, [one.reason for one in the_member(house).grants]) == (Tier.MEMBER, ["late"])


def test_an_address_that_was_another_member_s_before_brings_its_grant_to_the_new_one() -> None:
    house = House()
    bo = new_member("b" * 32, parse_address("bo@reader.example"), house.now, house.doors.chance)
    house.doors.members.write(bo, None)
    waiting(house, Contact(bo.id))  # Bo's change of address was cut off before it let go of this one
    ada = Visitor(house)

    ada.sign_in()

    assert ada.tier is Tier.MEMBER
    kept = house.doors.members.read(bo.id)
    assert kept is not None
    assert kept[0].grants == ()


def test_whoever_has_left_the_address_gets_nothing_of_what_waits_with_it() -> None:
    house = House()
    bo = new_member("b" * 32, ADDRESS, house.now, house.doors.chance)
    version = house.doors.members.write(bo, None)
    contact = waiting(house, Contact("a" * 32))

    assert receive(bo, version, house.doors.members) == (bo, version)
    known = house.doors.members.contact(ADDRESS.digest)
    assert known is not None
    assert known[0] == contact
