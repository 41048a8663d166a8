"""The till as the stack has it: set up by Stripe's own library over HTTP, its webhooks heard at the site's address."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest

from infra.local.http_server import HttpServer
from infra.local.messages import Answer, Request
from infra.local.schedules import daily_event
from infra.local.seed import paper_of
from infra.local.shop import set_up
from infra.local.till.till import Till
from shared.domain.happenings import EVENT_TYPES
from shared.domain.webhooks import check_signature


class Site:
    """A front door with a till behind it, and nobody else but whoever notes what comes."""

    def __init__(self) -> None:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self.till = Till(self.url, lambda: None)
        self.heard: list[Request] = []
        self.server = HttpServer(listening, self._respond)
        self.server.start()

    def _respond(self, request: Request, address: str) -> Answer:
        if request.path.startswith("/_local/till"):
            return self.till.answer(request)
        self.heard.append(request)
        return Answer(200, (("content-length", "0"),))


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.till.stop()
    made.server.stop()


def test_it_sells_what_the_paper_offers_and_tells_of_what_happens_signed_with_the_secret(site: Site) -> None:
    paper = paper_of(site.url)
    opened = set_up(site.till, paper)
    assert opened.manage_url == f"{site.url}/_local/till/portal/login"
    assert b"Send the link" in site.till.answer(Request("GET", "/_local/till/portal/login")).body
    prices = {one["lookup_key"]: (one["unit_amount"], one["currency"]) for one in site.till.account.all("price")}
    assert prices == {f"frontline-{plan.id}": (plan.amount, plan.currency.lower()) for plan in paper.plans}

    site.till.account.make_customer("ada@reader.example")  # which is none of what we want to hear of
    price = site.till.account.all("price")[0]
    session = site.till.account.make_session(price, "Membership", {})
    site.till.account.pay(session["id"])
    give_up = time.monotonic() + 10
    while site.till.webhooks.waiting:
        assert time.monotonic() < give_up
        time.sleep(0.01)
    assert {request.path for request in site.heard} == {"/api/webhooks/stripe"}
    types = {json.loads(request.body)["type"] for request in site.heard}
    assert "checkout.session.completed" in types
    assert types <= EVENT_TYPES
    for request in site.heard:
        check_signature(request.body, request.header("stripe-signature") or "", (opened.webhook_secret,), time.time())


def test_to_set_it_up_again_sells_nothing_twice(site: Site) -> None:
    first, second = (set_up(site.till, paper_of(site.url)) for _ in range(2))
    assert (first.webhook_secret != second.webhook_secret, first.manage_url) == (True, second.manage_url)
    assert len(site.till.account.all("price")) == len(paper_of(site.url).plans)


def test_whoever_does_not_know_the_key_learns_nothing_from_its_api(site: Site) -> None:
    for key in (None, "Bearer sk_test_guessed", f"Basic {site.till.key}", "Bearer"):
        headers = (("authorization", key),) if key else ()
        answer = site.till.answer(Request("GET", "/_local/till/v1/events", headers=headers))
        assert answer.status == 401
        assert site.till.key not in answer.body.decode()
    headers = (("authorization", f"Bearer {site.till.key}"),)
    assert site.till.answer(Request("GET", "/_local/till/v1/events", headers=headers)).status == 200


@pytest.mark.parametrize("body", [b"\xff\xfe", b"%ff", b"a[b[c]=1", b"x" * 100_000, b"limit=many", b"&&=&="])
def test_whatever_is_sent_to_its_api_is_refused_in_stripes_words(site: Site, body: bytes) -> None:
    headers = (("authorization", f"Bearer {site.till.key}"),)
    for path in ("customers", "checkout/sessions", "refunds", "nothing/at/all", "customers/../x"):
        answer = site.till.answer(Request("POST", f"/_local/till/v1/{path}", headers=headers, body=body))
        assert 400 <= answer.status < 500, path
        assert json.loads(answer.body)["error"]["type"]


def test_what_fires_once_a_day_is_a_scheduled_event() -> None:
    event = daily_event("ReconcileFunction")
    assert (event["detail-type"], event["source"], event["detail"]) == ("Scheduled Event", "aws.events", {})
    assert event["resources"][0].endswith(":rule/ReconcileFunction")
