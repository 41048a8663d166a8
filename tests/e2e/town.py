"""Where the walk takes place: the deployed stack with its door, its till and its mailbox, and people with browsers."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import urllib3

from tests.e2e.deployed import DECISIONS, Deployed, Failed
from tests.e2e.door import Door
from tests.e2e.policies import Decision, Refused, read

PATIENCE_SECONDS: Final = 40.0
FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
T = TypeVar("T")
Json = Any


@dataclass(frozen=True)
class Reply:
    """What came back; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Town:
    """Where the walk takes place: the stack, its front door, the till, the mailbox."""

    def __init__(self, stack: Deployed, door: Door) -> None:
        self.stack, self.door = stack, door
        self.site = stack.outputs["SiteUrl"]

    def refusals(self) -> list[str]:
        """What was asked for in vain, in words."""
        return sorted({str(one) for one in read(DECISIONS) if isinstance(one, Refused)})

    def until(self, what: str, happened: Callable[[], T]) -> T:
        """What comes of that, as soon as anything does. Raises Failed when nothing does, or something is refused."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not (found := happened()):
            if refused := self.refusals():
                raise Failed(f"waiting until {what}: {'; '.join(refused)}")
            if time.monotonic() > give_up:
                raise Failed(f"waited {PATIENCE_SECONDS:g} s in vain until {what}; queues: {self.depths()}")
            time.sleep(0.2)
        return found

    def until_asked(self, role: str, action: str, *, missing: str | None = None) -> None:
        """Wait until a role has asked for an action; `missing`: because that object is not there."""
        who = self.stack.ids[role]

        def asked() -> bool:
            return any(
                one.who == who
                and one.action == action
                and (missing is None or (isinstance(one, Decision) and one.keys.get("s3:prefix") == missing))
                for one in read(DECISIONS)
            )

        self.until(f"{role} asks for {action}{' about ' + missing if missing else ''}", asked)

    def until_missed(self, name: str, *roles: str) -> None:
        """Wait until these functions have looked for an object that is not there, and were told so."""
        for role in roles:
            self.until_asked(role, "s3:ListBucket", missing=name)

    def tell(self, what: str) -> None:
        """Tell the emulator: `due?RULE`, `ill?ses`, `well`."""
        answer = urllib3.request("POST", f"{self.stack.endpoint}/_e2e/{what}")
        if answer.status != 202:
            raise Failed(f"the emulator does not know how to be {what}")

    def depths(self) -> dict[str, int]:
        """How many messages are in each queue, waiting or with somebody."""
        found = {}
        for output, url in self.stack.outputs.items():
            if output.endswith(("QueueUrl", "LettersUrl")):
                asked = self.stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
                counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
                found[output.removesuffix("Url")] = sum(int(asked["Attributes"][name]) for name in counts)
        return found

    def settle(self) -> None:
        """Wait until every webhook was taken and every queue is empty."""
        self.until("webhooks are taken", lambda: self.door.till.webhooks.waiting == 0)
        self.until("queues are empty", lambda: not any(self.depths().values()))
        self.door.purge()

    def mails(self, to: str) -> list[Json]:
        """What was mailed to an address, the oldest first."""
        found = urllib3.request("GET", f"{self.stack.endpoint}/_ministack/ses/messages").json()["messages"]
        return [one for of_account in found.values() for one in of_account if to in one["To"]]

    def mail(self, to: str, before: int, about: str = "") -> Json:
        """The next mail to that address after as many as there were before, with this in its subject."""

        def came() -> list[Json]:
            return [one for one in self.mails(to)[before:] if about in one["Subject"]]

        return self.until(f"a mail comes to {to}", came)[0]


@dataclass
class Visitor:
    """Somebody with a browser: cookies are kept."""

    town: Town
    address: str  # whence requests come
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Json = None, *, form: bool = False, **headers: str) -> Reply:
        """One request as this browser sends it, and its answer."""
        sent = {
            "user-agent": FIREFOX,
            "x-walk-from": self.address,
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method != "GET":
            sent.setdefault("origin", self.town.site)
        raw = None
        if body is not None:
            sent.setdefault("content-type", "application/x-www-form-urlencoded" if form else "application/json")
            raw = urlencode(body) if form else json.dumps(body)
        url = f"{self.town.door.url}{path}"
        answer = urllib3.request(method, url, headers=sent, body=raw, redirect=False, retries=False, timeout=60)
        for line in answer.headers.getlist("set-cookie"):
            name, _, rest = line.partition("=")
            value, _, attributes = rest.partition(";")
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data)

    def does(self, expected: int, method: str, path: str, body: Json = None, *, form: bool = False, **h: str) -> Reply:
        """The same, and the answer has to be of that status."""
        reply = self.ask(method, path, body, form=form, **h)
        if reply.status != expected:
            refused = "; ".join(self.town.refusals())
            raise Failed(f"{method} {path}: {reply.status}, not {expected}. {refused} {reply.body[:300]!r}")
        return reply

    def says_so(self, method: str, path: str, body: Json = None, *, form: bool = False, **headers: str) -> None:
        """The same for what cannot be had yet: 503, in our own words."""
        reply = self.does(503, method, path, body, form=form, **headers)
        if b"has not been given its name" not in reply.body and b"cannot be shown right now" not in reply.body:
            raise Failed(f"{method} {path}: not our words: {reply.body[:300]!r}")

    def gets(self, path: str, **headers: str) -> Reply:
        return self.does(200, "GET", path, form=False, **headers)

    def posts(self, expected: int, path: str, body: Json = None, *, form: bool = False, **headers: str) -> Reply:
        return self.does(expected, "POST", path, body, form=form, **headers)

    def asks_for_mail(self, email: str, **more: str) -> tuple[str, str]:
        """The link's token and the digits of the next mail."""
        before = len(self.town.mails(email))
        self.posts(202, "/api/members/sign-in", {"email": email, **more})
        text = self.town.mail(email, before)["BodyText"]
        return (
            re.findall(r"/sign-in/link/([0-9a-f]{64})\b", text)[0],
            re.findall(r"^ *([0-9]{6})$", text, re.MULTILINE)[0],
        )

    def signs_in(self, email: str, **more: str) -> None:
        token, _ = self.asks_for_mail(email, **more)
        self.posts(201, "/api/members/sessions", {"token": token})
