"""Parameters as Stripe takes them: a form whose names nest in brackets, `line_items[0][price]`. What a question may say
is written down beside it; whatever else is said is refused by name, so that a slip is loud.

A shape is a type (str, int, bool), a list of one shape, a dictionary of shapes by name, or `free` for names of the
asker's own.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from infra.local.till.account import TillError

Shape = Any
free: Final = object()
"""Names and values of the asker's own: metadata."""
_NAME: Final = re.compile(r"([a-z_0-9]+)((?:\[[A-Za-z0-9_-]*\])*)\Z")
_INTEGER: Final = re.compile(r"-?[0-9]{1,15}\Z")


def read(form: str, shape: dict[str, Shape]) -> dict[str, Any]:
    """What a form says. Raises TillError for what is not in the shape, or is no value of its type."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True, max_num_fields=1_000):
        _put(tree, name, value)
    return {name: _value(name, value, shape) for name, value in tree.items()}


def _put(tree: dict[str, Any], name: str, value: str) -> None:
    found = _NAME.match(name)
    if found is None:
        raise TillError(f"Invalid request: the parameter {name[:80]!r} cannot be read.", param=name[:80])
    place, last = tree, found[1]
    for part in found[2][1:-1].split("][") if found[2] else ():
        place = place.setdefault(last, {})
        if not isinstance(place, dict):
            raise TillError(f"Invalid request: {name} is a value and more.", param=name)
        last = part or str(len(place))  # `types[]` is the next of them
    if last in place:
        raise TillError(f"Invalid request: {name} is said twice.", param=name)
    place[last] = value


def _value(name: str, value: Any, shapes: dict[str, Shape], at: str = "") -> Any:
    where = f"{at}[{name}]" if at else name
    if name not in shapes:
        raise TillError(f"Received unknown parameter: {where}", "parameter_unknown", param=where)
    return _typed(where, value, shapes[name])


def _typed(where: str, value: Any, shape: Shape) -> Any:
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise TillError("Invalid object", "parameter_invalid", param=where)
        return {name: _value(name, one, shape, where) for name, one in value.items()}
    if isinstance(shape, list):
        if not isinstance(value, dict) or list(value) != [str(place) for place in range(len(value))]:
            raise TillError("Invalid array", "parameter_invalid", param=where)
        return [_typed(f"{where}[{place}]", one, shape[0]) for place, one in value.items()]
    if shape is free:
        if not isinstance(value, dict):
            raise TillError("Invalid object", "parameter_invalid", param=where)
        return value
    if not isinstance(value, str):
        raise TillError(f"Invalid {shape.__name__}", "parameter_invalid", param=where)
    if value == "":
        raise TillError(
            f"You passed an empty string for '{where}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{where}' cannot be unset.",
            "parameter_invalid_empty",
            param=where,
        )
    if shape is int:
        if not _INTEGER.match(value):
            raise TillError(f"Invalid integer: {value[:40]}", "parameter_invalid_integer", param=where)
        return int(value)
    if shape is bool:
        if value not in {"true", "false"}:
            raise TillError(f"Invalid boolean: {value[:40]}", "parameter_invalid", param=where)
        return value == "true"
    return value
