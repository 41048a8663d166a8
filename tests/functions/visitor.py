"""Somebody with browsers and a mailbox, on in-memory doors: asks the members function as the HTTP API does."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jsonschema
from msgspec.structs import replace

import functions.members
from functions.members.answer import DESK
from functions.members.route import Doors
from infra.ops.openapi import openapi
from shared.domain.email_change import begin_email_change
from shared.domain.mails import EmailChangeOrder, SignInOrder
from shared.domain.paper import Newsletter, Paper
from shared.domain.refusals import UnknownIssuer
from shared.domain.sign_in import begin_sign_in
from shared.domain.tiers import Tier
from shared.domain.trust import NOBODY
from shared.personal import PersonalRequest, personal_request_of
from shared.personal.answering import Outcome
from shared.site.html import Templates
from shared.site.site import Sites
from tests.functions.paper import PAPER as PLAIN_PAPER
from tests.functions.paper import PASSES, article, published
from tests.member_twins import (
    MemoryAllowances,
    MemoryEmailChanges,
    MemoryLimits,
    MemoryMembers,
    MemoryPostbox,
    MemoryRecords,
    MemorySessions,
    MemorySignIns,
)
from tests.money_twins import MemoryLedger, MemoryPaymentsQueue
from tests.twins import MemoryLists, MemoryPapers

DOCUMENT = openapi()
NOW = dt.datetime(2026, 12, 10, 12, tzinfo=dt.UTC).timestamp()
LISTS = MemoryLists(published(article(1)))  # which nobody here writes
# One for all: Jinja2 leaves a reference in sys.modules that dies with each.
TEMPLATES = Templates(Path(functions.members.__file__).parent)
PROOF = "what-the-edge-alone-knows"
ADA = "ada@reader.example"
PAPER: Paper = replace(
    PLAIN_PAPER,
    newsletters=(
        Newsletter("weekly", "The weekly", "Once a week."),
        Newsletter("letters", "Letters", "Now and then."),
    ),
)


def chances() -> Iterator[bytes]:
    """Never twice the same, and always the same in each test."""
    for number in itertools.count(1):
        yield number.to_bytes(64, "big")


class NobodyElse:
    """`ForeignTokens` of a paper that trusts nobody, `TrustStore` and `IdentitySigner` of one that says nothing."""

    def verify(self, token: str, now: float) -> Any:
        raise UnknownIssuer("Not here.")

    def read(self) -> Any:
        return NOBODY

    def sign(self, claims: Any) -> str:
        return f"signed.{claims.aud}.{claims.sub}"

    def keys(self) -> tuple[Any, ...]:
        return ()


class House:
    """The members function's doors, and the mail function played by hand."""

    def __init__(
        self,
        records: MemoryRecords | None = None,
        postbox: MemoryPostbox | None = None,
        payments: MemoryPaymentsQueue | None = None,
    ) -> None:
        self.records = records or MemoryRecords()
        self.postbox = postbox or MemoryPostbox()
        self.payments = payments or MemoryPaymentsQueue()
        self.money = MemoryRecords()  # another table, which may fail by itself
        self.now = NOW
        self.mails: list[tuple[str, str, str]] = []  # to, token, code
        supply = chances()
        nobody = NobodyElse()
        self.doors = Doors(
            members=MemoryMembers(self.records),
            sessions=MemorySessions(self.records),
            allowances=MemoryAllowances(self.records),
            sign_ins=MemorySignIns(self.records),
            changes=MemoryEmailChanges(self.records),
            limits=MemoryLimits(),
            postbox=self.postbox,
            ledger=MemoryLedger(self.money),
            payments=self.payments,
            passes=PASSES,
            foreign=nobody,
            trust=nobody,
            identity=nobody,
            papers=MemoryPapers(PAPER),
            lists=LISTS,
            sites=Sites(TEMPLATES),
            chance=lambda count: next(supply)[-count:],
            proof=PROOF,
        )

    def deliver(self) -> None:
        """Do what the mail function does with the orders that wait."""
        while self.postbox.orders:
            match self.postbox.orders.pop(0):
                case SignInOrder() as order:
                    kept, mailed = begin_sign_in(
                        order.address,
                        order.browser,
                        order.code_key,
                        order.next,
                        order.newsletter,
                        self.now,
                        self.doors.chance,
                    )
                    self.doors.sign_ins.put(kept)
                    self.mails.append((order.address.text, mailed.token, mailed.code))
                case EmailChangeOrder(member, old, new):
                    change, for_old, for_new = begin_email_change(member, old, new, self.now, self.doors.chance)
                    self.doors.changes.put(change)
                    self.mails += [(old.text, for_old, ""), (new.text, for_new, "")]


