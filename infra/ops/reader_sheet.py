"""Readers on a terminal, in JSON and in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import typer

from infra.ops.members import GrantShown, Listed, MembershipShown, Shown
from infra.ops.terminal import err, out, plain, progress


def as_json(value: object) -> str:
    """A document for a person and a program."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def tell(shown: Shown) -> None:
    """One reader, a line for each thing."""
    for name, value in _lines(shown):
        out.print(plain(f"{name:<12}  {value}"), markup=False)


def _lines(shown: Shown) -> Iterator[tuple[str, str]]:
    yield "address", shown.email
    if shown.id is None:
        yield "tier", "none: nobody has signed in with this address yet, or has it any more"
    else:
        yield "id", shown.id
        yield "tier", f"{shown.tier.value}: {'; '.join(_because(shown))}"
        yield "since", str(shown.since)
        yield "newsletters", ", ".join(shown.newsletters) or "none"
        yield from (("grant", f"{_grant(one)}{'' if one.counts else ', over'}") for one in shown.grants)
        if shown.membership is not None:
            yield "membership", _membership(shown.membership)
    yield from (("grant", f"{_grant(one)}, waits for the next sign-in") for one in shown.waiting_grants)
    for one in shown.devices:
        yield "device", f"{one.agent}, used {one.used_at}, signed in {one.signed_in_at}"
    if shown.id is not None and not shown.devices:
        yield "device", "signed in nowhere"
    if shown.gets_no_mail_because_of is not None:
        yield "mail", f"none since {shown.gets_no_mail_since or 'an unknown time'}: {shown.gets_no_mail_because_of}"
    if shown.held_back_by_ses is not None:
        yield "mail", f"held back by SES: {shown.held_back_by_ses}"
    if shown.gets_no_mail_because_of is None and shown.held_back_by_ses is None:
        yield "mail", "nothing keeps it"
    if shown.address_is_changing_to is not None:
        yield "changing to", f"{shown.address_is_changing_to}, once both addresses have agreed"


def _because(shown: Shown) -> Iterator[str]:
    """What gives the tier."""
    reasons = [f"grant {one.id}" for one in shown.grants if one.counts and one.tier is shown.tier]
    if shown.membership is not None and shown.membership.counts:
        reasons.append("membership, in grace" if shown.membership.in_grace else "membership")
    yield from reasons or ["the address is confirmed"]


def _grant(one: GrantShown) -> str:
    lasts = "for good" if one.until is None else f"until {one.until}"
    return f"{one.id}: {one.tier.value} since {one.since}, {lasts}, “{one.reason}”"


def _membership(one: MembershipShown) -> str:
    words = f"{one.state} since {one.since}, paid until {one.paid_until}"
    if one.in_grace:
        return f"{words}, in grace until {one.good_until}"
    return words if one.counts else f"{words}, over"


def print_all(readers: Iterable[Listed | None], *, as_json: bool) -> int:
    """Each reader's line as soon as it is known; None is one who is not meant. How many were told."""
    count = 0
    with progress("looking at readers", None) as step:
        for one in readers:
            step()
            if one is None:
                continue
            if as_json:
                print(",\n" if count else "[\n", msgspec.json.encode(one).decode(), sep="", end="")
            else:
                newsletters = ", ".join(one.newsletters)
                line = f"{one.tier.value:<10}  {one.since[:10]}  {one.id}  {one.email}  {newsletters}"
                out.print(plain(line.rstrip()), markup=False)
            count += 1
    if as_json:
        print("\n]" if count else "[]")
    return count


def write_private(path: Path, text: str) -> None:
    """A file that is not there yet, and that nobody else on this machine can read. Exit code 1 where it cannot be."""
    try:
        path.touch(0o600, exist_ok=False)
        path.write_text(text, encoding="utf-8")
    except FileExistsError:
        err.print(f"{path} is there already: give another name, or move it away.", markup=False)
        raise typer.Exit(1) from None
    except OSError as error:
        err.print(f"{path} cannot be written: {error.strerror or error}", markup=False)
        raise typer.Exit(1) from None
