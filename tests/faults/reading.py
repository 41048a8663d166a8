"""What functions do, each as a world of its own that can be begun anew: done once with doors that fail, then again by
whoever does it again, and what is kept in the end.

`act` tells what whoever waits for it sees; `again` is what follows by itself (a queue delivers again, the processor
sends again, the night's run) or what a person does who was told to; `kept` is what must be the same as if nothing had
failed.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace

from functions.articles import read as articles
from functions.mail import orders as mail_orders
from functions.members.answer import DESK as MEMBERS_DESK
from functions.newsletters import batch as newsletters
from functions.newsletters.sending import Ended as NewsletterEnded
from functions.pages import read as pages
from functions.payments.batch import Desk as PaymentsDesk
from functions.payments.batch import Ended
from functions.payments.reconcile import reconcile
from functions.publishing import batch as publishing
from functions.webhooks import intake as webhooks
from infra.ops import keys
from shared.domain.foreign import ForeignReader
from shared.domain.happenings import Forget
from shared.domain.members import grant
from shared.domain.paper import Gifts
from shared.domain.tiers import Tier
from shared.domain.trust import Audience, Trust
from shared.http import Answer, Request
from shared.personal.answering import Outcome
from shared.ports.publishing import EdgeKeys, KeyringShelf
from tests.functions.books import ADA as PAYER
from tests.functions.books import Books
from tests.functions.giver import FIVE, GIVE, Giver, Till
from tests.functions.paper import NOW as READ_AT
from tests.functions.paper import PAPER, PASSES, article, doors, published
from tests.functions.paying import member_of
from tests.functions.test_mail_orders import ASKED, Post, record
from tests.functions.test_mail_orders import NOW as MAILED_AT
from tests.functions.test_money_mails import THANKS
from tests.functions.test_newsletters import Desk as NewsletterDesk
from tests.functions.test_newsletters import member
from tests.functions.test_webhooks import NOW as HEARD_AT
from tests.functions.test_webhooks import Paper as Hearing
from tests.functions.test_webhooks import _body, _sent
from tests.functions.visitor import ADA, House, Visitor
from tests.functions.visitor import PAPER as MEMBERS_PAPER
from tests.issuers import MemoryTrust
from tests.money_cases import GIFT
from tests.press import NOW as PRESSED_AT
from tests.press import Press, piece
from tests.twins import MemoryEdgeKeys, MemoryKeyring, MemoryPapers

COMES_AGAIN: Final = "it comes again"


class World(Protocol):
    """See above. `doors`: whole, as the function has them."""

    doors: Any

    def act(self, doors: Any) -> str: ...
    def again(self) -> str: ...
    def kept(self) -> Any: ...


# Readers -------------------------------------------------------------------------------------------------------------


class Reading:
    """A member reads something; whatever fails, no word of a gate is in what is not made for members."""

    def __init__(self, read: Callable[[Request, Any, float], Any], path: str) -> None:
        documents = published(article(1), article(2))
        self.doors = doors(documents, PAPER, article(1), article(2))
        if read is articles.read:
            of = self.doors
            self.doors = articles.Doors(  # type: ignore[assignment]
                articles=of.articles, passes=of.passes, lists=of.lists, papers=of.papers, campaigns=of.campaigns
            )
        self._read, self._path = read, path
        self._open = read(Request("GET", path, "", {}), self.doors, READ_AT).answer.body  # of what is alike for all

    def act(self, doors: Any) -> str:
        tokens = {"x-reader-tier": "member", "x-reader-pass": PASSES.mint(Tier.MEMBER, READ_AT, 300)}
        answer: Answer = self._read(Request("GET", self._path, "", tokens), doors, READ_AT).answer
        rendered = answer.headers.get("x-rendered-for", "anonymous")
        if rendered != "member":
            assert GATED not in answer.body, "gated words in what is for anyone"
        if answer.status >= 500:
            assert "no-store" in answer.headers["cache-control"]
            assert "retry-after" in answer.headers
        elif rendered == "anonymous" and answer.body != self._open:
            assert "no-store" in answer.headers["cache-control"], "kept under the key of members"
        return f"{answer.status}, for {rendered}" if answer.status < 400 else f"{answer.status}, and when to try again"

    def again(self) -> str:
        return self.act(self.doors)

    def kept(self) -> Any:
        return self.again()  # nothing is written: what is kept is that it reads as before


GATED: Final = next(
    block["html"][3:40] if block["html"].startswith("<p>") else block["html"][:40]
    for gate in msgspec.to_builtins(article(1))["body"]
    if gate["type"] == "gate" and gate["tier"] == "member"
    for block in gate["blocks"]
    if block["type"] == "paragraph"
)
"""The beginning of a paragraph that is for members."""


# The newsroom --------------------------------------------------------------------------------------------------------


class Publishing:
    """An article comes out, and an older one is changed."""

    def __init__(self) -> None:
        self.press = Press(piece(1), piece(2))
        self.press.purged()
        self.press.put(piece(3, published_at=PRESSED_AT - dt.timedelta(hours=1)))  # news, which is announced
        self.press.put(piece(1, title="Another title", tags=("bridges",)))
        self.doors = self.press.doors
        bodies = (json.dumps({"detail": {"object": {"key": f"articles/piece-{n}.json"}}}) for n in (3, 1))
        self.records = [self._record(number, body) for number, body in enumerate(bodies)]

    def _record(self, number: int, body: str) -> dict[str, Any]:
        return {
            "messageId": f"m-{number}",
            "receiptHandle": f"r-{number}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
        }

    def act(self, doors: Any) -> str:
        worked = publishing.work_off(self.records, doors, PRESSED_AT.timestamp())
        return COMES_AGAIN if worked.failures else "done"

    def again(self) -> str:
        return self.act(self.doors)

    def kept(self) -> Any:
        tags = {tag for tags in self.press.purge.asked.values() for tag in tags}
        return self.press.everything(), tags, set(self.press.announcements.sent)


class Rotating:
    """Ops rotates the keys."""

    class Doors(msgspec.Struct, frozen=True):
        shelf: KeyringShelf
        edge: EdgeKeys

    def __init__(self) -> None:
        self.shelf, self.edge = MemoryKeyring(), MemoryEdgeKeys()
        self.doors = self.Doors(self.shelf, self.edge)
        keys.init_keys(self.shelf, self.edge, "https://paper.example", READ_AT)

    def act(self, doors: Any) -> str:
        ring = keys.rotate_keys(doors.shelf, doors.edge, READ_AT + 10, lambda: None)
        assert self.edge.accepted() == tuple(key.kid for key in ring.keys)
        return "done"

    def again(self) -> str:
        return self.act(self.doors)

    def kept(self) -> Any:
        ring = self.shelf.read_version()
        assert ring is not None
        assert self.edge.accepted() == tuple(key.kid for key in ring[0].keys)
        return ring[0].current == ring[0].keys[-1].kid


# Persons -------------------------------------------------------------------------------------------------------------


def _answered(desk: Any, request: Any, doors: Any, now: float) -> Outcome:
    """As the handler answers: what nobody expected is a 500 that says nothing, and wakes somebody."""
    try:
        outcome: Outcome = desk.respond(request, doors, now)
    except Exception:  # noqa: BLE001 - as the handler does
        return desk.failed(request)  # type: ignore[no-any-return]
    return outcome


def _said(answer: Answer) -> str:
    assert "@" not in answer.body or answer.status < 400
    return str(answer.status) if answer.status < 400 else f"{answer.status} `{json.loads(answer.body)['code']}`"


class Asking:
    """A member asks for one thing. `prepare` makes what there has to be before; `kept` looks at the house."""

    def __init__(
        self,
        method: str,
        path: str,
        body: Any = None,
        prepare: Callable[[Visitor], Any] = lambda ada: None,
        look: Callable[[Visitor, Any], Any] = lambda ada, told: None,
    ) -> None:
        self.house = House()
        paper = replace(MEMBERS_PAPER, gifts=Gifts(3))
        self.house.doors = replace(self.house.doors, papers=MemoryPapers(paper))
        self.ada = Visitor(self.house)
        self.ada.sign_in()
        self.told = prepare(self.ada)
        self.doors = self.house.doors
        self.method, self.path, self.look = method, path, look
        self.body = body if body is None or isinstance(body, dict) else body(self.told)
        self.cookies = dict(self.ada.cookies)

    def act(self, doors: Any) -> str:
        request = self.ada.request(self.method, self.path, self.body, False, {}, None)
        outcome = _answered(MEMBERS_DESK, request, doors, self.house.now)
        for line in outcome.answer.cookies:
            name, _, rest = line.partition("=")
            self.ada.cookies[name] = rest.partition(";")[0]
        return _said(outcome.answer)

    def again(self) -> str:
        return self.act(self.doors)

    def kept(self) -> Any:
        return self.look(self.ada, self.told)


class SigningIn(Asking):
    """A reader presses the mailed link's button. Where it was taken and its answer lost, another mail does."""

    def __init__(self) -> None:
        super().__init__("POST", "/api/members/sessions")
        self.bob = Visitor(self.house, "198.51.100.9")
        token, _ = self.bob.ask_for_mail("bob@reader.example")
        self.ada, self.body = self.bob, {"token": token}

    def again(self) -> str:
        said = super().again()
        if said.startswith("4"):  # the link is used up: R10 before convenience
            self.body = {"token": self.bob.ask_for_mail("bob@reader.example")[0]}
            said = super().again()
        return said

    def kept(self) -> Any:
        everyone = self.house.doors.members.everyone(None, 10)[0]
        return sorted(one.address.text for one in everyone), self.bob.tier


