"""Stripe's API over HTTP, as far as Frontline asks it: forms in, JSON out, Stripe's errors, its lists, its keys for
what must happen once. Whatever is asked beyond that is refused loudly, never guessed.

https://docs.stripe.com/api
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from infra.local.till import shapes
from infra.local.till.account import Account, TillError, missing
from infra.local.till.expanding import expand
from infra.local.till.forms import Shape, free, read
from infra.local.till.shapes import Object

Answer = tuple[int, dict[str, str], bytes]
Params = dict[str, Any]
DAY: Final = 86_400
LONGEST_KEY: Final = 255
MOST_TYPES: Final = 20  # of event, in one question
REMEMBERED: Final = 30 * DAY  # how long events are listed
_LISTED: Final[dict[str, Shape]] = {"limit": int, "starting_after": str, "expand": [str]}
_TIMES: Final[dict[str, Shape]] = {"gte": int, "gt": int, "lte": int, "lt": int}
_COMPARED: Final[dict[str, Callable[[int, int], bool]]] = {
    "gte": int.__ge__,
    "gt": int.__gt__,
    "lte": int.__le__,
    "lt": int.__lt__,
}
_FEATURES: Final[dict[str, Shape]] = {
    "customer_update": {"enabled": bool, "allowed_updates": [str]},
    "invoice_history": {"enabled": bool},
    "payment_method_update": {"enabled": bool},
    "subscription_cancel": {"enabled": bool, "mode": str},
    "subscription_update": {"enabled": bool},
}
_RECURRING: Final[dict[str, Shape]] = {"interval": str, "interval_count": int}


@dataclass(frozen=True)
class Endpoint:
    """What may be asked, with which parameters, and who answers: with the parameters, then the ids in the path."""

    method: str
    path: re.Pattern[str]
    shape: dict[str, Shape]
    answer: Callable[..., Object]


class Wire:
    """The API of one account. `keys` says which secret keys are good now."""

    def __init__(self, account: Account, keys: Callable[[], Iterable[str]]) -> None:
        self._account, self._keys = account, keys
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._once: dict[str, tuple[int, str, Answer]] = {}  # by Idempotency-Key: when, what was asked, the answer
        self.endpoints = self._made()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """The answer to a request. `path` begins with /v1/ and may have a query; names of headers in any case."""
        said = {name.lower(): value for name, value in headers.items()}
        try:
            self._check_key(said)
            self._check_version(said)
            key = said.get("idempotency-key", "")
            if method != "POST" or not key:
                return _json(200, self._answered(method, path, body))
            return self._answered_once(key, method, path, body)
        except TillError as error:
            return _refused(error)

    def _answered(self, method: str, path: str, body: bytes) -> Object:
        parts = urlsplit(path)
        found = [one for one in self.endpoints if one.path.match(parts.path)]
        for endpoint in found:
            if endpoint.method == method:
                match = endpoint.path.match(parts.path)
                form = body.decode("utf-8", "replace") if method == "POST" else parts.query
                params = read(form, {**endpoint.shape, "expand": [str]})
                wanted = params.pop("expand", [])
                object = endpoint.answer(params, *(match.groups() if match else ()))
                expand(self._account, object, wanted)
                return object
        raise TillError(f"Unrecognized request URL ({method}: {parts.path}). The till has no such thing.", status=404)

    def _answered_once(self, key: str, method: str, path: str, body: bytes) -> Answer:
        """Like Stripe, it keeps for a day what it has done; what it has refused can be asked again."""
        if len(key) > LONGEST_KEY:
            raise TillError(f"Idempotency keys are {LONGEST_KEY} characters at most.", type="idempotency_error")
        asked = hashlib.sha256(b"%s %s\n%s" % (method.encode(), path.encode(), body)).hexdigest()
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            now = self._account.now()
            at, before, answer = self._once.get(key, (now - 2 * DAY, "", (0, {}, b"")))
            if now - at > DAY:
                answer = _json(200, self._answered(method, path, body))
                self._once[key] = (now, asked, answer)
                return answer
        if before != asked:
            raise TillError(
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                type="idempotency_error",
            )
        return answer[0], {**answer[1], "idempotent-replayed": "true"}, answer[2]

    def _check_key(self, headers: Mapping[str, str]) -> None:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            raise TillError("You did not provide an API key: Authorization: Bearer YOUR_SECRET_KEY", status=401)
        if key not in set(self._keys()):
            raise TillError(f"Invalid API Key provided: {key[:8]}****", status=401)

    def _check_version(self, headers: Mapping[str, str]) -> None:
        version = headers.get("stripe-version", shapes.API_VERSION)
        if version != shapes.API_VERSION:
            raise TillError(f"The till speaks {shapes.API_VERSION}, not {version[:40]}.", param="Stripe-Version")

    # What may be asked ------------------------------------------------------------------------------------------------

    def _made(self) -> list[Endpoint]:
        account = self._account

        def one(id: str) -> Object:
            return account.get(id)

        def get(path: str) -> Endpoint:
            return _endpoint("GET", f"{path}/ID", {}, lambda params, id: one(id))

        return [
            _endpoint("POST", "customers", {"email": str, "name": str, "metadata": free}, self._make_customer),
            get("customers"),
            _endpoint("DELETE", "customers/ID", {}, self._delete_customer),
            _endpoint("POST", "products", {"id": str, "name": str, "metadata": free}, self._make_product),
            get("products"),
            _endpoint("POST", "products/ID", {"name": str, "active": bool}, self._change_product),
            _endpoint("GET", "prices", {**_LISTED, "lookup_keys": [str], "active": bool}, self._prices),
            _endpoint(
                "POST",
                "prices",
                {
                    "product": str,
                    "unit_amount": int,
                    "currency": str,
                    "recurring": _RECURRING,
                    "lookup_key": str,
                    "transfer_lookup_key": bool,
                },
                self._make_price,
            ),
            _endpoint(
                "POST",
                "checkout/sessions",
                {
                    "mode": str,
                    "client_reference_id": str,
                    "line_items": [
                        {
                            "price": str,
                            "quantity": int,
                            "price_data": {
                                "currency": str,
                                "unit_amount": int,
                                "product_data": {"name": str},
                                "recurring": _RECURRING,
                            },
                        }
                    ],
                    "success_url": str,
                    "cancel_url": str,
                    "locale": str,
                    "adaptive_pricing": {"enabled": bool},
                    "submit_type": str,
                    "customer": str,
                    "customer_email": str,
                    "expires_at": int,
                },
                self._make_session,
            ),
            self._list("checkout/sessions", "checkout.session", "payment_intent", "subscription", "customer"),
            get("checkout/sessions"),
            _endpoint("POST", "checkout/sessions/ID/expire", {}, lambda params, id: account.expire(id)),
            get("payment_intents"),
            self._list("charges", "charge", "payment_intent", "customer"),
            get("charges"),
            self._list("invoices", "invoice", "customer", "status", "subscription"),
            get("invoices"),
            _endpoint(
                "GET",
                "invoice_payments",
                {**_LISTED, "invoice": str, "status": str, "payment": {"type": str, "payment_intent": str}},
                self._invoice_payments,
            ),
            get("invoice_payments"),
            get("subscriptions"),
            _endpoint("DELETE", "subscriptions/ID", {}, lambda params, id: account.cancel(id)),
            _endpoint("POST", "refunds", {"payment_intent": str, "amount": int, "reason": str}, self._refund),
            self._list("refunds", "refund", "charge", "payment_intent"),
            get("refunds"),
            self._list("disputes", "dispute", "charge", "payment_intent"),
            get("disputes"),
            _endpoint("GET", "events", {**_LISTED, "created": _TIMES, "types": [str], "type": str}, self._events),
            get("events"),
            _endpoint(
                "POST",
                "billing_portal/configurations",
                {
                    "features": _FEATURES,
                    "metadata": free,
                    "business_profile": {"headline": str},
                    "default_return_url": str,
                    "login_page": {"enabled": bool},
                },
                self._make_portal,
            ),
            self._list("billing_portal/configurations", "billing_portal.configuration", "active"),
            _endpoint(
                "POST",
                "billing_portal/configurations/ID",
                {
                    "features": _FEATURES,
                    "business_profile": {"headline": str},
                    "default_return_url": str,
                    "login_page": {"enabled": bool},
                },
                self._change_portal,
            ),
            _endpoint(
                "POST",
                "billing_portal/sessions",
                {"customer": str, "return_url": str, "configuration": str},
                self._open_portal,
            ),
            _endpoint("POST", "webhook_endpoints", {"url": str, "enabled_events": [str]}, self._make_webhook),
            _endpoint("GET", "webhook_endpoints", _LISTED, self._webhooks),
        ]

    def _list(self, path: str, kind: str, *fields: str) -> Endpoint:
        """A list of a kind, by what stands in these fields."""
        shape: dict[str, Shape] = {**_LISTED, "created": _TIMES}
        shape |= {name: bool if name == "active" else str for name in fields}

        def answer(params: Params) -> Object:
            wanted = {name: params.pop(name) for name in fields if name in params}
            return self._page(kind, wanted, params, f"/v1/{path}")

        return _endpoint("GET", path, shape, answer)

    # What is answered -------------------------------------------------------------------------------------------------

    def _make_customer(self, params: Params) -> Object:
        return self._account.make_customer(params.get("email"), params.get("name"), params.get("metadata"))

    def _delete_customer(self, params: Params, id: str) -> Object:
        self._account.delete_customer(id)
        return {"id": id, "object": "customer", "deleted": True}

    def _make_product(self, params: Params) -> Object:
        _need(params, "name")
        id = params.get("id")
        if id is not None and any(one["id"] == id for one in self._account.all("product")):
            raise TillError(f"Product already exists: {id}", "resource_already_exists", param="id")
        made = shapes.product(self._account.now(), params["name"], params.get("metadata"), id)
        return self._account.make(made, "product.created")

    def _change_product(self, params: Params, id: str) -> Object:
        return self._account.change(id, {**params, "updated": self._account.now()}, "product.updated")

    def _page(
        self, kind: str, wanted: Params, params: Params, url: str, fits: Callable[[Object], bool] = lambda one: True
    ) -> Object:
        """A page of a list, the newest first (https://docs.stripe.com/api/pagination)."""
        limit, times = params.get("limit", 10), params.get("created", {})
        if not 1 <= limit <= 100:
            raise TillError("Invalid limit: 1 to 100", "parameter_invalid_integer", param="limit")

        def matches(one: Object) -> bool:
            return (
                fits(one)
                and all(_has(one, *item) for item in wanted.items())
                and all(_COMPARED[name](one["created"], at) for name, at in times.items())
            )

        found, has_more = self._account.page(kind, matches, limit, params.get("starting_after"))
        return {**shapes.listed(found, url), "has_more": has_more}

    def _prices(self, params: Params) -> Object:
        wanted = {"active": params["active"]} if "active" in params else {}
        keys = params.get("lookup_keys")
        return self._page("price", wanted, params, "/v1/prices", lambda one: keys is None or one["lookup_key"] in keys)

    def _make_price(self, params: Params) -> Object:
        _need(params, "currency", "product", "unit_amount")
        self._account.get(params["product"], "product")
        key = params.get("lookup_key")
        for one in self._account.all("price"):
            if key is not None and one["lookup_key"] == key:
                if not params.get("transfer_lookup_key"):
                    raise TillError(f"A price already uses that lookup key: {key}", param="lookup_key")
                self._account.change(one["id"], {"lookup_key": None}, "price.updated")
        made = self._price(params, params["product"], params.get("lookup_key"))
        return self._account.make(made, "price.created")

    def _price(self, params: Params, product: str, lookup_key: str | None) -> Object:
        currency, recurring = params["currency"], params.get("recurring")
        if not re.fullmatch(r"[a-z]{3}", currency):
            raise TillError(f"Invalid currency: {currency[:10]}. The till wants it small.", param="currency")
        if not 0 <= params["unit_amount"] <= 99_999_999:
            raise TillError("Invalid amount", "amount_too_large", param="unit_amount")
        if recurring is not None and recurring.get("interval") not in {"month", "year"}:
            raise TillError("Invalid interval: the till knows month and year", param="recurring[interval]")
        if recurring is not None and recurring.get("interval_count", 1) != 1:
            raise TillError("The till knows one month and one year", param="recurring[interval_count]")
        interval = recurring and recurring["interval"]
        return shapes.price(self._account.now(), product, params["unit_amount"], currency, interval, lookup_key)

    def _make_session(self, params: Params) -> Object:
        _need(params, "line_items", "mode", "success_url")
        if len(params["line_items"]) != 1 or params["line_items"][0].get("quantity") != 1:
            raise TillError("The till sells one piece of one thing at a time.", param="line_items")
        if "customer" in params and "customer_email" in params:
            raise TillError("You may only specify one of these parameters: customer, customer_email.")
        mode, locale = params.pop("mode"), params.get("locale")
        if locale not in {None, "auto"}:
            raise TillError("The till has one language: locale is auto.", param="locale")
        price, description = self._priced(params.pop("line_items")[0])
        if mode != ("subscription" if price["recurring"] else "payment"):
            raise TillError(f"A price of type {price['type']} cannot be paid in `{mode}` mode.", param="mode")
        if mode != "payment" and "submit_type" in params:
            raise TillError("`submit_type` can only be used in `payment` mode.", param="submit_type")
        if "customer" in params:
            customer = self._account.get(params["customer"], "customer")
            if customer.get("deleted"):
                raise missing(params["customer"], "customer")
        now = self._account.now()
        if not now + 1_800 <= params.get("expires_at", now + DAY) <= now + DAY:
            raise TillError("The `expires_at` timestamp must be 30 minutes to 24 hours from now.", param="expires_at")
        return self._account.make_session(price, description, params)

    def _priced(self, item: Params) -> tuple[Object, str]:
        """The price of what is on a page, and what it is called."""
        if ("price" in item) == ("price_data" in item):
            raise TillError("You must specify one of `price` or `price_data`.", param="line_items[0]")
        if "price" in item:
            price = self._account.get(item["price"], "line_items[0][price]")
            if not price["active"]:
                raise TillError("The price specified is inactive.", param="line_items[0][price]")
            return price, self._account.get(price["product"])["name"]
        data = item["price_data"]
        _need(data, "currency", "product_data", "unit_amount")
        _need(data["product_data"], "name")
        product = self._account.make(shapes.product(self._account.now(), data["product_data"]["name"]))
        price = {**self._price(data, product["id"], None), "active": False}
        return self._account.make(price), product["name"]

    def _invoice_payments(self, params: Params) -> Object:
        wanted: Params = {name: params[name] for name in ("invoice", "status") if name in params}
        payment = params.get("payment", {})

        def fits(one: Object) -> bool:
            return all(_has(one["payment"], *item) for item in payment.items())

        return self._page("invoice_payment", wanted, params, "/v1/invoice_payments", fits)

    def _refund(self, params: Params) -> Object:
        _need(params, "payment_intent")
        return self._account.refund(params["payment_intent"], params.get("amount"), params.get("reason"))

    def _events(self, params: Params) -> Object:
        types = set(params.get("types", ())) | ({params["type"]} if "type" in params else set())
        if len(params.get("types", ())) > MOST_TYPES:
            raise TillError(f"You may ask for {MOST_TYPES} types at most.", param="types")
        since = self._account.now() - REMEMBERED

        def fits(one: Object) -> bool:
            return one["created"] >= since and (not types or one["type"] in types)

        return self._page("event", {}, params, "/v1/events", fits)

    def _make_portal(self, params: Params) -> Object:
        _need(params, "features")
        headline = params.get("business_profile", {}).get("headline")
        back = params.get("default_return_url")
        made = shapes.portal_configuration(self._account.now(), params["features"], headline, back)
        login = self._login_page(params.get("login_page", {}))
        return self._account.make({**made, "metadata": params.get("metadata", {}), "login_page": login})

    def _change_portal(self, params: Params, id: str) -> Object:
        known = self._account.get(id)
        features = params.pop("features", {})
        for name, feature in features.items():
            known["features"][name].update(feature)
        known["business_profile"].update(params.pop("business_profile", {}))
        if "login_page" in params:
            params["login_page"] = self._login_page(params["login_page"])
        kept = {"features": known["features"], "business_profile": known["business_profile"]}
        return self._account.change(id, {**kept, **params, "updated": self._account.now()})

    def _login_page(self, params: Params) -> Object:
        """There is one for all portals here: the till has no mail to put a link to each into."""
        is_on = params.get("enabled", False)
        return {"enabled": is_on, "url": f"{self._account.base}/portal/login" if is_on else None}

    def _open_portal(self, params: Params) -> Object:
        _need(params, "customer")
        if self._account.get(params["customer"], "customer").get("deleted"):
            raise missing(params["customer"], "customer")
        if "configuration" not in params:
            raise TillError("No configuration provided and your test mode default configuration has not been created.")
        self._account.get(params["configuration"], "configuration")
        made = shapes.portal_session(
            self._account.now(),
            params["customer"],
            params["configuration"],
            params.get("return_url"),
            f"{self._account.base}/portal",
        )
        return self._account.make(made)

    def _make_webhook(self, params: Params) -> Object:
        _need(params, "enabled_events", "url")
        made = shapes.webhook_endpoint(self._account.now(), params["url"], params["enabled_events"], None, None)
        return self._account.make(made)

    def _webhooks(self, params: Params) -> Object:
        """Without their secrets: those are told once."""
        page = self._page("webhook_endpoint", {}, params, "/v1/webhook_endpoints")
        for one in page["data"]:
            del one["secret"]
        return page


def _endpoint(method: str, path: str, shape: dict[str, Shape], answer: Callable[..., Object]) -> Endpoint:
    pattern = "/v1/" + re.escape(path).replace("ID", "([A-Za-z0-9_-]{1,255})")
    return Endpoint(method, re.compile(pattern + r"\Z"), shape, answer)


def _need(params: Params, *names: str) -> None:
    for name in names:
        if name not in params:
            raise TillError(f"Missing required param: {name}.", "parameter_missing", param=name)


def _has(object: Object, name: str, value: Any) -> bool:
    """Whether that stands in the field; an invoice's subscription is in its parent."""
    if object.get("object") == "invoice" and name == "subscription":
        return bool(object["parent"]["subscription_details"]["subscription"] == value)
    return bool(object.get(name) == value)


def _json(status: int, object: Object) -> Answer:
    headers = {
        "content-type": "application/json",
        "request-id": shapes.new_id("req_"),
        "stripe-version": shapes.API_VERSION,
    }
    return status, headers, json.dumps(object).encode()


def _refused(error: TillError) -> Answer:
    told = {"type": error.type, "code": error.code, "param": error.param, "message": error.message}
    return _json(error.status, {"error": {name: value for name, value in told.items() if value is not None}})
