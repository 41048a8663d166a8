"""Clocks that jump: what is seen of everything that goes by a time while ours is wrong, and that nothing stays wrong
when it is right again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from functions.articles import read as articles
from functions.mail import orders
from functions.newsletters.batch import work_off as newsletters
from functions.payments.reconcile import reconcile
from functions.webhooks import intake
from shared.domain.members import Membership, MembershipState
from shared.domain.tiers import Tier
from shared.http import Answer, Request
from tests.faults.persons import Exchanging, asked_change, make_member
from tests.faults.post import ANNOUNCED, Mailing, Newsletter
from tests.functions.books import Books
from tests.functions.paper import NOW, PAPER, PASSES, article, doors, published
from tests.functions.paying import member_of
from tests.functions.test_mail_orders import ASKED
from tests.functions.test_money_mails import THANKS
from tests.functions.test_sessions import twin_of
from tests.functions.test_webhooks import NOW as HEARD_AT
from tests.functions.test_webhooks import Paper as Hearing
from tests.functions.test_webhooks import _body, _sent
from tests.functions.visitor import House, Visitor
from tests.money_cases import GIFT
from tests.press import NOW as PRESSED_AT
from tests.press import Press, piece

MINUTE, HOUR, DAY = 60, 3_600, 86_400


class Clock(Struct, frozen=True):
    """One thing that goes by a time. `wanted`: what is to be seen, by how many seconds our clock is late (below zero:
    early); `see` does it anew."""

    what: str
    wanted: Mapping[int, str]
    see: Callable[[int], str]


def _pass(token: str, late: int, path: str = "piece-1") -> str:
    of = doors(published(article(1), article(2)), PAPER, article(1), article(2))
    own = articles.Doors(
        articles=of.articles, passes=of.passes, lists=of.lists, papers=of.papers, campaigns=of.campaigns
    )
    headers = {"x-reader-tier": "member", "x-reader-pass": token}
    answer: Answer = articles.read(Request("GET", f"/api/articles/{path}", "", headers), own, NOW + late).answer
    if answer.headers["x-rendered-for"] == "member":
        return "member"
    assert "no-store" in answer.headers["cache-control"]
    return f"anyone, `x-pass: {answer.headers['x-pass']}`"


def _renewed_pass(late: int) -> str:
    return _pass(PASSES.mint(Tier.MEMBER, NOW, 300), late)


def _gift(late: int) -> str:
    return _pass(PASSES.mint(Tier.MEMBER, NOW, 14 * DAY, "piece-1"), late)


def _link(late: int) -> str:
    bob = Visitor(House())
    token, _ = bob.ask_for_mail()
    bob.house.now += late
    return str(bob.post("/api/members/sessions", {"token": token}).answer.status)


def _session(late: int) -> str:
    """Also when the clock is right again, where it went on."""
    ada = _signed_in()
    ada.house.now += late
    status = ada.post("/api/members/passes").answer.status
    if status == 200:
        ada.house.now -= late
        assert ada.post("/api/members/passes").answer.status == 200
    return str(status)


def _replaced(late: int) -> str:
    """A cookie that was replaced by a renewal a moment before our clock jumped."""
    ada = _signed_in()
    old = twin_of(ada)
    ada.post("/api/members/passes")
    ada.house.now += late
    return str(old.post("/api/members/passes").answer.status)


def _signed_in() -> Visitor:
    ada = Visitor(House())
    ada.sign_in()
    return ada


def _agreed(late: int) -> str:
    ada = _signed_in()
    link = asked_change(ada)
    ada.house.now += late
    return str(ada.post("/api/members/email/agree", {"token": link}).answer.status)


def _membership(late: int) -> str:
    """A renewal has failed, and there is a week of grace."""
    ada = _signed_in()
    member, version = member_of(ada)
    at = int(ada.house.now)
    paid = Membership(MembershipState.PAST_DUE, at - 30 * DAY, at, at + 7 * DAY)
    ada.house.doors.members.write(replace(member, membership=paid), version)
    ada.house.now += late
    ada.post("/api/members/passes")
    seen = ada.tier.value
    ada.house.now -= late
    ada.post("/api/members/passes")
    assert ada.tier is Tier.MEMBER, "it is again when the clock is right"
    return seen


def _granted(late: int) -> str:
    """Somebody was made a member at this moment, by another clock."""
    ada = _signed_in()
    make_member(ada)
    ada.house.now += late
    ada.post("/api/members/passes")
    return ada.tier.value


def _foreign(late: int) -> str:
    world = Exchanging()
    world.house.now += late
    return world.act(world.doors)


def _webhook(late: int) -> str:
    """Stripe tells it again for three days: also one that was refused is taken when the clock is right."""
    hearing = Hearing()
    own = intake.Doors(hearing.secrets, hearing.queue, "stripe", False, "proof")
    sent = intake.webhook_of(_sent(_body()))
    status = intake.take(sent, own, HEARD_AT + late).answer.status
    assert intake.take(sent, own, HEARD_AT).answer.status == 200
    assert hearing.queue.messages
    return str(status)


def _due(late: int) -> str:
    due = replace(article(1), published_at=dt.datetime.fromtimestamp(NOW, dt.UTC))
    of = doors(published(article(2)), PAPER, due)
    own = articles.Doors(
        articles=of.articles, passes=of.passes, lists=of.lists, papers=of.papers, campaigns=of.campaigns
    )

    def read(now: float) -> int:
        answer: Answer = articles.read(Request("GET", f"/api/articles/{due.slug}", "", {}), own, now).answer
        return answer.status

    seen = read(NOW + late)
    assert read(NOW) == 200
    return str(seen)


def _published(late: int) -> str:
    """Publishing hears that an article is due, which it is by the schedule's clock."""
    press = Press(piece(1))
    done = press.publish(piece(2, published_at=PRESSED_AT), PRESSED_AT + dt.timedelta(seconds=late))
    seen = "it comes out" if done.listed else f"it is scheduled anew, for {press.schedules.at['piece-2']:%H:%M}"
    press.catch_up("piece-2")
    assert "piece-2" in press.slugs()
    assert [slug for _, slug in press.announcements.sent] == ["piece-2"]
    return seen


