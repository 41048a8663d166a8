"""`/_local/till`: the till's pages, what is pressed on them, and all of it as JSON. Nothing changes but by POST."""

import html
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.local.messages import Answer, Request
from infra.local.till import hosted
from infra.local.till.account import DAY, Account, TillError
from infra.local.till.calendar import period_end
from infra.local.till.dashboard import dashboard, faults_of, state
from infra.local.till.frame import BASE, answer, go, page
from infra.local.till.page_forms import PageError, fields, number, whole
from infra.local.till.webhooks import Faults, Webhooks
from shared.domain.money import parse_typed
from shared.domain.refusals import InvalidField

LONGEST_DAYS: Final = 3_700  # that the clock is put forward at once: each month of each subscription takes its time
LARGEST_SEED: Final = 2**31
KINDS: Final = {  # in addresses → how the ids of such things begin
    "pay": "cs_",
    "portal": "bps_",
    "sessions": "cs_",
    "subscriptions": "sub_",
    "payments": "pi_",
    "refunds": "re_",
    "disputes": "du_",
    "events": "evt_",
}
PARTS: Final = {  # in addresses → the part of the page that shows such things
    "sessions": "pages",
    "subscriptions": "subscriptions",
    "payments": "payments",
    "refunds": "payments",
    "disputes": "disputes",
    "events": "webhooks",
}


