"""Whose word counts: issuers whose tokens are exchanged for passes, and audiences that get identity tokens of ours.

Configuration, kept as one document beside the keyring, for it decides who reads what. Where there is none, nobody is
trusted.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from shared.domain import identity, passes
from shared.domain.blocks import Value
from shared.domain.decoding import UNREADABLE
from shared.domain.refusals import UnusableTrust

TRUST_KEY: Final = "trust.json"
MAX_LIFETIME_SECONDS: Final = 24 * 3600
OUR_TYPES: Final = (passes.TYPE, identity.TYPE)
UNTOLD_TYPE: Final = "jwt"
"""The `typ` (in any case) that says of a token that it is one, and not of which sort."""

_HOST: Final = r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?"

IssuerUrl = Annotated[str, Meta(pattern=rf"^{_HOST}(?:/[A-Za-z0-9._~-]+)*/?\Z", max_length=300)]
KeysUrl = Annotated[str, Meta(pattern=rf"^{_HOST}/[!-\"$-\[\]-~]*\Z", max_length=500)]
Origin = Annotated[str, Meta(pattern=rf"^{_HOST}\Z", max_length=300)]
Name = Annotated[str, Meta(pattern=r"^[!-~]+\Z", max_length=255)]
ClaimText = Annotated[str, Meta(min_length=1, max_length=255)]
Algorithm: TypeAlias = Literal["RS256", "ES256", "EdDSA"]


class TierRule(Value, frozen=True):
    """Whoever's token has this value in this claim reads at this tier.

    The claim's value may be a list, of which one has to be this; `scope` and `scp` are words with spaces between them
    (RFC 8693, section 4.2).
    """

    claim: ClaimText
    value: ClaimText | bool
    tier: Literal["subscriber", "member"]


class Issuer(Value, frozen=True):
    """An issuer, and which of its tokens are meant.

    `typ`: the token types (RFC 7515, section 4.1.9) that are taken. None has to be written: tokens without any are
    meant then, and those alone. Where that tells nothing, `marks` has to: claims with the one text that each must
    have, such as `token_use: access`.
    `audience_claim`: where the audience stands; Cognito's access tokens have it in `client_id`.
    `jwks_url`: where its keys are; where it is not given, its OpenID configuration says so.
    `max_lifetime`: of a token, in seconds.
    """

    issuer: IssuerUrl
    audiences: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=20)]
    algorithm: Algorithm
    typ: (
        Annotated[tuple[Annotated[str, Meta(pattern=r"^[A-Za-z0-9.+/-]+\Z", max_length=80)], ...], Meta(min_length=1)]
        | None
    )
    tiers: Annotated[tuple[TierRule, ...], Meta(min_length=1, max_length=50)]
    marks: dict[ClaimText, ClaimText] = msgspec.field(default_factory=dict)
    audience_claim: Literal["aud", "client_id"] = "aud"
    jwks_url: KeysUrl | None = None
    max_lifetime: Annotated[int, Meta(ge=60, le=MAX_LIFETIME_SECONDS)] = 3600


class Audience(Value, frozen=True):
    """Somebody who trusts our members: a forum, an app. `origins`: the sites whose scripts may ask for its tokens."""

    name: Name
    origins: Annotated[tuple[Origin, ...], Meta(max_length=20)] = ()


class Trust(Value, frozen=True):
    schema: Literal[1] = 1
    issuers: Annotated[tuple[Issuer, ...], Meta(max_length=20)] = ()
    audiences: Annotated[tuple[Audience, ...], Meta(max_length=50)] = ()

    def issuer(self, url: str) -> Issuer | None:
        """The issuer that calls itself exactly so."""
        return next((one for one in self.issuers if one.issuer == url), None)

    def audience(self, name: str) -> Audience | None:
        return next((one for one in self.audiences if one.name == name), None)


NOBODY: Final = Trust()

_decoder: msgspec.json.Decoder[Trust] = msgspec.json.Decoder(Trust)


def decode_trust(raw: bytes) -> Trust:
    """The configuration in these bytes. Raises UnusableTrust for whatever `frontline trust set` would not have
    written."""
    try:
        trust = _decoder.decode(raw)
    except UNREADABLE:
        raise UnusableTrust("What lies in the place of trust.json is no such configuration.") from None
    if contradictions(trust):
        raise UnusableTrust("trust.json contradicts itself: `frontline trust set` says where.")
    return trust


def contradictions(trust: Trust) -> tuple[str, ...]:
    """What the types allow and nobody may mean, each with its place."""
    found: list[str] = []
    urls, names = [one.issuer for one in trust.issuers], [one.name for one in trust.audiences]
    for i, one in enumerate(trust.issuers):
        place = f"issuers[{i}]"
        if one.issuer in urls[:i]:
            found.append(f"{place}.issuer: stands twice; write all of it in one place")
        ours = [typ for typ in one.typ or () if type_of(typ) in OUR_TYPES]
        if ours:
            found.append(f"{place}.typ: {ours[0]} is the type of our own tokens; nobody else's are of it")
        tells = one.typ is not None and all(type_of(typ) != UNTOLD_TYPE for typ in one.typ)
        if not tells and not one.marks:
            said = "null" if one.typ is None else "JWT"
            found.append(
                f"{place}.marks: with typ {said} an access token looks like any other token of this issuer; "
                "name a claim that tells them apart, such as token_use: access"
            )
    for i, name in enumerate(names):
        if name in names[:i]:
            found.append(f"audiences[{i}].name: stands twice; give each its own")
        if name == passes.AUDIENCE:
            found.append(f"audiences[{i}].name: {name} is the audience of passes; take another")
    return tuple(found)


def type_of(typ: str) -> str:
    """A token type in its one spelling: without `application/`, in lower case (RFC 7515, section 4.1.9)."""
    return typ.lower().removeprefix("application/")
