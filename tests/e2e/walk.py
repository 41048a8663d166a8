"""What people do with the deployed stack, from its first hour to its last: by the paper's own doors, as they would."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from PIL import Image

from infra.local.till.webhooks import Faults
from shared.domain.addresses import parse_address
from shared.domain.mails import NoticeOrder
from shared.domain.tiers import Tier
from tests.e2e.deployed import WORK, Failed
from tests.e2e.town import Town, Visitor
from tests.samples import SAMPLE, closed_sentences

SLUG: Final = "the-night-ferry-question"  # a long article with gates of both tiers, one of them with sound in it
PATH: Final = f"/api/articles/{SLUG}"
CAMPAIGN: Final = "the-long-winter"
OTHER_CAMPAIGN: Final = "the-short-summer"
ADA, BOB, CY, DEE, EVE = (f"{name}@reader.example" for name in ("ada", "bob", "cy", "dee", "eve"))
REFUSED_GIFT: Final = {"amount": "1", "currency": "EUR", "interval": "once"}  # too little
PAPER: Final = "paper.json"  # in the content bucket
AHEAD_SECONDS: Final = 12  # of a scheduled article


def need(holds: object, *what: object) -> None:
    """Raises Failed with what was seen instead."""
    if not holds:
        raise Failed(" ".join(map(str, what)))


class Walk:
    """The journeys, in the order in which they can happen. Each leaves the stack as a paper would find it."""

    def __init__(self, town: Town) -> None:
        self.town, self.stack, self.till = town, town.stack, town.door.till
        self._people = 0
        self.ada, self.bob = self.somebody(), self.somebody()

    def __iter__(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "nothing is set up yet, and that is said", self.first_hour
        yield "ops sets the paper up and publishes", self.set_up
        yield "everybody reads what their tier opens", self.read
        yield "readers sign in by link and by code", self.sign_in
        yield "a reader gives, once and every month", self.contribute
        yield "a subscriber joins, and reads as a member", self.join
        yield "one article is given away, and one is read by the meter", self.open_one
        yield "what no webhook told is found the same day", self.reconcile
        yield "money goes back", self.refund
        yield "a new article is mailed; one click ends that", self.newsletter
        yield "a mail bounces", self.bounce
        yield "an article appears when it is due, moves, and goes", self.schedule
        yield "a reader changes address and devices, and takes everything along", self.account
        yield "the paper's configuration is lost, and found again", self.lose_the_paper
        yield "readers are erased", self.erase
        yield "an alarm is told", self.alarm
        yield "a change that cannot be delivered is put aside", self.undelivered
        yield "nonsense is put off", self.last_things

    def somebody(self) -> Visitor:
        self._people += 1
        return Visitor(self.town, f"203.0.113.{self._people}")

    # Setting up -------------------------------------------------------------------------------------------------------

    def first_hour(self) -> None:
        """Every function is asked before it can have an answer. What matters is that it says so by its own words: what
        is missing is told from what is forbidden."""
        self.stack.frontline("keys", "init")
        nobody = self.somebody()
        nobody.does(404, "GET", "/api/articles/none")
        for path in ("/", "/sections/city", "/contribute", "/api/campaigns/none", "/api/members/me", "/account"):
            nobody.says_so("GET", path)
        nobody.says_so("POST", "/api/members/sign-in", {"email": ADA})
        nobody.says_so("POST", "/api/contributions", {"amount": 1, "currency": "EUR", "interval": "once"})
        # Nor can a mail be written: it is put off.
        self.stack.opened().postbox().order(NoticeOrder(parse_address(CY), "erased", int(time.time())))
        self.town.until_missed(PAPER, "MailRole")

    def set_up(self) -> None:
        frontline = self.stack.frontline
        paper = json.loads((SAMPLE / PAPER).read_text(encoding="utf-8"))
        paper["campaigns"].append({**paper["campaigns"][0], "slug": OTHER_CAMPAIGN})
        file = WORK / PAPER
        file.write_text(json.dumps(paper), encoding="utf-8")
        frontline("paper", "--file", str(file))
        # A paper without an article has no lists.
        first = self.somebody()
        first.gets("/api/articles")
        first.signs_in(CY)
        first.gets("/account")
        first.posts(422, "/api/contributions", REFUSED_GIFT, form=True, accept="text/html")
        frontline("payments", "key", said=f"{self.till.key}\n")
        frontline("payments", "setup")
        articles = [str(path) for path in sorted((SAMPLE / "articles").glob("*.json"))]
        said = frontline("publish", *articles)
        need(said.count(" live after ") == len(articles), said)
        self.town.settle()

    # Reading ----------------------------------------------------------------------------------------------------------

    def read(self) -> None:
        secrets = closed_sentences(SLUG)
        for tier in Tier:
            reader = self.somebody()
            opened = [each for each, texts in secrets.items() if tier >= each for _ in texts]
            if tier is not Tier.ANONYMOUS:
                reader.cookies["__Host-pass"] = self.stack.frontline("pass", "--tier", tier.value).strip()
            article, page = reader.gets(PATH), reader.gets(f"/articles/{SLUG}")
            need(article.headers["x-rendered-for"] == tier.value, tier, article.headers)
            gates = [block for block in article.json["body"] if block["type"] == "gate"]
            for gate in gates:
                need(gate["locked"] == (tier < Tier(gate["tier"])), tier, gate["id"], gate["locked"])
            for each, texts in secrets.items():
                for text in texts:
                    need((text in article.text) == (each in opened), f"{tier.value}: {each.value}'s {text[:60]}")
            need(gates[0]["teaser"] in page.text or tier > Tier.ANONYMOUS, "no teaser")
            again = reader.gets(PATH)
            need(again.headers["x-cache"].startswith("Hit"), tier, again.headers["x-cache"])
            closed = re.findall(r'"(/media/member/[^"]+)"', _sample())[0]
            need(reader.ask("GET", closed).status == (200 if tier is Tier.MEMBER else 403), tier, closed)
        everyone = self.somebody()
        for path in (
            "/",
            "/sections/city",
            "/api/articles?section=city",
            "/feeds/rss.xml",
            "/sitemap.xml",
            "/robots.txt",
        ):
            everyone.gets(path)
        everyone.gets(f"/api/campaigns/{CAMPAIGN}")
        everyone.gets("/contribute")
        everyone.gets("/static/errors/unavailable.html")
        everyone.does(404, "GET", "/articles/none-such")
        everyone.does(404, "GET", "/api/articles/none-such")

    # Members ----------------------------------------------------------------------------------------------------------

    def sign_in(self) -> None:
        self.ada.signs_in(ADA, newsletter="the-day")
        need(self.ada.gets("/api/members/me").json["email"] == ADA)
        _, code = self.bob.asks_for_mail(BOB)
        self.bob.posts(201, "/api/members/sessions", {"email": BOB, "code": code})
        self.ada.posts(200, "/api/members/passes")
        need(self.ada.gets(PATH).headers["x-rendered-for"] == "subscriber")
        self.ada.does(302, "GET", f"/api/members/refresh?next=/articles/{SLUG}")
        self.ada.posts(400, "/api/members/identity", {"audience": "forum"})  # nobody is trusted yet
        trust = WORK / "trust.json"
        trust.write_text(json.dumps({"schema": 1, "audiences": [{"name": "forum"}]}), encoding="utf-8")
        self.stack.frontline("trust", "set", str(trust))
        need(self.ada.posts(200, "/api/members/identity", {"audience": "forum"}).json["identity"].count(".") == 2)
        need(self.somebody().gets("/.well-known/jwks.json").json["keys"])
        self.ada.gets("/account")
        foreign = self.somebody().ask("POST", "/api/members/passes", authorization="Bearer " + "a.b.c")
        need(foreign.status == 401, foreign.status, foreign.body)

    def account(self) -> None:
        desk = self.somebody()
        desk.signs_in(ADA)
        sessions = desk.gets("/api/members/sessions").json["sessions"]
        need(len(sessions) == 2, sessions)
        other = next(one["id"] for one in sessions if not one["is_this"])
        desk.does(200, "DELETE", f"/api/members/sessions/{other}")
        self.ada.posts(401, "/api/members/passes")
        before = len(self.town.mails(f"new-{ADA}"))
        desk.posts(202, "/api/members/email", {"email": f"new-{ADA}"})
        mailed = self.town.mail(f"new-{ADA}", before)["BodyText"]
        token = mailed.partition("/account/email/")[2][:64]
        desk.posts(200, "/api/members/email/agree", {"token": token})
        desk.does(200, "PATCH", "/api/members/me", {"newsletters": ["the-water"]})
        exported = desk.gets("/api/members/me/export").json
        need(exported["account"]["email"] == ADA, exported["account"])
        self.ada = desk

    def erase(self) -> None:
        for reader in (self.ada, self.bob):
            reader.does(200, "DELETE", "/api/members/me")
            reader.posts(401, "/api/members/passes")
        customers = self.till.account.all
        self.town.until(
            "Stripe has forgotten whoever paid",
            lambda: not any(one.get("email") in {ADA, BOB} for one in customers("customer") if not one.get("deleted")),
        )
        left = json.dumps(self.stack.client("dynamodb").scan(TableName=self.stack.outputs["MembersTable"])["Items"])
        need(ADA not in left and BOB not in left, left)

    # Money ------------------------------------------------------------------------------------------------------------

    def give(self, reader: Visitor, **more: Any) -> Any:
        asked = {"amount": 2500, "currency": "EUR", "interval": "once", "campaign": CAMPAIGN, "public": True, **more}
        return reader.posts(201, "/api/contributions", asked, idempotency_key=f"{id(reader)}-{len(asked)}").json

    def pay(self, begun: Any, email: str, name: str = "Ada") -> None:
        self.till.account.pay(begun["url"].rpartition("/")[2], email, name)

    def raised(self, campaign: str = CAMPAIGN) -> int:
        """What a campaign has raised, as readers see it who see no copy."""
        self.town.door.forget()
        return int(self.somebody().gets(f"/api/campaigns/{campaign}").json["raised"]["EUR"])

    def contribute(self) -> None:
        giver = self.somebody()
        begun = self.give(giver, name="Ada", message="Go on")
        need(self.give(giver, name="Ada", message="Go on") == begun, "asked again, another order was begun")
        self.pay(begun, DEE)
        self.town.settle()
        need(self.raised() == 2500, self.raised())
        self.town.mail(DEE, 0)
        page = giver.posts(422, "/api/contributions", REFUSED_GIFT, form=True, accept="text/html")
        need("<form" in page.text, "no form to try again with")
        monthly = self.give(self.ada, interval="month", amount=500, name="Ada")
        self.till.is_ill = True  # it tells what happens, and then does not say how that stands
        self.pay(monthly, ADA)
        self.town.until_asked("PaymentsRole", "sqs:ChangeMessageVisibility")
        self.till.is_ill = False
        self.town.settle()
        need(self.raised() == 3000, self.raised())
        need("Ada" in json.dumps(giver.gets(f"/api/campaigns/{CAMPAIGN}").json["named"]))
        hook = giver.ask(
            "POST", "/api/webhooks/stripe", {"id": "evt_1"}, stripe_signature=f"t={int(time.time())},v1=ab"
        )
        need(hook.status == 400, hook.status, hook.body)

    def join(self) -> None:
        self.joined = self.bob.posts(201, "/api/memberships", {"plan": "monthly"}).json
        self.pay(self.joined, BOB, "Bob")
        self.town.settle()
        need(self.tier_of(self.bob) == "member")
        self.bob.posts(409, "/api/memberships", {"plan": "monthly"}, idempotency_key="twice")
        self.bob.posts(201, "/api/memberships/portal", {})
        need("€8" in self.bob.gets("/account").text, "no payment to be seen")

    def open_one(self) -> None:
        given = self.bob.posts(201, "/api/members/gifts", {"slug": SLUG}).json["gift"]["url"]
        need(given.startswith(self.town.site), given)
        opened = self.somebody().gets(given.removeprefix(self.town.site))
        need(opened.headers["x-rendered-for"] == "member", opened.headers)
        self.bob.posts(404, "/api/members/gifts", {"slug": "none-such"})
        sent = self.ada.posts(303, "/api/members/reads", {"slug": SLUG}, form=True)
        metered = self.ada.gets(sent.headers["location"].removeprefix(self.town.site))
        need(metered.headers["x-rendered-for"] == "member", metered.headers)

    def reconcile(self) -> None:
        """Webhooks are lost: of a gift, of its going back, and of a membership."""
        hooks, account = self.till.webhooks, self.till.account
        hooks.set_faults(Faults(drop=1.0))
        lost = self.give(self.somebody(), amount=700, name="Lost", campaign=OTHER_CAMPAIGN)
        self.pay(lost, CY)
        eve = self.somebody()
        eve.signs_in(EVE)
        self.pay(eve.posts(201, "/api/memberships", {"plan": "yearly"}).json, EVE)
        daily = f"due?{self.stack.ids['ReconcileFunctionDaily']}"
        self.town.tell(daily)
        self.town.until("reconciling finds the gift", lambda: self.raised(OTHER_CAMPAIGN) == 700)
        self.town.until("reconciling finds the membership", lambda: self.tier_of(eve) == "member")
        self.town.mail(CY, 0)
        account.refund(next(one["id"] for one in account.all("payment_intent") if one["amount"] == 700))
        self.town.tell(daily)
        self.town.until("reconciling finds that it went back", lambda: self.raised(OTHER_CAMPAIGN) == 0)
        hooks.set_faults(Faults())

    def tier_of(self, reader: Visitor) -> str:
        """The tier that a new pass gives them, as the article is shown."""
        reader.posts(200, "/api/members/passes")
        return reader.gets(PATH).headers["x-rendered-for"]

    def refund(self) -> None:
        """A gift goes back by Stripe's pages, a membership's payment by our command."""
        before = self.raised()
        account = self.till.account
        account.refund(next(one["id"] for one in account.all("payment_intent") if one["amount"] == 2500))
        self.town.until("the gift has gone back", lambda: self.raised() == before - 2500)
        self.stack.frontline("contributions", "refund", self.joined["id"], "--yes")
        self.town.until("the membership has ended", lambda: self.tier_of(self.bob) == "subscriber")
        need("-25.00" in self.stack.frontline("contributions", "export"), "the refund is not in the books")

    # Articles and mails -----------------------------------------------------------------------------------------------

    def newsletter(self) -> None:
        before = len(self.town.mails(ADA))
        self.stack.frontline("publish", draft("the-day-it-came", "It came today"))
        mail = self.town.mail(ADA, before, "It came today")
        self.town.tell("ill?ses")
        self.stack.frontline("publish", draft("the-day-it-did-not", "It did not come"))
        self.somebody().posts(202, "/api/members/sign-in", {"email": DEE})
        self.town.until_asked("NewslettersRole", "sqs:SendMessage")  # the rest is put off, and so is the other mail
        self.town.until_asked("MailRole", "dynamodb:DeleteItem")
        self.town.tell("well")
        self.town.mail(DEE, 0, "is your code")
        link = re.findall(r"/unsubscribe/the-day/[0-9a-f]+", mail["BodyText"])[0]
        self.somebody().gets(link)
        name, token = link.rsplit("/", 2)[1:]
        one_click = {"List-Unsubscribe": "One-Click"}
        self.somebody().posts(200, f"/api/newsletters/{name}/unsubscribe?t={token}", one_click, form=True)
        need(self.ada.gets("/api/members/me").json["newsletters"] == [])
        self.town.settle()

    def bounce(self) -> None:
        told = {
            "eventType": "Bounce",
            "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": CY}]},
            "mail": {"destination": [CY]},
        }
        configuration = f"configuration-set/{self.stack.outputs['MailConfiguration']}"
        self.stack.as_service("ses", "sns", configuration).publish(
            TopicArn=self.stack.outputs["MailFeedbackTopic"], Message=json.dumps(told)
        )
        self.town.until("the bounce is known", lambda: "bounce" in self.stack.frontline("mail", "show", CY))

    def undelivered(self) -> None:
        """What EventBridge does with a change that publishing's queue does not take; the emulator's queues take all."""
        queue, rule = self.stack.outputs["UndeliveredChangesUrl"], self.stack.ids["ArticleChanges"]
        self.stack.as_service("events", "sqs", f"rule/{rule}").send_message(QueueUrl=queue, MessageBody="{}")

    def alarm(self) -> None:
        topic = self.stack.ids["AlarmTopic"]
        self.stack.as_service("cloudwatch", "sns", "alarm:one").publish(TopicArn=topic, Message="It is over.")

    def lose_the_paper(self) -> None:
        """Somebody deletes the paper's configuration. What needs it is put off, and done when it is there again."""
        begun = self.bob.posts(201, "/api/memberships", {"plan": "yearly"}).json
        bucket = self.stack.outputs["ContentBucket"]
        self.stack.client("s3").delete_object(Bucket=bucket, Key=PAPER)
        self.pay(begun, BOB, "Bob")
        self.stack.frontline("publish", draft("the-lost-paper", "The lost paper"))
        self.town.until_missed(PAPER, "PaymentsRole", "NewslettersRole")
        daily = f"due?{self.stack.ids['ReconcileFunctionDaily']}"
        self.town.tell(daily)
        self.town.until_missed(PAPER, "ReconcileRole")
        self.stack.frontline("paper", "--file", str(WORK / PAPER))
        self.town.tell(daily)  # what was put off would do it, a minute later
        self.town.until("the membership begins", lambda: self.tier_of(self.bob) == "member")

    def last_things(self) -> None:
        """What is no use to anybody is put aside, and holds nobody up."""
        sqs = self.stack.client("sqs")
        nothing = {"article": "nothing", "slug": "nothing"}
        sqs.send_message(QueueUrl=self.stack.outputs["AnnouncementsQueueUrl"], MessageBody=json.dumps(nothing))
        self.town.until_missed("articles/nothing.json", "NewslettersRole")
        queue = self.stack.outputs["PublishingQueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="nothing", MessageGroupId="paper")
        self.town.until_asked("PublishingRole", "sqs:ChangeMessageVisibility")

    def schedule(self) -> None:
        slug = "the-clock-strikes"
        due = int(time.time()) + AHEAD_SECONDS
        at = dt.datetime.fromtimestamp(due, dt.UTC).isoformat()
        file = draft(slug, "The clock strikes", picture=True)
        reader = self.somebody()
        self.stack.frontline("schedule", file, "--at", at)
        picture = f"/media/anonymous/{slug}.png"
        reader.does(404, "GET", f"/api/articles/{slug}")
        reader.does(403, "GET", picture)
        self.stack.frontline("schedule", file, "--at", dt.datetime.fromtimestamp(due + 2, dt.UTC).isoformat())

        def out() -> bool:
            self.town.door.purge()
            return reader.ask("GET", f"/api/articles/{slug}").status == 200

        self.town.until("the article appears", out)
        need(time.time() > due, "it was there too early")
        self.town.until("its picture is there", lambda: reader.ask("GET", picture).status == 200)
        self.town.settle()
        self.stack.frontline("rename", slug, "the-clock-struck")
        self.town.settle()
        reader.does(301, "GET", f"/api/articles/{slug}")
        self.stack.frontline("unpublish", "the-clock-struck")
        self.town.settle()
        reader.does(410, "GET", "/api/articles/the-clock-struck")
        late = draft("the-clock-stands", "The clock stands")
        self.stack.frontline(
            "schedule", late, "--at", f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=9):%Y-%m-%dT%H:%MZ}"
        )
        self.stack.frontline("unpublish", "the-clock-stands")
        self.town.until_missed("articles/the-clock-stands.json", "PublishingRole")


def _sample() -> str:
    """The article as it was written."""
    return (SAMPLE / "articles" / f"{SLUG}.json").read_text(encoding="utf-8")


def draft(slug: str, title: str = "An early start", *, picture: bool = False) -> str:
    """The file of a new article."""
    folder = WORK / "drafts"
    path = folder / f"{slug}.md"
    lead = ""
    if picture:
        file = folder / "media" / "anonymous" / f"{slug}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), "red").save(file)
        lead = f"lead_picture: {{src: /media/anonymous/{slug}.png, alt: A clock, origin: photograph}}\n"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"""---
id: walk-{slug}
slug: {slug}
kind: report
title: {title}
standfirst: Nobody has wound it since May.
section: Harbour Walks
author: {{name: Ines Quay, kind: person, biography: Ines Quay walks.}}
language: en
published_at: {dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}
tags: [tide-clocks]
{lead}---

A clock hangs where the ferries leave.
""",
        encoding="utf-8",
    )
    return str(path)