class Erasing(Asking):
    """A member erases the account; who was cut off signs in again, and does it again."""

    def __init__(self) -> None:
        super().__init__("DELETE", "/api/members/me")

    def again(self) -> str:
        said = super().again()
        if not said.startswith("200") and self.house.doors.members.everyone(None, 10)[0]:
            self.ada.cookies.clear()
            self.ada.sign_in()
            said = super().again()
        return said

    def kept(self) -> Any:
        told = {one.member for one in self.house.payments.messages if isinstance(one, Forget)}
        return self.house.doors.members.everyone(None, 10)[0], len(told), self.house.doors.members.contact("")


class Exchanging(Asking):
    """Somebody comes with another issuer's token."""

    class Issuers:
        def verify(self, token: str, now: float) -> ForeignReader:
            return ForeignReader("https://id.example", "somebody", Tier.MEMBER, int(now) + 600)

    def __init__(self) -> None:
        super().__init__("POST", "/api/members/passes")
        self.doors = replace(self.doors, foreign=self.Issuers())

    def act(self, doors: Any) -> str:
        request = self.ada.request("POST", self.path, None, False, {"authorization": "Bearer a.b.c"}, None)
        return _said(_answered(MEMBERS_DESK, request, doors, self.house.now).answer)


def _trust_a_forum(ada: Visitor) -> None:
    ada.house.doors = replace(ada.house.doors, trust=MemoryTrust(Trust(audiences=(Audience("forum"),))))