class TillPages:
    """Answers what is asked under /_local/till. `api` answers Stripe's own paths under /_local/till/v1, `reconcile` has
    Frontline's daily look done and says what came of it."""

    def __init__(
        self,
        account: Account,
        webhooks: Webhooks,
        api: Callable[[Request], Answer],
        reconcile: Callable[[], Any],
    ) -> None:
        self._account = account
        self._webhooks = webhooks
        self._api = api
        self._reconcile = reconcile

    def answer(self, request: Request) -> Answer:
        """A page, where to go on to, or why not: whatever is sent, it is no fault of the till's."""
        path = request.path.removeprefix(BASE)
        if path.startswith("/v1/"):
            return self._api(request)
        try:
            return self._answer(request, path)
        except PageError as no:
            return page("That does not work", f"<p>{html.escape(no.words)}</p>", request, no.status)
        except TillError as no:
            words = "There is no such thing here." if no.status == 404 else "It is not possible as things are."
            return page("That does not work", f"<p>{words}</p>", request, 404 if no.status == 404 else 409)

    def _answer(self, request: Request, path: str) -> Answer:
        head, _, id = path.strip("/").partition("/")
        if path == "/portal/login":
            _only(request, "GET", "HEAD", "POST")
            return hosted.log_in(self._account, request)
        if id and not id.startswith(KINDS.get(head, "\0")):  # of another kind, or of none
            raise PageError(404, "Nothing is here.")
        if head in {"pay", "portal"} and id:
            _only(request, "GET", "HEAD", "POST")
            return (hosted.pay if head == "pay" else hosted.manage)(self._account, request, id)
        if path in {"", "/"}:
            _only(request, "GET", "HEAD")
            return dashboard(self._account, self._webhooks, request)
        if path in {".json", "/state.json"}:
            _only(request, "GET", "HEAD")
            return _json(state(self._account, self._webhooks), request)
        if request.path in {f"{BASE}/clock", f"{BASE}/faults", f"{BASE}/reconcile"}:
            _only(request, "POST")
            return {"clock": self._clock, "faults": self._set_faults, "reconcile": self._look}[head](request)
        if head in PARTS and id:
            _only(request, "POST")
            self._do(head, id, fields(request))
            return go(f"{BASE}#{PARTS[head]}")
        raise PageError(404, "Nothing is here.")

    # What is pressed --------------------------------------------------------------------------------------------------

    def _clock(self, request: Request) -> Answer:
        form, now = fields(request), self._account.now()
        match form.get("do", ""):
            case "day":
                self._account.advance(DAY)
            case "month" | "year" as interval:
                self._account.advance(period_end(now, interval, now) - now)
            case "":
                seconds = whole(form, "days", 0, LONGEST_DAYS) * DAY + whole(form, "seconds", 0, LONGEST_DAYS * DAY)
                self._account.advance(seconds)
            case _:
                raise PageError(400, "The clock goes on by a day, a month, a year, or by “days” and “seconds”.")
        return go(BASE)

    def _set_faults(self, request: Request) -> Answer:
        form = fields(request)
        given = {name: number(form, name) for name in ("drop", "duplicate", "delay", "reorder")}
        try:
            faults = Faults(**given, hold=form.get("hold", "") == "yes", seed=whole(form, "seed", 0, LARGEST_SEED))
        except ValueError as no:
            raise PageError(400, str(no)) from None
        self._webhooks.set_faults(faults)
        if "application/json" in (request.header("accept") or ""):
            return _json(faults_of(self._webhooks), request)
        return go(f"{BASE}#webhooks")

    def _look(self, request: Request) -> Answer:
        return _json(self._reconcile(), request)

    def _do(self, kind: str, id: str, form: Mapping[str, str]) -> None:
        """Let something happen to a thing. Raises PageError, and TillError."""
        account = self._account
        match kind, form.get("do", ""):
            case "sessions", "expire":
                account.expire(id)
            case "subscriptions", what:
                self._do_to_subscription(account.get(id, "subscription"), what)
            case "payments", "refund":
                account.refund(id, _amount(form, account.get(id)["currency"]), "requested_by_customer")
            case "payments", "dispute" | "inquire" as what:
                self._dispute(account.get(id), form, what == "inquire")
            case "payments", "settle":
                account.settle(id, succeeds=True)
            case "payments", "bounce":
                account.settle(id, succeeds=False)
            case "refunds", "fail":
                if account.get(id)["status"] == "failed":
                    raise PageError(409, "It has failed already.")
                account.refund_fails(id)
            case "disputes", "won" | "lost" as what:
                account.close_dispute(id, won=what == "won")
            case "disputes", "escalate":
                account.escalate(id)
            case "events", "resend":
                if not self._webhooks.resend(id):
                    raise PageError(404, "Nobody was told of such an event.")
            case _:
                raise PageError(400, "Press one of the buttons.")

    def _dispute(self, intent: Mapping[str, Any], form: Mapping[str, str], inquiry: bool) -> None:
        amount = _amount(form, intent["currency"])
        if amount is not None and not 0 < amount <= intent["amount"]:
            raise PageError(400, "A bank asks for what was paid, or for a part of it.")
        disputed = [one for one in self._account.all("dispute") if one["payment_intent"] == intent["id"]]
        if disputed:
            raise PageError(409, "There is a dispute about it already.")
        self._account.dispute(intent["id"], amount, inquiry)

    def _do_to_subscription(self, subscription: Mapping[str, Any], what: str) -> None:
        account, id, customer = self._account, subscription["id"], subscription["customer"]
        match what:
            case "renew":
                if subscription["ended_at"] is not None:
                    raise PageError(409, "It has ended.")
                account.advance(max(subscription["items"]["data"][0]["current_period_end"] - account.now(), 0))
            case "fail":
                account.fail_next(customer)
            case "fail_all":
                account.fail_next(customer, None)
            case "works":
                account.fail_next(customer, 0)
            case "cancel" | "end":
                account.cancel(id, at_period_end=what == "cancel")
            case "keep":
                account.keep(id)
            case "pause":
                account.pause(id)
            case "resume":
                account.resume(id)
            case _:
                raise PageError(400, "Press one of the buttons.")


def _amount(form: Mapping[str, str], currency: str) -> int | None:
    """An amount as one types it in minor units; None, for all there is, where nothing was typed. Raises PageError."""
    text = form.get("amount", "").strip()
    try:
        return parse_typed(text, currency.upper()) if text else None
    except InvalidField as no:
        raise PageError(400, str(no)) from None


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise PageError(405, f"Only {', '.join(methods)} here.")


def _json(value: Any, request: Request) -> Answer:
    return answer(200, "application/json", json.dumps(value), request)
