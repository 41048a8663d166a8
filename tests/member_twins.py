"""In-memory twins of the doors to persons and mail, held to their promises as those in `tests.twins` are."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from shared.domain.addresses import Address
from shared.domain.allowances import Allowance, Way
from shared.domain.email_change import EmailChange
from shared.domain.erasures import erased_id
from shared.domain.mailings import Mailing, Outcome
from shared.domain.mails import Mail, MailOrder, check_lines
from shared.domain.members import Contact, Member
from shared.domain.refusals import (
    RecordChanged,
    StoreUnavailable,
)
from shared.domain.sessions import Session
from shared.domain.sign_in import SignIn
from shared.ports.mail import MailSetup, Quota

T = TypeVar("T")
Key = tuple[str, ...]


class MemoryRecords:
    """Versioned values by their keys. `broken` makes all of them fail like a table that does not answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = itertools.count(1)
        self.values: dict[Key, tuple[bytes, str]] = {}
        self.broken = False

    def read(self, kind: type[T], *key: str) -> tuple[T, str] | None:
        self._check()
        found = self.values.get(key)
        return None if found is None else (msgspec.json.decode(found[0], type=kind), found[1])

    def write(self, value: object, expected: str | None, *key: str) -> str:
        self._check()
        with self._lock:
            if self.values.get(key, (b"", None))[1] != expected:
                raise RecordChanged("Somebody else was first.")
            return self._put(value, key)

    def put(self, value: object, *key: str) -> None:
        self._check()
        with self._lock:
            self._put(value, key)

    def together(
        self,
        writes: Iterable[tuple[object, str | None, Key]],
        puts: Iterable[tuple[object, Key]] = (),
        deletes: Iterable[Key] = (),
        adds: Iterable[tuple[int, Key]] = (),
    ) -> str:
        """All of these, or none where one of the `writes` is not on the version that it expects. Returns the version of
        the first of them."""
        self._check()
        with self._lock:
            writes = tuple(writes)
            for _, expected, key in writes:
                if self.values.get(key, (b"", None))[1] != expected:
                    raise RecordChanged("Somebody else was first.")
            versions = [self._put(value, key) for value, _, key in writes]
            for value, key in puts:
                self._put(value, key)
            for key in deletes:
                self.values.pop(key, None)
            for amount, key in adds:
                self._put(int(self.values.get(key, (b"0", ""))[0]) + amount, key)
            return versions[0]

    def take(self, expected: str, *key: str) -> None:
        self._check()
        with self._lock:
            if self.values.get(key, (b"", None))[1] != expected:
                raise RecordChanged("Somebody else was first.")
            del self.values[key]

    def delete(self, *key: str) -> None:
        self._check()
        with self._lock:
            self.values.pop(key, None)

    def _put(self, value: object, key: tuple[str, ...]) -> str:
        version = str(next(self._count))
        self.values[key] = (msgspec.json.encode(value), version)
        return version

    def _check(self) -> None:
        if self.broken:
            raise StoreUnavailable("The table does not answer.")


class MemoryMembers:
    """`Members`."""

    def __init__(self, records: MemoryRecords) -> None:
        self.records = records

    def read(self, id: str) -> tuple[Member, str] | None:
        return self.records.read(Member, "member", id, "")

    def write(self, member: Member, expected: str | None) -> str:
        return self.records.write(member, expected, "member", member.id, "")

    def erase(self, id: str) -> None:
        for key in [key for key in self.records.values if key[:2] == ("member", id)]:
            self.records.delete(*key)

    def note_erasure(self, id: str, at: int) -> None:
        self.records.put(at, "erased", erased_id(id))

    def contact(self, address: str) -> tuple[Contact, str] | None:
        return self.records.read(Contact, "address", address)

    def write_contact(self, address: str, contact: Contact | None, expected: str | None) -> None:
        if contact is not None:
            self.records.write(contact, expected, "address", address)
        elif expected is not None:
            self.records.take(expected, "address", address)

    def everyone(self, after: str | None, limit: int) -> tuple[tuple[Member, ...], str | None]:
        self.records._check()
        ids = sorted(key[1] for key in self.records.values if key[0] == "member" and key[2] == "")
        rest = [id for id in ids if after is None or id > after]
        found = [self.read(id) for id in rest[:limit]]
        next = rest[limit - 1] if len(rest) > limit else None
        return tuple(one[0] for one in found if one is not None), next


class MemoryAllowances:
    """`Allowances`, among the records of `MemoryMembers`."""

    def __init__(self, records: MemoryRecords) -> None:
        self.records = records

    def read(self, member: str, way: Way, month: str) -> tuple[Allowance, str] | None:
        return self.records.read(Allowance, "member", member, "month", month, way.value)

    def write(self, member: str, allowance: Allowance, expected: str | None) -> str:
        return self.records.write(allowance, expected, "member", member, "month", allowance.month, allowance.way.value)


class MemorySessions:
    """`Sessions`, among the records of `MemoryMembers`."""

    def __init__(self, records: MemoryRecords) -> None:
        self.records = records

    def read(self, member: str, id: str) -> tuple[Session, str] | None:
        return self.records.read(Session, "member", member, id)

    def write(self, session: Session, expected: str | None) -> str:
        return self.records.write(session, expected, "member", session.member, session.id)

    def end(self, member: str, id: str) -> None:
        self.records.delete("member", member, id)

    def of_member(self, member: str) -> tuple[Session, ...]:
        self.records._check()
        keys = [key for key in self.records.values if key[:2] == ("member", member) and len(key) == 3 and key[2] != ""]
        found = [one[0] for key in keys if (one := self.read(key[1], key[2])) is not None]
        return tuple(sorted(found, key=lambda one: one.used_at, reverse=True))


