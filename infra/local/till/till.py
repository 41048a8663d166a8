"""The till, put together: an account, what is told of it, and what is served under /_local/till."""

import secrets
from collections.abc import Callable
from typing import Any, Final

from infra.local.messages import Answer, Request
from infra.local.till.account import Account
from infra.local.till.frame import BASE
from infra.local.till.pages import TillPages
from infra.local.till.webhooks import Target, Webhooks
from infra.local.till.wire import Wire

HOOK: Final = "/api/webhooks/stripe"  # of the site


class Till:
    """At work when it has been made; `stop` ends it. `reconcile` has Frontline's daily look done, and says what came of
    it. Whoever asks its API has to know `key`, which is another one for each stack."""

    def __init__(self, site_url: str, reconcile: Callable[[], Any]) -> None:
        self.url = f"{site_url}{BASE}"
        self.hook = f"{site_url}{HOOK}"
        self.key = f"sk_test_{secrets.token_hex(24)}"
        self.account = Account(base=self.url)
        self.webhooks = Webhooks(self._targets)
        self.account.on_event = self.webhooks.hear
        self._wire = Wire(self.account, lambda: [self.key])
        self._pages = TillPages(self.account, self.webhooks, self._api, reconcile)

    def answer(self, request: Request) -> Answer:
        """What is asked for under /_local/till."""
        return self._pages.answer(request)

    def stop(self) -> None:
        """Tell nobody anything more."""
        self.webhooks.stop()

    def _api(self, request: Request) -> Answer:
        status, headers, body = self._wire.answer(
            request.method, request.url.removeprefix(BASE), dict(request.headers), request.body
        )
        lower = {name.lower(): value for name, value in headers.items()}
        return Answer(status, (*lower.items(), ("content-length", str(len(body)))), body)

    def _targets(self) -> list[Target]:
        return [
            Target(one["url"], one["secret"], frozenset(one["enabled_events"]))
            for one in self.account.all("webhook_endpoint")
            if one["status"] == "enabled"
        ]