def _mailed(late: int) -> str:
    """A sign-in mail that was ordered two seconds ago."""
    world = Mailing(ASKED)
    (done,) = orders.work_off(world.records, world.doors, ASKED.asked_at + 2 + late).done
    return done.became.value


def _receipt(late: int) -> str:
    world = Mailing(THANKS)
    (done,) = orders.work_off(world.records, world.doors, THANKS.asked_at + 2 + late).done
    return done.became.value


def _newsletter(late: int) -> str:
    """An article that came out a minute ago: whom it has reached now, and then, when the clock is right."""
    world = Newsletter()
    world.desk.now += late
    records = [{"messageId": "m", "body": ANNOUNCED}]
    (one,) = newsletters(records, world.doors, world.desk.left)
    assert one.run is not None
    seen = f"{one.run.ended.value}: {len(world.desk.sent_to)} mails"
    world.desk.now -= late
    for _ in range(len(world.desk.continuations.put_off)):
        newsletters(records, world.doors, world.desk.left)
    return f"{seen}, and {len(world.desk.sent_to)} in the end"


def _reconciled(late: int) -> str:
    """A night's run goes by a wrong clock. What happens after it, of which nothing is heard, the next one finds."""
    books = Books()
    gift = books.order(GIFT)
    payment = books.processor.pay(gift)
    books.processor.now += late
    reconcile(books.doors, lambda: 900.0)
    books.processor.now -= late
    books.processor.now += HOUR
    books.processor.refund(payment, 100, "key")
    books.processor.now += DAY - HOUR
    reconcile(books.doors, lambda: 900.0)
    books.agree([gift])
    return f"{books.of(gift).received} cents of 500, of which 100 were given back"


CLOCKS: Final = (
    Clock(
        "a member's pass",
        {
            0: "member",
            299: "member",
            301: "anyone, `x-pass: expired`",
            DAY: "anyone, `x-pass: expired`",
            -59: "member",
            -61: "anyone, `x-pass: invalid`",
            -DAY: "anyone, `x-pass: invalid`",
        },
        _renewed_pass,
    ),
    Clock(
        "a gift link of two weeks",
        {13 * DAY: "member", 15 * DAY: "anyone, `x-pass: expired`", -59: "member", -HOUR: "anyone, `x-pass: invalid`"},
        _gift,
    ),
    Clock("a sign-in link", {0: "201", 599: "201", 600: "410", DAY: "410", -HOUR: "201", -DAY: "201"}, _link),
    Clock(
        "a session",
        {MINUTE: "200", HOUR: "200", 59 * DAY: "200", 60 * DAY: "401", -HOUR: "200", -DAY: "200"},
        _session,
    ),
    Clock(
        "a session's cookie that was just replaced",
        {0: "200", 59: "200", 60: "401", -59: "200", -HOUR: "401"},
        _replaced,
    ),
    Clock("a link that agrees to an address", {0: "200", HOUR: "200", DAY: "410", -DAY: "200"}, _agreed),
    Clock(
        "a membership that is past due",
        {0: "member", 6 * DAY: "member", 7 * DAY: "subscriber", -DAY: "member"},
        _membership,
    ),
    Clock("a grant of this moment", {0: "member", DAY: "member", -MINUTE: "subscriber"}, _granted),
    Clock(
        "another issuer's token of 5 minutes",
        {0: "200", 298: "200", 300: "401 `expired_token`", -59: "200", -HOUR: "401 `invalid_token`"},
        _foreign,
    ),
    Clock(
        "a webhook",
        {0: "200", 300: "200", 301: "400", DAY: "400", -300: "200", -301: "400", -DAY: "400"},
        _webhook,
    ),
    Clock("an article that is due at this moment, read", {0: "200", DAY: "200", -1: "404", -DAY: "404"}, _due),
    Clock(
        "an article that is due at this moment, published",
        {0: "it comes out", DAY: "it comes out", -HOUR: "it is scheduled anew, for 12:00"},
        _published,
    ),
    Clock(
        "an order of a sign-in mail",
        {0: "sent", 597: "sent", 600: "too_old", -HOUR: "sent", -DAY: "sent"},
        _mailed,
    ),
    Clock("an order of a receipt", {0: "sent", 30 * DAY: "sent", -DAY: "sent"}, _receipt),
    Clock(
        "a newsletter",
        {
            0: "finished: 3 mails, and 3 in the end",
            DAY: "finished: 3 mails, and 3 in the end",
            -HOUR: "later: 0 mails, and 3 in the end",
            -DAY: "later: 0 mails, and 3 in the end",
        },
        _newsletter,
    ),
    Clock(
        "a night's run over payments",
        dict.fromkeys((0, HOUR, 40 * DAY, -HOUR, -DAY), "400 cents of 500, of which 100 were given back"),
        _reconciled,
    ),
)