def _make_member(ada: Visitor) -> None:
    found, version = member_of(ada)
    ada.house.doors.members.write(
        grant(found, Tier.MEMBER, None, "wrote", ada.house.now, ada.house.doors.chance), version
    )


def _gifts(ada: Visitor, _: Any) -> Any:
    ada.send("GET", "/api/members/gifts")
    return sorted(one["slug"] for one in ada.body["gifts"]), ada.body["left"]


def _newsletters(ada: Visitor, _: Any) -> Any:
    return member_of(ada)[0].newsletters


def _sessions(ada: Visitor, _: Any) -> Any:
    return ada.send("GET", "/api/members/me").answer.status


# Mail ----------------------------------------------------------------------------------------------------------------


class Mailing:
    """The mail function is given an order for a sign-in and one for a receipt."""

    def __init__(self) -> None:
        self.post = Post()
        self.doors = self.post.doors
        self.records = [record(ASKED, 0), record(THANKS, 1)]

    def act(self, doors: Any) -> str:
        worked = mail_orders.work_off(self.records, doors, MAILED_AT)
        failed = {one.message_id for one in worked.failures}
        self.records = [one for one in self.records if one["messageId"] in failed]
        uncertain = any(one.became is mail_orders.Became.UNCERTAIN for one in worked.done)
        return COMES_AGAIN if failed else "not known whether it went out: it is not sent twice" if uncertain else "done"

    def again(self) -> str:
        return self.act(self.doors)

    def kept(self) -> Any:
        # A sign-in that was cut off may get no mail: whoever waits for it asks again. A receipt comes, and once.
        return len([mail for mail in self.post.mailer.sent if "code" not in mail.subject])


