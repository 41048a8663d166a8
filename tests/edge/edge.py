"""What the tests of the edge share: events of CloudFront's shape, the functions' sources, their answers read back."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from infra.local.edge_runtime import EdgeFunction
from tests.token_cases import KEYRING, NOW

SOURCES: Final = Path(__file__).parents[2] / "infra" / "edge"
VIEWER_REQUEST: Final = (SOURCES / "viewer_request.js").read_text(encoding="utf-8")
PERSONAL_REQUEST: Final = (SOURCES / "personal_request.js").read_text(encoding="utf-8")
VIEWER_RESPONSE: Final = (SOURCES / "viewer_response.js").read_text(encoding="utf-8")
TIERS: Final = ("anonymous", "subscriber", "member")

Given = str | list[str]  # one value, or what was sent more than once


def fields(given: Mapping[str, Given]) -> dict[str, Any]:
    """Headers, cookies or query parameters in the event's shape: `multiValue` stands where there are several."""
    return {
        name: {"value": value}
        if isinstance(value, str)
        else {"value": value[0], "multiValue": [{"value": v} for v in value]}
        for name, value in given.items()
    }


def event(
    uri: str = "/articles/a",
    *,
    method: str = "GET",
    headers: Mapping[str, Given] | None = None,
    cookies: Mapping[str, Given] | None = None,
    query: Mapping[str, Given] | None = None,
) -> dict[str, Any]:
    return {
        "version": "1.0",
        "context": {"distributionId": "EDFDVBD6EXAMPLE", "eventType": "viewer-request", "requestId": "r"},
        "viewer": {"ip": "198.51.100.7"},
        "request": {
            "method": method,
            "uri": uri,
            "querystring": fields(query or {}),
            "headers": {"host": {"value": "paper.example"}, **fields(headers or {})},
            "cookies": fields(cookies or {}),
        },
    }


class Edge:
    """viewer_request.js beside a store that holds `keyring`, at the token table's time."""

    def __init__(self, read_key: Callable[[str], str | None] = {"keyring": KEYRING}.get) -> None:
        self._function = EdgeFunction(VIEWER_REQUEST, read_key, lambda: NOW + 0.75)

    def __call__(self, uri: str = "/articles/a", **given: Any) -> "Passage":
        return Passage(self._function.run(event(uri, **given)))

    def run(self, given: dict[str, Any]) -> "Passage":
        return Passage(self._function.run(given))


class PersonalEdge:
    """personal_request.js, which reads no store."""

    def __init__(self) -> None:
        self._function = EdgeFunction(PERSONAL_REQUEST, lambda key: None)

    def __call__(self, uri: str = "/account", **given: Any) -> "Passage":
        return Passage(self._function.run(event(uri, **given)))

    def run(self, given: dict[str, Any]) -> "Passage":
        return Passage(self._function.run(given))


class Passage:
    """What became of a request: sent on (`status` is None) or answered at the edge."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.result = result
        self.status: int | None = result.get("statusCode")

    def header(self, name: str) -> str | None:
        field = self.result["headers"].get(name)
        return None if field is None else str(field["value"])

    def problem(self) -> dict[str, Any]:
        """The answer's body; it has one when it is a refusal."""
        assert self.result["body"]["encoding"] == "text"
        body: dict[str, Any] = json.loads(self.result["body"]["data"])
        return body

    @property
    def tier(self) -> str | None:
        return self.header("x-reader-tier")

    @property
    def state(self) -> str | None:
        return self.header("x-pass-state" if self.status is None else "x-pass")

    @property
    def location(self) -> str | None:
        return self.header("location")
