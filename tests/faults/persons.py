"""What the members function does, with doors that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import replace

from functions.members.answer import DESK
from infra.ops.members import erase
from shared.adapters.pyjwt_foreign import PyJwtForeign
from shared.domain.addresses import parse_address
from shared.domain.happenings import Forget
from shared.domain.mails import NoticeOrder
from shared.domain.members import grant, unsubscribe_token
from shared.domain.paper import Gifts
from shared.domain.refusals import UnknownMember
from shared.domain.tiers import Tier
from shared.domain.trust import Audience, TierRule, Trust
from shared.ports.persons import IssuerKeys, TrustStore
from tests.faults.faulty import Plan, door, faulty
from tests.faults.world import World, answered, said
from tests.functions.paying import member_of
from tests.functions.visitor import ADA, NOW, PAPER, House, Visitor
from tests.issuers import MemoryIdentity, MemoryIssuerKeys, MemoryTrust, an_issuer, jwk, key_set, private_key, token
from tests.twins import MemoryPapers

BOB: Final = "bob@reader.example"
NEW: Final = "new@reader.example"
AGREE: Final = "/api/members/email/agree"
SESSIONS: Final = "/api/members/sessions"
Look = Callable[[Visitor, Any], Any]


class Asking(World):
    """A member asks for one thing. `prepare` makes what there has to be before; `look` looks at the house; `body` may
    be made of what was prepared."""

    def __init__(
        self,
        method: str,
        path: str,
        body: Any = None,
        prepare: Callable[[Visitor], Any] = lambda ada: None,
        look: Look = lambda ada, told: None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.house = House()
        self.house.doors = replace(self.house.doors, papers=MemoryPapers(replace(PAPER, gifts=Gifts(3))))
        self.ada = Visitor(self.house)
        self.ada.sign_in()
        self.told = prepare(self.ada)
        self.doors: Any = self.house.doors
        self.method, self.look, self.headers = method, look, dict(headers or {})
        self.path = path.replace("{}", str(self.told))
        self.body = body if body is None or isinstance(body, dict) else body(self.told)

    def act(self, doors: Any) -> str:
        request = self.ada.request(self.method, self.path, self.body, False, self.headers, None)
        answer = answered(DESK, request, doors, self.house.now)
        for line in answer.cookies:
            name, _, rest = line.partition("=")
            self.ada.cookies[name] = rest.partition(";")[0]
        return said(answer)

    def kept(self) -> Any:
        return self.look(self.ada, self.told)


class SigningIn(Asking):
    """A reader presses the mailed link's button, or types the digits. Where it was taken and its answer lost, another
    mail does: R10 before convenience."""

    def __init__(self, *, by_code: bool) -> None:
        super().__init__("POST", SESSIONS)
        self.by_code = by_code
        self.bob = self.ada = Visitor(self.house, "198.51.100.9")
        self.body = self._redeemed()

    def _redeemed(self) -> dict[str, str]:
        link, code = self.bob.ask_for_mail(BOB)
        return {"email": BOB, "code": code} if self.by_code else {"token": link}

    def again(self) -> str:
        seen = super().again()
        if seen.startswith("4"):
            self.body = self._redeemed()
            seen = super().again()
        return seen

    def kept(self) -> Any:
        everyone = self.house.doors.members.everyone(None, 10)[0]
        me = self.bob.send("GET", "/api/members/me").answer.status
        return sorted(one.address.text for one in everyone), self.bob.tier, me


class Mistyping(Asking):
    """A reader types wrong digits: each try counts, also one whose answer was lost, and the right ones still do."""

    def __init__(self) -> None:
        super().__init__("POST", SESSIONS)
        self.bob = self.ada = Visitor(self.house, "198.51.100.9")
        self.link, code = self.bob.ask_for_mail(BOB)
        self.right = {"email": BOB, "code": code}
        self.body = {"email": BOB, "code": f"{(int(code) + 1) % 1_000_000:06d}"}

    def kept(self) -> Any:
        return self.bob.post(SESSIONS, self.right).answer.status, self.bob.tier


class Erasing(Asking):
    """A member erases the account. Who was cut off signs in again and does it again; where there is no account any more
    ops does, asked by a letter, and takes away what the address leads to."""

    at_worst = MappingProxyType(
        {
            call: ("the mail that says so", (True, True, set(), None))
            for call in (
                ("Members", "erase"),
                ("Members", "contact"),
                ("Members", "write_contact"),
                ("Postbox", "order"),
            )
        }
    )

    def __init__(self) -> None:
        super().__init__("DELETE", "/api/members/me")
        self.id = self.ada.cookies["__Host-session"][:32]

    def again(self) -> str:
        seen, doors = super().again(), self.house.doors
        if seen.startswith("401"):
            if doors.members.read(self.id) is not None:
                self.ada.cookies.clear()
                self.ada.sign_in()
                return super().again()
            with suppress(UnknownMember):
                own = (doors.members, doors.sign_ins, doors.changes, doors.payments, doors.postbox)
                erase(parse_address(ADA), *own, self.house.now)
        return seen

    def kept(self) -> Any:
        house = self.house
        forgotten = {one.member for one in house.payments.messages if isinstance(one, Forget)}
        told = {one.notice for one in house.postbox.orders if isinstance(one, NoticeOrder)}
        gone = house.doors.members.read(self.id) is None and not house.doors.sessions.of_member(self.id)
        return gone, self.id in forgotten, told, house.doors.members.contact(parse_address(ADA).digest)


class Exchanging(Asking):
    """Somebody comes with another issuer's token, whose keys are asked for."""

    def __init__(self) -> None:
        rules = (TierRule("tier", "member", "member"),)
        trust = MemoryTrust(Trust(issuers=(an_issuer(ISSUER, tiers=rules),)))
        claims = {
            "iss": ISSUER,
            "sub": "somebody",
            "aud": "paper",
            "tier": "member",
            "iat": int(NOW),
            "exp": int(NOW) + 299,
        }
        bearer = token({"alg": "ES256", "typ": "at+jwt", "kid": "k"}, claims, KEY)
        super().__init__("POST", "/api/members/passes", headers={"authorization": f"Bearer {bearer}", "origin": ""})
        self.trust, self.keys = trust, MemoryIssuerKeys({ISSUER: key_set(jwk(KEY, "k"))})
        self.doors = replace(self.doors, foreign=PyJwtForeign(trust, self.keys))
        self.ada.cookies.clear()

    def through(self, plan: Plan) -> Any:
        foreign = PyJwtForeign(door(self.trust, TrustStore, plan), door(self.keys, IssuerKeys, plan))
        return faulty(replace(self.doors, foreign=foreign), plan)