class Newsletter:
    """An article is mailed to three readers."""

    def __init__(self) -> None:
        self.desk = NewsletterDesk(*(member(name, "daily") for name in ("ada", "bo", "cy")))
        self.doors = self.desk.doors
        self.bodies = ['{"article":"a-1","slug":"night-ferry"}']

    def act(self, doors: Any) -> str:
        records = [{"messageId": "m", "body": body} for body in self.bodies]
        worked = newsletters.work_off(records, doors, self.desk.left)
        (one,) = worked
        if one.is_failed:
            return COMES_AGAIN
        self.bodies = [json.dumps({"article": "a-1", "slug": "night-ferry"})]
        if one.run is not None and one.run.ended is NewsletterEnded.LATER:
            return "it goes on later"
        return "done"

    def again(self) -> str:
        self.desk.now += 900
        return self.act(self.doors)

    def kept(self) -> Any:
        counts = Counter(self.desk.sent_to)
        assert max(counts.values(), default=0) <= 1, "a newsletter twice"
        mailing = self.desk.mailing
        # Whom nobody knows to have got it does not get it again: told as `uncertain`, and no more than one.
        assert len(counts) + mailing.counts.uncertain >= 3
        return mailing.state


# Money ---------------------------------------------------------------------------------------------------------------


class Giving:
    """A reader gives, by a program with a key; asks again with the same where no answer came."""

    def __init__(self) -> None:
        self.till = Till()
        self.giver = Giver(self.till)
        self.doors = self.till.doors

    def act(self, doors: Any) -> str:
        from functions.contributions.answer import DESK

        request = self.giver.request("POST", GIVE, FIVE, False, {"idempotency-key": "k"}, None)
        outcome = _answered(DESK, request, doors, self.till.house.now)
        self.answer = outcome.answer
        return _said(outcome.answer)

    def again(self) -> str:
        said = self.act(self.doors)
        if said.startswith("409"):  # "is being done": a minute later whoever died over it does it no more
            self.till.repeats.wait()
            said = self.act(self.doors)
        return said

    def kept(self) -> Any:
        order = json.loads(self.answer.body)["id"]
        found = self.till.ledger.read(order)
        assert found is not None
        assert found[0].session is not None
        assert self.till.ledger.of_session(found[0].session) == order
        return found[0].amount, found[0].state


class Webhook:
    """The processor tells of something, and tells it again until it is answered with 200."""

    def __init__(self) -> None:
        self.hearing = Hearing()
        self.doors = webhooks.Doors(self.hearing.secrets, self.hearing.queue, "stripe", False, PROOF_OF_WEBHOOKS)

    def act(self, doors: Any) -> str:
        body = _body()
        try:
            answer = webhooks.take(webhooks.webhook_of(_sent(body)), doors, HEARD_AT).answer
        except Exception:  # noqa: BLE001 - as the handler does
            return "500, and it is told again"
        return str(answer.status) if answer.status == 200 else f"{answer.status}, and it is told again"

    def again(self) -> str:
        return self.act(self.doors)

    def kept(self) -> Any:
        return set(self.hearing.queue.messages)


