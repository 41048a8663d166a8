"""Whose word counts: shown, set as a whole, and tried out from here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import msgspec

from shared.domain.jwks import KeySet
from shared.domain.refusals import IssuerUnavailable, UnusableTrust
from shared.domain.trust import TRUST_KEY, Issuer, Trust, decode_trust
from shared.ports.publishing import Documents


class Fetcher(Protocol):
    """Fetching what an issuer publishes now."""

    def fetch(self, issuer: Issuer) -> KeySet:
        """Its keys that fit. Raises IssuerUnavailable, with the reason."""


@dataclass(frozen=True)
class Report:
    """What was found at one issuer: the ids of its keys, what was passed over, and why nothing was believed, if so."""

    issuer: str
    kids: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    failure: str = ""


def read_trust(documents: Documents) -> Trust | None:
    """The configuration; None where there is none. Raises UnusableTrust, ContentUnavailable."""
    found = documents.read(TRUST_KEY)
    return None if found is None else decode_trust(found[0])


def set_trust(documents: Documents, trust: Trust) -> tuple[bool, tuple[str, ...]]:
    """Put this in place of what is there, readable or not; returns whether that changed anything, and the issuers that
    are not trusted any more.

    Raises DocumentChanged where somebody else sets it at the same moment.
    """
    found = documents.read(TRUST_KEY)
    raw = as_json(trust)
    if found is not None and found[0] == raw:
        return False, ()
    documents.write(TRUST_KEY, raw, None if found is None else found[1])
    return True, tuple(one for one in _issuers_in(found) if trust.issuer(one) is None)


def as_json(trust: Trust) -> bytes:
    """As it is kept, and as a file has it."""
    return msgspec.json.format(msgspec.json.encode(trust), indent=2) + b"\n"


def _issuers_in(found: tuple[bytes, str] | None) -> tuple[str, ...]:
    try:
        return () if found is None else tuple(one.issuer for one in decode_trust(found[0]).issuers)
    except UnusableTrust:
        return ()


def look_around(trust: Trust, fetcher: Fetcher) -> Iterator[Report]:
    """What each issuer publishes, asked one after the other: a few seconds each, at most."""
    for issuer in trust.issuers:
        try:
            found = fetcher.fetch(issuer)
        except IssuerUnavailable as refusal:
            yield Report(issuer.issuer, failure=refusal.reason)
        else:
            yield Report(issuer.issuer, tuple(found.keys), found.passed_over)