ISSUER: Final = "https://id.example"
KEY: Final = private_key("ES256", "theirs")


def _trust_a_forum(ada: Visitor) -> None:
    trust, identity = MemoryTrust(Trust(audiences=(Audience("forum"),))), MemoryIdentity("ours")
    ada.house.doors = replace(ada.house.doors, trust=trust, identity=identity)


def make_member(ada: Visitor) -> None:
    found, version = member_of(ada)
    made = grant(found, Tier.MEMBER, None, "wrote", ada.house.now, ada.house.doors.chance)
    ada.house.doors.members.write(made, version)


def _asked_change(ada: Visitor) -> tuple[str, str]:
    """A change of address that waits for both: the old one's link, and the new one's."""
    ada.post("/api/members/email", {"email": NEW})
    ada.house.deliver()
    (_, for_old, _), (_, for_new, _) = ada.house.mails[-2:]
    return for_old, for_new


def asked_change(ada: Visitor) -> str:
    """A change of address to which the old one has agreed: the new one's link."""
    for_old, for_new = _asked_change(ada)
    Visitor(ada.house).post(AGREE, {"token": for_old})
    return for_new


def _agrees_too(ada: Visitor, links: Any) -> Any:
    """What the other link comes to."""
    return Visitor(ada.house).post(AGREE, {"token": links[1]}).answer.status, member_of(ada)[0].address.text


def _other_session(ada: Visitor) -> str:
    """The id of another browser of the member's."""
    other = Visitor(ada.house, "198.51.100.10")
    other.sign_in()
    ada.sign_in()  # a fresh proof
    mine = ada.cookies["__Host-session"]
    return next(one.id for one in ada.house.doors.sessions.of_member(mine[:32]) if one.id not in mine)


