"""Holds requests and answers to Stripe's OpenAPI description, as far as `cut_stripe_openapi.py` has cut it out.

Stricter than the description itself: an answer may have no field that it does not know.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator

from tests.local.cut_stripe_openapi import INTO

SINCE: Final[dict[str, dict[str, Any]]] = {
    "dispute_evidence_details": {"submission_method": {}},
    "portal_features": {"subscription_pause": {}},
}
"""What has come since the version that the description is of: fields that stripe's library knows (`stripe_types` holds
objects to it, too), and the description does not."""
_NAME: Final = re.compile(r"[^\[\]]+")


class NotStripe(AssertionError):
    """Something that Stripe would not say, or not understand."""


class Operation(NamedTuple):
    query: Any
    form: Any
    answer: Draft202012Validator


@functools.cache
def described() -> dict[str, Any]:
    with gzip.open(INTO) as packed:
        told: dict[str, Any] = json.load(packed)
    return told


@functools.cache
def schemas() -> dict[str, Any]:
    made = {name: _closed(schema) for name, schema in described()["schemas"].items()}
    for name, fields in SINCE.items():
        made[name]["properties"] |= fields
    return made


@functools.cache
def operations() -> dict[tuple[str, re.Pattern[str]], Operation]:
    made = {}
    for name, one in described()["operations"].items():
        method, _, path = name.partition(" ")
        pattern = re.compile(re.escape(path).replace(r"\{\}", "[^/]+") + r"\Z")
        query = {"type": "object", "properties": one["query"]}
        made[method.upper(), pattern] = Operation(query, one["form"], _validator(_closed(one["answer"])))
    return made


@functools.cache
def schema_of(name: str) -> Draft202012Validator:
    """What every object of that kind is held to."""
    return _validator({"$ref": f"#/components/schemas/{name}"})


def _validator(schema: Any) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": {"schemas": schemas()}})


def operation(method: str, path: str) -> Operation:
    """Raises NotStripe where there is no such question."""
    for (known, pattern), one in operations().items():
        if known == method and pattern.match(path):
            return one
    raise NotStripe(f"{method} {path} is not among the operations that were cut out")


def check_answer(method: str, path: str, status: int, told: Any) -> None:
    """Raises NotStripe unless Stripe could have answered so."""
    schema = operation(method, urlsplit(path).path).answer if status == 200 else schema_of("error")
    errors = [*schema.iter_errors(told)]
    if errors:
        raise NotStripe(f"{method} {path}, {status}: " + "; ".join(_told(error) for error in errors[:5]))


def check_request(method: str, path: str, body: bytes) -> None:
    """Raises NotStripe unless Stripe would understand what is asked."""
    parts = urlsplit(path)
    asked = operation(method, parts.path)
    tree = _tree(body.decode() if method == "POST" else parts.query)
    schema = asked.form if method == "POST" else asked.query
    wrong = [*_misunderstood("", tree, schema)]
    if wrong:
        raise NotStripe(f"{method} {parts.path}: " + "; ".join(wrong[:5]))


def check_event(event: Any) -> None:
    """Raises NotStripe unless Stripe could have sent it; the object in it is held to its own kind, too."""
    about = event["data"]["object"]
    for name, value in (("event", event), (about["object"], about)):
        errors = [*schema_of(name).iter_errors(value)]
        if errors:
            raise NotStripe(f"{event['type']}: " + "; ".join(_told(error) for error in errors[:5]))


def _told(error: Any) -> str:
    """What is wrong, in the branch of the schema that came furthest."""
    while error.context:
        error = max(error.context, key=lambda one: (len(one.absolute_path), one.validator != "type"))
    return f"{error.json_path}: {error.message[:160]}"


def _closed(schema: Any) -> Any:
    """As JSON Schema has it: null is a type, and an object has its own fields alone."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {word: value for word, value in schema.items() if word not in {"nullable", "properties"}}
    for word in ("anyOf", "items", "additionalProperties"):
        if word in made:
            made[word] = _closed(made[word])
    if "properties" in schema:
        made["properties"] = {name: _closed(one) for name, one in schema["properties"].items()}
        if "object" in schema["properties"] or schema.get("required"):
            made.setdefault("additionalProperties", False)
    return {"anyOf": [{"type": "null"}, made]} if schema.get("nullable") else made


def _tree(form: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        *way, last = _NAME.findall(name)
        place = tree
        for part in way:
            place = place.setdefault(part, {})
        place[last] = value
    return tree


def _misunderstood(where: str, value: Any, schema: Any) -> list[str]:
    """What Stripe would not understand of a form's value."""
    if "anyOf" in schema:
        tried = [_misunderstood(where, value, one) for one in schema["anyOf"]]
        return min(tried, key=len)
    match schema.get("type"):
        case "object" if isinstance(value, dict):
            known, free = schema.get("properties", {}), schema.get("additionalProperties")
            wrong = [f"{where}: lacks {name}" for name in schema.get("required", []) if name not in value]
            for name, one in value.items():
                at = f"{where}[{name}]" if where else name
                if name in known:
                    wrong += _misunderstood(at, one, known[name])
                elif not free:
                    wrong.append(f"{at} is unknown")
            return wrong
        case "array" if isinstance(value, dict):
            if list(value) != [str(place) for place in range(len(value))]:
                return [f"{where} is no list"]
            return [
                one for at, item in value.items() for one in _misunderstood(f"{where}[{at}]", item, schema["items"])
            ]
        case "string" if isinstance(value, str):
            if "enum" in schema and value not in schema["enum"]:
                return [f"{where}: {value} is not one of {schema['enum'][:8]}"]
            return [f"{where} is too long"] if len(value) > schema.get("maxLength", len(value)) else []
        case "integer" if isinstance(value, str):
            return [] if re.fullmatch(r"-?[0-9]+", value) else [f"{where}: {value} is no integer"]
        case "boolean":
            return [] if value in {"true", "false"} else [f"{where}: {value} is no boolean"]
    return [f"{where}: {str(value)[:40]} is no {schema.get('type')}"]
