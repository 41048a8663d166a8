"""Somebody with browsers and a mailbox, who walks through the front door: cookies and mails are kept."""

from __future__ import annotations

import http.client
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.journeys.conftest import Paper, Reply

PATIENCE_SECONDS = 15.0


@dataclass
class Walker:
    """A browser with its cookies. `seen` holds every secret that it was given, to look for where none may be."""

    paper: Paper
    agent: str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    cookies: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def ask(self, method: str, path: str, body: Any = None, *, form: bool = False, **headers: str) -> Reply:
        """One request as this browser sends it, and its answer."""
        url = self.paper.info["site_url"]
        sent = {"user-agent": self.agent, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method != "GET":
            sent.setdefault("origin", url)
        raw = None
        if body is not None:
            sent.setdefault("content-type", "application/x-www-form-urlencoded" if form else "application/json")
            raw = urlencode(body, doseq=True) if form else json.dumps(body)
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, path, body=raw, headers=sent)
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    self._keep(value)
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Reply:
        return self.ask("GET", path)

    def post(self, path: str, body: Any = None, *, form: bool = False) -> Reply:
        return self.ask("POST", path, body, form=form)

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        """What the mailbox holds, the newest first."""
        return [mail for mail in self.paper.get("/_local/outbox.json").json if mail["to"] == address]

    def mail_to(self, address: str, before: int) -> dict[str, Any]:
        """The next mail after as many as there were before."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while len(found := self.mails_to(address)) <= before:
            assert time.monotonic() < give_up, "no mail comes"
            time.sleep(0.05)
        return found[0]

    def ask_for_mail(self, address: str, **more: str) -> tuple[str, str]:
        """The link's token and the digits of a new mail."""
        before = len(self.mails_to(address))
        assert self.post("/api/members/sign-in", {"email": address, **more}).status == 202
        text = self.mail_to(address, before)["text"]
        token = re.findall(r"/sign-in/link/([0-9a-f]{64})\b", text)[0]
        code = re.findall(r"^ *([0-9]{6})$", text, re.MULTILINE)[0]
        self.seen |= {token}
        return token, code

    def sign_in(self, address: str, **more: str) -> Reply:
        """Sign in by the link."""
        token, _ = self.ask_for_mail(address, **more)
        reply = self.post("/api/members/sessions", {"token": token})
        assert reply.status == 201, reply.body
        return reply

    def _keep(self, line: str) -> None:
        name, _, rest = line.partition("=")
        value, _, attributes = rest.partition(";")
        if "Max-Age=0" in attributes:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value
            if len(value) > 20:
                self.seen |= {value, value[-64:]}
