"""Holds objects to the types that come with stripe's library, which are made of the description of the very version
that it speaks: an object has each field that it must have, knows each that it has, and has such a value there."""

from __future__ import annotations

import importlib
from decimal import Decimal
from typing import Any, ClassVar, Final, ForwardRef, Literal, Union, get_args, get_origin

from stripe import ListObject, StripeObject
from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import UntypedStripeObject

from tests.local.stripe_openapi import NotStripe

NOT_PUBLISHED: Final = frozenset({"SubscriptionItem.plan", "Product.type", "PaymentIntent.source", "Charge.source"})
"""Fields that the library has, and the published description has not."""
_None: Final = type(None)
_PLAIN: Final[dict[Any, Any]] = {int: int, str: str, bool: bool, float: (int, float), Decimal: str}


def check_object(value: Any) -> None:
    """Raises NotStripe unless stripe's library could have read the object so."""
    if wrong := _unlike("$", value, _class_of(value["object"])):
        raise NotStripe(f"{value['object']}: " + "; ".join(wrong[:5]))
    if value["object"] == "event":
        check_object(value["data"]["object"])


def _class_of(kind: str) -> Any:
    module, name = OBJECT_CLASSES[kind]
    return getattr(importlib.import_module(module), name)


def _unlike(where: str, value: Any, type: Any) -> list[str]:
    """What is not as the type says."""
    arguments = get_args(type)
    match get_origin(type):
        case origin if origin is Union:
            words = [one for one in arguments if get_origin(one) is Literal]
            if words and isinstance(value, str):  # the library takes every word, the till may not make one up
                return min((_unlike(where, value, one) for one in words), key=len)
            return min((_unlike(where, value, one) for one in arguments), key=len)
        case origin if origin is Literal:
            return [] if value in arguments else [f"{where}: {value!r} is not one of {arguments[:6]}"]
        case origin if origin is list:
            if not isinstance(value, list):
                return [f"{where} is no list"]
            return [one for item in value for one in _unlike(f"{where}[]", item, arguments[0])]
        case origin if origin is ListObject:
            if not isinstance(value, dict) or value.get("object") != "list":
                return [f"{where} is no list object"]
            return [one for item in value["data"] for one in _unlike(f"{where}.data[]", item, arguments[0])]
        case origin if origin is UntypedStripeObject:
            return [] if isinstance(value, dict) else [f"{where} is no object"]
    if isinstance(type, ForwardRef | str):  # another object, which says itself what it is
        if not isinstance(value, dict) or "object" not in value:
            return [f"{where} is no object"]
        return _unlike(where, value, _class_of(value["object"]))
    if type is _None:
        return [] if value is None else [f"{where} is not null"]
    if type in _PLAIN:
        is_bool = isinstance(value, bool) and type is not bool
        return [] if isinstance(value, _PLAIN[type]) and not is_bool else [f"{where}: {value!r:.40} is no {type}"]
    return _unlike_class(where, value, type) if isinstance(value, dict) else [f"{where} is no object"]


def _unlike_class(where: str, value: dict[str, Any], type: Any) -> list[str]:
    if type is StripeObject or value.get("deleted"):
        return []
    known: dict[str, Any] = type.__annotations__
    wrong = [f"{where}.{name} is unknown to the library" for name in value if name not in known]
    for name, one in known.items():
        if name in value:
            wrong += _unlike(f"{where}.{name}", value[name], one)
        elif not _may_lack(one) and f"{type.__name__}.{name}" not in NOT_PUBLISHED:
            wrong.append(f"{where} lacks {name}")
    return wrong


def _may_lack(type: Any) -> bool:
    return _None in get_args(type) or get_origin(type) is ClassVar
