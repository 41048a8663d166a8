"""HTTP APIs of the template: their routes as values, and which of them takes a request.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from infra.local.template import Attribute, Template, TemplateError, only

DEFAULT: Final = "$default"
LONGEST_SECONDS: Final = 30.0  # that an HTTP API waits for an integration
METHODS: Final = frozenset({"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
VARIABLE: Final = re.compile(r"\{([A-Za-z0-9_.-]+)(\+?)\}")


@dataclass(frozen=True)
class Route:
    """A route: its key as the template has it, the function (logical id) behind it and its patience (seconds)."""

    key: str
    function: str
    seconds: float

    @property
    def method(self) -> str:
        """The method it takes, or ANY."""
        return "ANY" if self.key == DEFAULT else self.key.split(" ")[0]

    def parameters(self, method: str, path: str) -> dict[str, str] | None:
        """The path's parameters, decoded, where this route takes the request; else None."""
        if self.key == DEFAULT:
            return {}
        if self.method not in {"ANY", method}:
            return None
        found: dict[str, str] = {}
        wanted, given = self._segments, path.split("/")
        for place, segment in enumerate(wanted):
            variable = VARIABLE.fullmatch(segment)
            if place >= len(given) or (variable is None and segment != given[place]):
                return None
            if variable is not None:
                value = "/".join(given[place:]) if variable[2] else given[place]
                if not value:
                    return None
                found[variable[1]] = unquote(value)
                if variable[2]:
                    return found
        return found if len(wanted) == len(given) else None

    @property
    def rank(self) -> tuple[int, tuple[int, ...], int]:
        """How particular it is: whole paths before greedy ones, words before variables, a method before ANY."""
        if self.key == DEFAULT:
            return (-1, (), 0)
        variables = [VARIABLE.fullmatch(segment) for segment in self._segments]
        words = tuple(2 if each is None else 0 if each[2] else 1 for each in variables)
        return (0 if 0 in words else 1, words, self.method != "ANY")

    @property
    def _segments(self) -> list[str]:
        return self.key.split(" ")[1].split("/")


def find(routes: Iterable[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The most particular route that takes a request, with the path's parameters; None where there is none."""
    for route in sorted(routes, key=lambda each: each.rank, reverse=True):
        if (parameters := route.parameters(method, path)) is not None:
            return route, parameters
    return None


def routes_of(template: Template, attribute: Attribute, api: str, function: Any) -> tuple[Route, ...]:
    """The routes of an HTTP API (logical id). `function` tells which one a value of the template means.

    Raises TemplateError for what is not known here.
    """
    only(
        api, template.resources[api]["Properties"], {"Name", "Description", "ProtocolType", "DisableExecuteApiEndpoint"}
    )
    stated = template.resolve(template.resources[api]["Properties"], attribute)
    if stated["ProtocolType"] != "HTTP" or stated.get("DisableExecuteApiEndpoint"):
        raise TemplateError(f"{api}: this stack knows HTTP APIs only, under the name that AWS gives them")
    theirs = attribute(api, None)
    _check_stage(template, attribute, theirs)
    integrations = {
        f"integrations/{attribute(logical_id, None)}": _integration(template, attribute, logical_id, function)
        for logical_id in _of_api(template, attribute, "AWS::ApiGatewayV2::Integration", theirs)
    }
    found = []
    for logical_id, route in _of_api(template, attribute, "AWS::ApiGatewayV2::Route", theirs).items():
        only(logical_id, route, {"ApiId", "RouteKey", "Target", "AuthorizationType", "OperationName"})
        if route.get("AuthorizationType", "NONE") != "NONE" or route.get("Target") not in integrations:
            raise TemplateError(f"{logical_id}: an authorizer, or a target that is no integration of this API")
        found.append(Route(_key(logical_id, route["RouteKey"]), *integrations[route["Target"]]))
    if len({each.key for each in found}) < len(found):
        raise TemplateError(f"{api}: two of its routes have the same key")
    return tuple(found)


def _of_api(template: Template, attribute: Attribute, kind: str, api: Any) -> dict[str, Mapping[str, Any]]:
    resolved = {
        logical_id: template.resolve(each["Properties"], attribute)
        for logical_id, each in template.of_type(kind).items()
    }
    return {logical_id: each for logical_id, each in resolved.items() if each["ApiId"] == api}


def _check_stage(template: Template, attribute: Attribute, api: Any) -> None:
    stages = _of_api(template, attribute, "AWS::ApiGatewayV2::Stage", api)
    for logical_id, stage in stages.items():
        # How much comes at once is nobody's concern here.
        known = {"ApiId", "StageName", "AutoDeploy", "DefaultRouteSettings", "RouteSettings", "Description"}
        only(logical_id, stage, known)
        quiet = {"ThrottlingBurstLimit", "ThrottlingRateLimit", "DetailedMetricsEnabled"}
        for settings in (stage.get("DefaultRouteSettings", {}), *stage.get("RouteSettings", {}).values()):
            only(f"{logical_id}, route settings", settings, quiet)
    if [(each["StageName"], each.get("AutoDeploy")) for each in stages.values()] != [(DEFAULT, True)]:
        raise TemplateError(
            f"an API has to have one stage, $default, that deploys itself; {', '.join(stages) or 'none'}"
        )


def _integration(template: Template, attribute: Attribute, logical_id: str, function: Any) -> tuple[str, float]:
    raw = template.resources[logical_id]["Properties"]
    known = {
        "ApiId",
        "IntegrationType",
        "IntegrationUri",
        "PayloadFormatVersion",
        "TimeoutInMillis",
        "IntegrationMethod",
    }
    only(logical_id, raw, known)
    stated = template.resolve(raw, attribute)
    if (stated["IntegrationType"], stated.get("PayloadFormatVersion")) != ("AWS_PROXY", "2.0"):
        raise TemplateError(f"{logical_id}: this stack knows functions only (AWS_PROXY, payload format 2.0)")
    seconds = int(stated.get("TimeoutInMillis", LONGEST_SECONDS * 1000)) / 1000
    if not 0.05 <= seconds <= LONGEST_SECONDS:
        raise TemplateError(f"{logical_id}: TimeoutInMillis is 50 to 30000")
    return str(function(template, raw["IntegrationUri"])), seconds


def _key(where: str, key: str) -> str:
    method, _, path = key.partition(" ")
    segments = path.split("/")
    sound = method in METHODS and path.startswith("/") and "{" not in "".join(map(_word, segments))
    if key != DEFAULT and (not sound or any("+}" in segment for segment in segments[:-1])):
        raise TemplateError(f"{where}: {key!r} is no key of a route that this stack knows")
    return key


def _word(segment: str) -> str:
    return "" if VARIABLE.fullmatch(segment) else segment
