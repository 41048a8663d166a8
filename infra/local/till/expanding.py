"""`expand[]`: objects in the place of their ids (https://docs.stripe.com/api/expanding_objects)."""

from __future__ import annotations

from typing import Final

from infra.local.till import shapes
from infra.local.till.account import Account, TillError
from infra.local.till.shapes import Object

DEEPEST: Final = 4
INCLUDED: Final = 10  # of a list that is part of an object
_EXPANDABLE: Final = {
    "checkout.session": {"customer", "invoice", "payment_intent", "subscription"},
    "payment_intent": {"customer", "latest_charge"},
    "charge": {"customer", "payment_intent"},
    "refund": {"charge", "payment_intent"},
    "dispute": {"charge", "payment_intent"},
    "subscription": {"customer", "latest_invoice"},
    "invoice": {"customer"},
    "invoice_payment": {"invoice"},
    "price": {"product"},
    "item": set(),
    "payment": {"payment_intent"},
}


def expand(account: Account, object: Object, wanted: list[str]) -> None:
    """Put into the object what is asked for. Raises TillError for what cannot be."""
    for path in wanted:
        parts = path.split(".")
        if len([part for part in parts if part != "data"]) > DEEPEST:
            raise TillError(f"You cannot expand more than {DEEPEST} levels of a property: {path}", param="expand")
        _expand(account, object, parts, path)


def _expand(account: Account, object: Object, parts: list[str], path: str) -> None:
    first, rest = parts[0], parts[1:]
    if object.get("object") == "list":
        if first != "data":
            raise TillError(f"This property cannot be expanded ({path}).", param="expand")
        for one in object["data"]:
            if rest:
                _expand(account, one, rest, path)
        return
    kind = object.get("object", "payment" if "payment_intent" in object else "")
    if (part := _included(account, object, kind, first)) is not None:
        object[first] = part
    elif first not in _EXPANDABLE.get(kind, set()) and not isinstance(object.get(first), dict):
        raise TillError(f"This property cannot be expanded ({path}).", param="expand")
    elif isinstance(object[first], str):
        object[first] = account.get(object[first])
    if rest and object[first] is not None:
        _expand(account, object[first], rest, path)


def _included(account: Account, object: Object, kind: str, name: str) -> Object | None:
    """The lists that are part of an object only where they are asked for."""
    id = object.get("id", "")
    match kind, name:
        case ("charge", "refunds"):
            return _listed(account, "refund", "charge", id, f"/v1/charges/{id}/refunds")
        case ("invoice", "payments"):
            return _listed(account, "invoice_payment", "invoice", id, "/v1/invoice_payments")
        case ("checkout.session", "line_items"):
            return shapes.listed(account.items(id), f"/v1/checkout/sessions/{id}/line_items")
    return None


def _listed(account: Account, kind: str, field: str, id: str, url: str) -> Object:
    found, has_more = account.page(kind, lambda one: bool(one[field] == id), INCLUDED)
    return {**shapes.listed(found, url), "has_more": has_more}