class MemorySignIns:
    """`SignIns`."""

    def __init__(self, records: MemoryRecords) -> None:
        self.records = records

    def put(self, sign_in: SignIn) -> None:
        self.records.put(sign_in.address.digest, "link", sign_in.link)
        self.records.put(sign_in, "sign-in", sign_in.address.digest)

    def of_link(self, link: str) -> tuple[SignIn, str] | None:
        owner = self.records.read(str, "link", link)
        return None if owner is None else self.of_address(owner[0])

    def of_address(self, address: str) -> tuple[SignIn, str] | None:
        return self.records.read(SignIn, "sign-in", address)

    def write(self, sign_in: SignIn, expected: str) -> str:
        return self.records.write(sign_in, expected, "sign-in", sign_in.address.digest)

    def take(self, sign_in: SignIn, expected: str) -> None:
        self.records.take(expected, "sign-in", sign_in.address.digest)


class MemoryEmailChanges:
    """`EmailChanges`."""

    def __init__(self, records: MemoryRecords) -> None:
        self.records = records

    def put(self, change: EmailChange) -> None:
        for link in (change.old_link, change.new_link):
            if link is not None:
                self.records.put(change.member, "link", link)
        self.records.put(change, "email-change", change.member)

    def of_link(self, link: str) -> tuple[EmailChange, str] | None:
        owner = self.records.read(str, "link", link)
        return None if owner is None else self.of_member(owner[0])

    def of_member(self, member: str) -> tuple[EmailChange, str] | None:
        return self.records.read(EmailChange, "email-change", member)

    def write(self, change: EmailChange, expected: str) -> str:
        return self.records.write(change, expected, "email-change", change.member)

    def drop(self, member: str) -> None:
        self.records.delete("email-change", member)


class MemoryLimits:
    """`Limits`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts: dict[tuple[str, str, int, int], int] = {}

    def take(self, what: str, who: str, most: int, seconds: int, now: float) -> int:
        window = int(now) // seconds
        with self._lock:
            count = self.counts[what, who, seconds, window] = self.counts.get((what, who, seconds, window), 0) + 1
        return 0 if count <= most else (window + 1) * seconds - int(now)


class MemoryPostbox:
    """`Postbox`: what was ordered."""

    def __init__(self) -> None:
        self.orders: list[MailOrder] = []
        self.broken = False

    def order(self, order: MailOrder) -> None:
        if self.broken:
            raise StoreUnavailable("The queue does not answer.")
        self.orders.append(order)


class MemoryMailings:
    """`Mailings`."""

    def __init__(self, records: MemoryRecords) -> None:
        self.records = records

    def read(self, article: str) -> tuple[Mailing, str] | None:
        return self.records.read(Mailing, "mailings", article)

    def write(self, mailing: Mailing, expected: str | None) -> str:
        return self.records.write(mailing, expected, "mailings", mailing.article)

    def recent(self) -> tuple[Mailing, ...]:
        keys = [key for key in self.records.values if key[0] == "mailings"]
        found = [one[0] for key in keys if (one := self.read(key[1])) is not None]
        return tuple(sorted(found, key=lambda one: (one.started_at, one.article), reverse=True))

    def mark(self, article: str, address: str, expires_at: int) -> Outcome | None:
        try:
            self.records.write(Outcome.BEGUN, None, "mark", article, address)
        except RecordChanged:
            found = self.records.read(Outcome, "mark", article, address)
            return Outcome.BEGUN if found is None else found[0]
        return None

    def settle(self, article: str, address: str, outcome: Outcome) -> None:
        self.records.put(outcome, "mark", article, address)

    def unmark(self, article: str, address: str) -> None:
        self.records.delete("mark", article, address)


class MemoryContinuations:
    """`Continuations`: what is to be gone on with, and after how many seconds."""

    def __init__(self) -> None:
        self.put_off: list[tuple[str, str, int, int]] = []
        self.broken = False

    def later(self, article: str, slug: str, stalls: int, seconds: int) -> None:
        if self.broken:
            raise StoreUnavailable("The queue does not answer.")
        self.put_off.append((article, slug, stalls, seconds))


class MemoryQuota:
    """`MailQuota`: as it is set."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self.broken = False

    def read(self) -> Quota:
        if self.broken:
            raise StoreUnavailable("SES does not answer.")
        return self.quota


class MemoryMailPlace:
    """`MailPlace`: as it is set up, and whom it holds back."""

    def __init__(self, setup: MailSetup) -> None:
        self.setup = setup
        self.held_back: dict[str, str] = {}
        self.broken = False

    def read(self) -> MailSetup:
        if self.broken:
            raise StoreUnavailable("SES does not say.")
        return self.setup

    def holds_back(self, address: Address) -> str | None:
        return self.held_back.get(address.text)

    def let_through(self, address: Address) -> None:
        self.held_back.pop(address.text, None)


class MemoryMailer:
    """`Mailer`: what was sent. `refuses` is raised for the mails to these addresses, as often as it says."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.refuses: dict[str, list[Exception]] = {}

    def send(self, mail: Mail) -> None:
        check_lines(mail)
        if refusals := self.refuses.get(mail.to.text):
            raise refusals.pop(0)
        self.sent.append(mail)
