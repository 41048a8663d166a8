"""Ghost's members, by the CSV of its Members page, made into readers here.

Ghost has confirmed their addresses by a mail, as we do: they have an account from now on, and sign in by mail as
everyone. No name, note or label comes along. Where something is wrong, a line is told by its number, never by an
address (R27).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from infra.ops.ghost.articles import read_moment
from infra.ops.ghost.export import UnusableExport
from infra.ops.ghost.report import Report
from infra.ops.members import give
from shared.domain.addresses import Address, parse_address
from shared.domain.members import Contact, new_member, wanting
from shared.domain.refusals import InvalidAddress, RecordChanged, StoreUnavailable
from shared.domain.secrets import Chance, new_id
from shared.domain.tiers import Tier
from shared.ports.persons import Members

MAX_CSV: Final = 200_000_000  # bytes; a million readers
REASON_GIVEN: Final = "Complimentary at the paper's former site"
REASON_PAYING: Final = "Pays at the paper's former site"
_KNOWN: Final = frozenset(
    {
        *("email", "subscribed_to_emails", "subscribed", "complimentary_plan", "stripe_customer_id", "tiers"),
        *("import_tier", "created_at", "deleted_at"),
    }
)
_ROUNDS: Final = 8
_NO_TIER: Final = frozenset(("", "free"))
_escaped = re.compile(r"'(?=[=+\-@\t\r])")  # how a table keeps a cell from being a formula


@dataclass(frozen=True)
class Row:
    """A reader as Ghost had them. `is_paying` is None where the CSV does not say. `since`: seconds since 1970."""

    address: Address
    since: int | None
    wants_mail: bool
    is_given: bool
    is_paying: bool | None


def read_members(path: Path, report: Report) -> list[Row]:
    """The readers in this CSV, each address once. Raises UnusableExport."""
    try:
        if path.stat().st_size > MAX_CSV:
            raise UnusableExport(f"{path} is larger than {MAX_CSV // 1_000_000} MB: make it several.")
        text = path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise UnusableExport(f"{path} cannot be read: {error.strerror or error}") from None
    lines = _lines(text, path)
    head = [name.strip().lower().replace(" ", "_") for name in next(lines, (0, []))[1]]
    if head.count("email") != 1:
        raise UnusableExport(
            f"{path} has {head.count('email') or 'no'} column “email”: take Members → Export in Ghost."
        )
    for name in head:
        if name and name not in _KNOWN and name != "id":
            report.note("", "member-fields", name[:40])
    rows: dict[Address, Row] = {}
    for number, cells in lines:
        if any(cell.strip() for cell in cells):
            row = _row(
                dict(zip(head, (_escaped.sub("", cell.strip(), count=1) for cell in cells), strict=False)),
                f"line {number}",
                report,
            )
            if row is not None and row.address in rows:
                report.note(f"line {number}", "member-twice")
            elif row is not None:
                rows[row.address] = row
                if len(cells) != len(head):
                    report.note(f"line {number}", "member-odd", "number of cells")
    return list(rows.values())


def _lines(text: str, path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=False)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise UnusableExport(f"{path}, line {reader.line_num}: this is no CSV ({error}).") from None


def _row(said: dict[str, str], where: str, report: Report) -> Row | None:
    email = said.get("email", "")
    try:
        address = parse_address("" if email.startswith("=") else email)  # a formula, whatever else it may be
    except InvalidAddress:
        report.note(where, "member-invalid")
        return None
    if said.get("deleted_at"):
        report.note(where, "member-deleted")
        return None

    def flag(*names: str) -> bool:
        name = next((one for one in names if one in said), names[0])
        value = said.get(name, "").lower()
        if value not in ("true", "false", "1", "0", "yes", "no", ""):
            report.note(where, "member-odd", name)
        return value in ("true", "1", "yes")

    since = read_moment(said["created_at"]) if said.get("created_at") else None
    if said.get("created_at") and since is None:
        report.note(where, "member-odd", "created_at")
    is_given = flag("complimentary_plan")
    tiers = [one.strip().lower() for one in said.get("tiers", said.get("import_tier", "")).split(",")]
    has_tier = any(one not in _NO_TIER for one in tiers)
    is_paying: bool | None = has_tier and not is_given
    if "tiers" not in said and said.get("stripe_customer_id") and not is_given:
        report.note(where, "member-unsure")
        is_paying = None
    moment = None if since is None else int(since.timestamp())
    return Row(address, moment, flag("subscribed_to_emails", "subscribed"), is_given, is_paying)


def count(rows: Sequence[Row], newsletters: Sequence[str], paid_until: int | None, report: Report) -> None:
    """Count what `put` does with these."""
    report.carried["readers"] = len(rows)
    report.carried["readers with a grant for good"] = sum(row.is_given for row in rows)
    report.carried["readers with a newsletter"] = sum(row.wants_mail for row in rows) if newsletters else 0
    paying = sum(row.is_paying is True for row in rows)
    report.carried["readers with a grant until then"] = paying if paid_until is not None else 0
    if paying:
        report.note("", "stripe", f"{paying:,} readers")
        if paid_until is None:
            report.note("", "member-paying", f"{paying:,} readers")
    report.notes.setdefault("member-unsubscribed", []).extend(("", "") for row in rows if not row.wants_mail)
    if not newsletters:
        report.notes.setdefault("member-newsletter", []).extend(("", "") for row in rows if row.wants_mail)
    for code in ("member-unsubscribed", "member-newsletter"):
        if not report.notes.get(code):
            report.notes.pop(code, None)


def put(
    rows: Sequence[Row],
    newsletters: tuple[str, ...],
    paid_until: int | None,
    members: Members,
    now: float,
    chance: Chance,
    step: Callable[[], None],
) -> int:
    """Make each a reader; how many are new. Whoever is one keeps what they have chosen; no grant is given twice.

    Ended half-way, the same again does the rest. `step` is called after each.
    """
    made = 0
    for row in rows:
        made += _admit(row, newsletters if row.wants_mail else (), members, now, chance)
        if row.is_given:
            give(row.address, Tier.MEMBER, None, REASON_GIVEN, members, now, chance)
        elif row.is_paying and paid_until is not None:
            give(row.address, Tier.MEMBER, paid_until, REASON_PAYING, members, now, chance)
        step()
    return made


def _admit(row: Row, newsletters: tuple[str, ...], members: Members, now: float, chance: Chance) -> bool:
    """An account for this address, if it has none. In the order of a first sign-in: the address first, then the member,
    so that who is cut off in between leaves an address that the next time mends."""
    for _ in range(_ROUNDS):
        try:
            known = members.contact(row.address.digest)
            contact, version = known or (Contact(), None)
            kept = None if contact.member is None else members.read(contact.member)
            if kept is not None and kept[0].address == row.address:
                return False
            id = contact.member if contact.member is not None and kept is None else new_id(chance)
            if id != contact.member:
                members.write_contact(row.address.digest, replace(contact, member=id), version)
            since = now if row.since is None else min(row.since, now)
            members.write(wanting(new_member(id, row.address, since, chance), newsletters), None)
        except RecordChanged:
            continue  # they are signing in at this moment
        return True
    raise StoreUnavailable("Somebody else changes this reader all the time. Run it again.")