PROOF_OF_WEBHOOKS: Final = "proof"


class Settling:
    """A gift to a campaign and a membership are paid, and payments hear of it."""

    def __init__(self) -> None:
        self.books = Books()
        self.gift = self.books.order(GIFT)
        self.books.processor.pay(self.gift)
        self.joined = self.books.membership()
        self.doors = self.books.doors
        self.bodies = [msgspec.json.encode(one).decode() for one in self.books.processor.events]

    def act(self, doors: Any) -> str:
        desk = PaymentsDesk(doors)
        worked = [desk.work_off(body) for body in self.bodies]
        return COMES_AGAIN if any(one.ended is Ended.FAILED for one in worked) else "done"

    def again(self) -> str:
        return self.act(self.doors)

    def kept(self) -> Any:
        self.books.agree([self.gift, self.joined])
        return sorted(one.value for one in self.books.told()), self.books.member(PAYER.id).membership


class Reconciling(Settling):
    """The same, of which nothing was heard: the night's run finds it."""

    def act(self, doors: Any) -> str:
        report = reconcile(doors, lambda: 900.0)
        return "done" if report.is_finished and not report.failed else "the next run does it"


class Forgetting(Settling):
    """A member is erased who pays."""

    def __init__(self) -> None:
        super().__init__()
        self.again()
        self.bodies = [msgspec.json.encode(Forget(PAYER.id)).decode()]

    def kept(self) -> Any:
        orders = tuple(self.books.ledger.everything())
        assert not [one for one, _ in orders if one.member is not None]
        assert self.books.ledger.payer(PAYER.id) is None
        return sum(entry.amount for _, entries in orders for entry in entries), len(orders)


WORLDS: Final[Mapping[str, Callable[[], World]]] = {
    "a member reads an article's JSON": lambda: Reading(articles.read, "/api/articles/piece-1"),
    "a member reads a list": lambda: Reading(articles.read, "/api/articles"),
    "a member reads related articles": lambda: Reading(articles.read, "/api/articles/piece-1/related"),
    "a member reads an article's page": lambda: Reading(pages.read, "/articles/piece-1"),
    "a member reads the front page": lambda: Reading(pages.read, "/"),
    "a member reads a feed": lambda: Reading(pages.read, "/feeds/rss.xml"),
    "an article comes out": Publishing,
    "keys are rotated": Rotating,
    "a reader asks for a sign-in mail": lambda: Asking(
        "POST", "/api/members/sign-in", {"email": ADA}, look=lambda ada, _: bool(ada.house.postbox.orders)
    ),
    "a reader signs in": SigningIn,
    "a member's pass is renewed": lambda: Asking("POST", "/api/members/passes", look=_sessions),
    "a member changes newsletters": lambda: Asking(
        "PATCH", "/api/members/me", {"newsletters": ["letters"]}, look=_newsletters
    ),
    "a member changes the address": lambda: Asking(
        "POST",
        "/api/members/email",
        {"email": "new@reader.example"},
        look=lambda ada, _: bool(ada.house.postbox.orders),
    ),
    "a member gives an article away": lambda: Asking(
        "POST", "/api/members/gifts", {"slug": "piece-1"}, prepare=_make_member, look=_gifts
    ),
    "a member takes the data along": lambda: Asking("GET", "/api/members/me/export", look=_sessions),
    "a member signs out": lambda: Asking("POST", "/api/members/sign-out", look=_sessions),
    "a member gets an identity token": lambda: Asking(
        "POST", "/api/members/identity", {"audience": "forum"}, prepare=_trust_a_forum, look=_sessions
    ),
    "another issuer's reader gets a pass": Exchanging,
    "a member erases the account": Erasing,
    "mails are sent": Mailing,
    "a newsletter is sent": Newsletter,
    "a reader gives money": Giving,
    "the processor tells of a payment": Webhook,
    "payments are settled": Settling,
    "the night's run finds payments": Reconciling,
    "an erased member's payments end": Forgetting,
}
