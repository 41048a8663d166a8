"""What `frontline trust set` takes: whose word counts, with everything that is wrong named at its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from shared.domain.decoding import UNREADABLE
from shared.domain.refusals import InvalidArticle, InvalidTrust
from shared.domain.trust import Audience, Issuer, TierRule, Trust, contradictions
from shared.domain.validation import control_characters, read_object, value_problems

MAY_BE: Final = {
    "schema": "1",
    "issuers": "a list, 20 at most",
    "audiences": "a list, 50 at most",
    "issuers.issuer": "an https:// address, letter for letter as the tokens' `iss` has it",
    "issuers.audiences": "a list of texts, 1 to 20: what a token may have as its audience",
    "issuers.algorithm": "one of RS256, ES256, EdDSA",
    "issuers.typ": "a list of token types such as `at+jwt`; null where this issuer's tokens have none",
    "issuers.tiers": "a list, 1 to 50, of `claim`, `value` and `tier` (subscriber or member)",
    "issuers.marks": 'claims and the one text that each must have, such as {"token_use": "access"}',
    "issuers.audience_claim": "aud or client_id",
    "issuers.jwks_url": "an https:// address; leave it out where the issuer's OpenID configuration names it",
    "issuers.max_lifetime": "seconds, 60 to 86400",
    "audiences.name": "a text without spaces, 255 characters at most",
    "audiences.origins": "a list of sites such as https://forum.example, without a path",
}
"""What each field may be."""


def parse_trust(raw: bytes) -> Trust:
    """The configuration in this JSON text. Raises InvalidTrust with every problem found."""
    try:
        document = read_object(raw.removeprefix(b"\xef\xbb\xbf"))
    except InvalidArticle as invalid:
        raise InvalidTrust(*invalid.problems) from None
    if problems := tuple(dict.fromkeys((*_problems(document), *control_characters(document, "")))):
        raise InvalidTrust(*problems)
    try:
        trust = msgspec.convert(document, Trust)
    except UNREADABLE as error:
        raise InvalidTrust(str(error)) from None
    if problems := contradictions(trust):
        raise InvalidTrust(*problems)
    return trust


def _problems(document: dict[str, Any]) -> Iterator[str]:
    yield from _field_problems(document, Trust, "", "")
    for name, kind in (("issuers", Issuer), ("audiences", Audience)):
        entries = document.get(name)
        for i, entry in enumerate(entries if isinstance(entries, list) else ()):
            place = f"{name}[{i}]"
            if not isinstance(entry, dict):
                yield f"{place}: has to be an object: write {{ first"
                continue
            yield from _field_problems(entry, kind, f"{place}.", f"{name}.")
            rules = entry.get("tiers")
            for j, rule in enumerate(rules if name == "issuers" and isinstance(rules, list) else ()):
                yield from value_problems(rule, TierRule, f"{place}.tiers[{j}]")


def _field_problems(given: dict[str, Any], kind: type[msgspec.Struct], place: str, known: str) -> Iterator[str]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name in given:
        if name not in fields:
            yield f"{place}{name}: there is no such field; the fields are {', '.join(fields)}"
    for name, field in fields.items():
        if name not in given:
            if field.required:
                yield f"{place}{name}: is missing; it is {MAY_BE[known + name]}"
            continue
        value = given[name]
        if name in ("issuers", "tiers") or (name == "audiences" and kind is Trust):  # each entry is looked at by itself
            if not isinstance(value, list):
                yield f"{place}{name}: it has to be {MAY_BE[known + name]}"
            continue
        if list(value_problems(value, field.type, name)):
            yield f"{place}{name}: it has to be {MAY_BE[known + name]}"