def _unsubscribing(ada: Visitor) -> str:
    ada.send("PATCH", "/api/members/me", {"newsletters": ["weekly", "letters"]})
    return unsubscribe_token(member_of(ada)[0], "weekly")


def _gifts(ada: Visitor, _: Any) -> Any:
    ada.send("GET", "/api/members/gifts")
    return sorted(one["slug"] for one in ada.body["gifts"]), ada.body["left"]


def _newsletters(ada: Visitor, _: Any) -> Any:
    return member_of(ada)[0].newsletters


def _still_in(ada: Visitor, _: Any) -> Any:
    return ada.send("GET", "/api/members/me").answer.status, ada.tier


def _signed_in(ada: Visitor, _: Any) -> Any:
    members = ada.house.doors.members.everyone(None, 10)[0]
    return ada.send("GET", "/api/members/me").answer.status, [
        len(ada.house.doors.sessions.of_member(one.id)) for one in members
    ]


def _asked_for(ada: Visitor, _: Any) -> Any:
    """Both are mailed, and the newest links change the address."""
    ada.house.deliver()
    for _, link, _ in ada.house.mails[-2:]:
        Visitor(ada.house).post(AGREE, {"token": link})
    return member_of(ada)[0].address.text


def _mailed(ada: Visitor, _: Any) -> Any:
    """The newest link that the mailbox holds lets in."""
    assert ada.house.postbox.orders
    ada.house.deliver()
    return ada.post(SESSIONS, {"token": ada.house.mails[-1][1]}).answer.status


def _address(ada: Visitor, _: Any) -> Any:
    members = ada.house.doors.members.everyone(None, 10)[0]
    told = {(one.address.text, one.notice) for one in ada.house.postbox.orders if isinstance(one, NoticeOrder)}
    return [one.address.text for one in members], told


WORLDS: Final[Mapping[str, Callable[[], World]]] = {
    "a reader asks for a sign-in mail": lambda: Asking("POST", "/api/members/sign-in", {"email": ADA}, look=_mailed),
    "a reader signs in by the link": lambda: SigningIn(by_code=False),
    "a reader signs in by the digits": lambda: SigningIn(by_code=True),
    "a reader mistypes the digits": Mistyping,
    "a member looks at the account": lambda: Asking("GET", "/api/members/me", look=_still_in),
    "a member's pass is renewed": lambda: Asking("POST", "/api/members/passes", look=_still_in),
    "a member changes newsletters": lambda: Asking(
        "PATCH", "/api/members/me", {"newsletters": ["letters"]}, look=_newsletters
    ),
    "a reader ends a newsletter by its link": lambda: Asking(
        "POST",
        "/api/newsletters/weekly/unsubscribe?t={}",
        prepare=_unsubscribing,
        look=_newsletters,
    ),
    "a member changes the address": lambda: Asking("POST", "/api/members/email", {"email": NEW}, look=_asked_for),
    "the old address agrees to a change": lambda: Asking(
        "POST", AGREE, lambda links: {"token": links[0]}, prepare=_asked_change, look=_agrees_too
    ),
    "the new address agrees to a change": lambda: Asking(
        "POST", AGREE, lambda link: {"token": link}, prepare=asked_change, look=_address
    ),
    "a member gives an article away": lambda: Asking(
        "POST", "/api/members/gifts", {"slug": "piece-1"}, prepare=make_member, look=_gifts
    ),
    "a member takes the data along": lambda: Asking("GET", "/api/members/me/export", look=_still_in),
    "a member ends another browser's session": lambda: Asking(
        "DELETE", "/api/members/sessions/{}", prepare=_other_session, look=_signed_in
    ),
    "a member signs out": lambda: Asking("POST", "/api/members/sign-out", look=_signed_in),
    "a member gets an identity token": lambda: Asking(
        "POST", "/api/members/identity", {"audience": "forum"}, prepare=_trust_a_forum, look=_still_in
    ),
    "a forum asks for our public keys": lambda: Asking(
        "GET", "/.well-known/jwks.json", prepare=_trust_a_forum, look=_still_in
    ),
    "another issuer's reader gets a pass": Exchanging,
    "a member erases the account": Erasing,
}
