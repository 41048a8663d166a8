"""Every sort of token at every door of the members function: each opens its own, and nothing else does (R7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from msgspec.structs import replace

from shared.adapters.pyjwt_foreign import PyJwtForeign
from shared.domain.members import unsubscribe_token
from shared.domain.passes import PassState
from shared.domain.secrets import digest_of
from shared.domain.tiers import Tier
from shared.domain.trust import Audience, TierRule, Trust
from tests.functions.paper import PASSES
from tests.functions.visitor import NOW, PAPER, House, Visitor
from tests.issuers import MemoryIdentity, MemoryIssuerKeys, MemoryTrust, an_issuer, jwk, key_set, private_key, token

NEW: Final = "new@reader.example"
ISSUER: Final = "https://id.example"
KEY: Final = private_key("ES256", "theirs")
TRUST: Final = Trust(
    issuers=(an_issuer(ISSUER, tiers=(TierRule("tier", "member", "member"),)),), audiences=(Audience("forum"),)
)


class Bench:
    """A member with one of everything, made by the routes themselves where there is one."""

    def __init__(self) -> None:
        self.house = House()
        trust = MemoryTrust(TRUST)
        self.house.doors = replace(
            self.house.doors,
            foreign=PyJwtForeign(trust, MemoryIssuerKeys({ISSUER: key_set(jwk(KEY, "k"))})),
            trust=trust,
            identity=MemoryIdentity("ours"),
        )
        self.ada = Visitor(self.house)
        self.ada.sign_in(newsletter="weekly")
        session = self.ada.cookies["__Host-session"]
        member = self.house.doors.members.read(session[:32])
        assert member is not None
        self.ada.post("/api/members/identity", {"audience": "forum"})
        identity = self.ada.body["identity"]
        self.ada.post("/api/members/email", {"email": NEW})
        self.house.deliver()
        (_, for_old, _), (_, for_new, _) = self.house.mails[-2:]
        self.asking = Visitor(self.house)
        link, code = self.asking.ask_for_mail("bob@reader.example")
        sign_in = self.asking.cookies["__Host-sign-in"]
        lives = {"iat": int(NOW) - 1, "exp": int(NOW) + 299}
        claims = {"iss": ISSUER, "sub": "somebody", "aud": "paper", "tier": "member", **lives}
        self.tokens = {
            "session": session,
            "link": link,
            "code": code,
            "asking browser": sign_in,
            "unsubscribing": unsubscribe_token(member[0], "weekly"),
            "change, old address": for_old,
            "change, new address": for_new,
            "pass": PASSES.mint(Tier.MEMBER, NOW, 300),
            "gift pass": PASSES.mint(Tier.MEMBER, NOW, 3_000, "night-ferry"),
            "identity": identity,
            "foreign": token({"alg": "ES256", "typ": "at+jwt", "kid": "k"}, claims, KEY),
            # What lies in tables and queues, and parts of the above. None of it opens anything.
            "session's secret": session[64:],
            "session's name": digest_of(session[32:64])[:32],
            "session's secret as kept": digest_of(session[64:]),
            "link as kept": digest_of(link),
            "change as kept": digest_of(for_new),
            "nonce": sign_in[64:],
            "nonce as kept": digest_of(sign_in[64:]),
            "unsubscribing key": member[0].unsubscribe_key,
            "address as kept": member[0].address.digest,
            "member's name": member[0].id,
            "edge's proof": self.house.doors.proof,
        }

    def someone(self, **cookies: str) -> Visitor:
        return Visitor(
            self.house, address="198.51.100.9", cookies={f"__Host-{k.replace('_', '-')}": v for k, v in cookies.items()}
        )


def session_cookie(bench: Bench, made: str) -> bool:
    return bench.someone(session=made).send("GET", "/api/members/me").answer.status == 200


def session_renewal(bench: Bench, made: str) -> bool:
    return bench.someone(session=made).post("/api/members/passes").answer.status == 200


def refresh(bench: Bench, made: str) -> bool:
    browser = bench.someone(session=made)
    browser.send("GET", "/api/members/refresh?next=/")
    return "__Host-pass" in browser.cookies


def sign_in_link(bench: Bench, made: str) -> bool:
    return bench.someone().post("/api/members/sessions", {"token": made}).answer.status == 201


def sign_in_code(bench: Bench, made: str) -> bool:
    browser = bench.someone(sign_in=bench.tokens["asking browser"])
    return browser.post("/api/members/sessions", {"code": made}).answer.status == 201


def asking_cookie(bench: Bench, made: str) -> bool:
    browser = bench.someone(sign_in=made)
    return browser.post("/api/members/sessions", {"code": bench.tokens["code"]}).answer.status == 201


def unsubscribing(bench: Bench, made: str) -> bool:
    """Whoever is gone is told the same as whoever has just ended it, so what is kept of her is looked at."""
    bench.someone().post(f"/api/newsletters/weekly/unsubscribe?t={made}")
    kept = bench.house.doors.members.read(bench.tokens["member's name"])
    assert kept is not None
    return kept[0].newsletters == ()


def agreeing(bench: Bench, made: str) -> bool:
    return bench.someone().post("/api/members/email/agree", {"token": made}).answer.status == 200


def exchange(bench: Bench, made: str) -> bool:
    bearer = {"authorization": f"Bearer {made}"}
    return bench.someone().send("POST", "/api/members/passes", headers=bearer).answer.status == 200


def reading(bench: Bench, made: str) -> bool:
    return PASSES.verify(made, NOW).state is PassState.VALID


def round_the_edge(bench: Bench, made: str) -> bool:
    browser = bench.someone(session=bench.tokens["session"])
    return browser.send("GET", "/api/members/me", headers={"x-edge-proof": made}).answer.status == 200


def signing_out_elsewhere(bench: Bench, made: str) -> bool:
    """The name of a session is no secret: what counts is whose session asks."""
    stranger = bench.someone()
    stranger.sign_in("eve@reader.example")
    return stranger.send("DELETE", f"/api/members/sessions/{made}").answer.status == 200


DOORS: Final[dict[str, tuple[Callable[[Bench, str], bool], set[str]]]] = {
    "session's cookie": (session_cookie, {"session"}),
    "session's renewal": (session_renewal, {"session"}),
    "refresh": (refresh, {"session"}),
    "sign-in by link": (sign_in_link, {"link"}),
    "sign-in by digits": (sign_in_code, {"code"}),
    "asking browser's cookie": (asking_cookie, {"asking browser"}),
    "unsubscribing": (unsubscribing, {"unsubscribing"}),
    "agreeing to a change": (agreeing, {"change, old address", "change, new address"}),
    "exchange": (exchange, {"foreign"}),
    "reading": (reading, {"pass", "gift pass"}),
    "edge": (round_the_edge, {"edge's proof"}),
    "signing out elsewhere": (signing_out_elsewhere, set()),
}
NAMES: Final = list(Bench().tokens)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", NAMES)
def test_a_door_opens_for_its_own_token_alone(door: str, name: str) -> None:
    opens, its_own = DOORS[door]
    bench = Bench()

    assert opens(bench, bench.tokens[name]) is (name in its_own)


@pytest.mark.parametrize("door", ["session's cookie", "sign-in by link", "agreeing to a change", "exchange"])
def test_what_a_token_is_wrapped_in_makes_no_other_of_it(door: str) -> None:
    opens, its_own = DOORS[door]
    for name in NAMES:
        if name in its_own:
            continue
        bench = Bench()
        made = bench.tokens[name]
        member, session = bench.tokens["member's name"], bench.tokens["session"]
        for wrapped in (
            made * 2,
            member + made,
            session[:64] + made,
            session[:64] + made[-64:],
            f"{made}.{made}.{made}",
        ):
            if name == "session's secret" and wrapped == session:
                continue  # put together again, it is the session
            assert not opens(bench, wrapped), (name, wrapped == session)


def test_a_session_that_an_odd_token_met_still_lives() -> None:
    """Trying tokens of another sort ends nobody's session: only an older secret of its own does."""
    bench = Bench()
    for name in NAMES:
        if name != "session":
            session_cookie(bench, bench.tokens[name])
            session_cookie(bench, bench.tokens["member's name"] + bench.tokens[name])
    assert bench.ada.send("GET", "/api/members/me").answer.status == 200


def test_the_bench_holds_what_the_paper_gives_out() -> None:
    assert PAPER.url
    assert len({*Bench().tokens.values()}) == len(NAMES)