def hold(method: str, path: str, outcome: Outcome) -> None:
    """Every answer to a program is one that docs/openapi.yaml describes."""
    at = re.sub(
        r"/sessions/[0-9a-f]{32}$", "/sessions/{id}", re.sub(r"newsletters/[a-z0-9-]+/", "newsletters/{slug}/", path)
    )
    described = DOCUMENT["paths"].get(at, {}).get("get" if method == "HEAD" else method.lower())
    if described is None or outcome.route.startswith("ANY"):
        assert outcome.answer.status in (404, 405), (method, path, outcome.answer.status)
        return
    answer = described["responses"][str(outcome.answer.status)]
    if outcome.answer.status >= 400:
        assert f"`{json.loads(outcome.answer.body)['code']}`" in answer["description"]
    elif "content" in answer:
        schema = {**answer["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(schema).validate(json.loads(outcome.answer.body))


@dataclass
class Visitor:
    """A browser with its cookies."""

    house: House
    address: str = "203.0.113.7"
    agent: str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    cookies: dict[str, str] = field(default_factory=dict)
    outcome: Outcome = field(init=False)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        form: bool = False,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Outcome:
        """One request, and its answer; cookies that it sets are kept."""
        outcome = DESK.respond(
            self.request(method, path, body, form, headers or {}, raw), self.house.doors, self.house.now
        )
        for line in outcome.answer.cookies:
            name, _, rest = line.partition("=")
            value, _, attributes = rest.partition(";")
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        self.outcome = outcome
        if not form and "text/html" not in (headers or {}).get("accept", ""):
            hold(method, path.partition("?")[0], outcome)
        return outcome

    def request(
        self, method: str, path: str, body: Any, form: bool, headers: dict[str, str], raw: bytes | None
    ) -> PersonalRequest:
        path, _, query = path.partition("?")
        given = {"x-edge-proof": PROOF, "x-viewer-address": self.address, "user-agent": self.agent}
        if method != "GET":
            given["origin"] = PAPER.url
        if body is not None:
            given["content-type"] = "application/x-www-form-urlencoded" if form else "application/json"
            raw = (urlencode(body, doseq=True) if form else json.dumps(body)).encode()
        event: dict[str, Any] = {
            "rawPath": path,
            "rawQueryString": query,
            "headers": {name: value for name, value in {**given, **headers}.items() if value},
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "requestContext": {"http": {"method": method}},
            "body": None if raw is None else raw.decode("latin-1"),
        }
        return personal_request_of(event)

    def post(self, path: str, body: Any = None, *, form: bool = False) -> Outcome:
        return self.send("POST", path, body, form=form)

    def ask_for_mail(self, email: str = ADA, **more: str) -> tuple[str, str]:
        """Ask for a mail, and read it: the link's token and the six digits."""
        outcome = self.post("/api/members/sign-in", {"email": email, **more})
        assert outcome.answer.status == 202, outcome.answer.body
        self.house.deliver()
        _, token, code = self.house.mails[-1]
        return token, code

    def sign_in(self, email: str = ADA, **more: str) -> Outcome:
        """Sign in by the link."""
        token, _ = self.ask_for_mail(email, **more)
        return self.post("/api/members/sessions", {"token": token})

    @property
    def tier(self) -> Tier:
        """As which the read path would take this browser now."""
        return PASSES.verify(self.cookies.get("__Host-pass", ""), self.house.now).reader.tier

    @property
    def body(self) -> Any:
        return json.loads(self.outcome.answer.body)
