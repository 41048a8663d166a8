"""API Gateway's HTTP API as an origin: routes, events and answers of payload format 2.0, and its own refusals.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from infra.local import origins
from infra.local.api_routes import Route, find
from infra.local.messages import Answer, OriginUnreachableError, Request
from infra.local.policies import ApiOrigin
from infra.local.workers import FunctionFailedError, FunctionPool, FunctionStoppedError, FunctionTimedOutError

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
LARGEST_BODY: Final = 10 * 1024 * 1024  # bytes
LARGEST_HEAD: Final = 10_240  # bytes of the request line and the headers' values
# What counts as text is not documented. This was found on AWS: all else is Base64, forms and what has no type included.
# https://github.com/ministackorg/ministack/pull/766
TEXT_TYPES: Final = frozenset({"application/json", "application/javascript", "application/xml"})
EDGE_ADDRESS: Final = "130.176.0.1"  # one of CloudFront's: to the API it is the edge that calls, not the reader
SAID: Final = {
    404: "Not Found",
    413: "Request Entity Too Large",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class HttpApi:
    """An HTTP API in front of the functions of `pools` (by logical id)."""

    def __init__(self, pools: Mapping[str, FunctionPool], origin: ApiOrigin) -> None:
        self._pools, self._origin = pools, origin

    def answer(self, request: Request) -> Answer:
        """The answer of the function that the route names, or the API's own to what it does not take."""
        if len(request.body) > LARGEST_BODY:
            return _made_here(413, request.method)
        if _head(request) > LARGEST_HEAD:
            return _made_here(431, request.method)
        found = find(self._origin.routes, request.method, request.path)
        if found is None:
            return _made_here(404, request.method)
        route, parameters = found
        attempts = self._origin.attempts if request.method in {"GET", "HEAD"} else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._ask(request, route, parameters)
            except OriginUnreachableError as error:
                if attempt == attempts or error.status != 504:
                    raise
        raise AssertionError("at least one attempt is made")

    def _ask(self, request: Request, route: Route, parameters: Mapping[str, str]) -> Answer:
        pool = self._pools[route.function]
        made = event(request, self._origin.domain, route.key, parameters)
        try:
            returned = pool.invoke(made, min(route.seconds, self._origin.read_timeout))
            answer = origins.answer_of(returned, request.method, "text/plain;charset=UTF-8")
        except FunctionStoppedError as error:
            raise OriginUnreachableError(502, str(error)) from error
        except FunctionTimedOutError as error:
            # Whose patience ended first: the function's own limit is a failure of it, the edge's is the edge's.
            if self._origin.read_timeout < min(route.seconds, pool.spec.timeout):
                raise OriginUnreachableError(504, str(error)) from error
            return _made_here(500 if pool.spec.timeout <= route.seconds else 503, request.method)
        except (FunctionFailedError, ValueError):
            return _made_here(500, request.method)
        return answer.without("x-amzn-requestid").having({"apigw-requestid": uuid.uuid4().hex[:15]})


def event(request: Request, domain: str, route_key: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The event of payload format 2.0 that an HTTP API makes of a request. Its caller is the edge."""
    told = ", ".join(filter(None, (request.header("x-forwarded-for"), EDGE_ADDRESS)))
    added = {
        "x-amzn-trace-id": f"Root=1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]}",
        "x-forwarded-for": told,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    kept = tuple(pair for pair in request.headers if pair[0] not in added)
    made = origins.event(replace(request, headers=(*kept, *added.items()), body=b""), domain)
    made["routeKey"] = made["requestContext"]["routeKey"] = route_key
    made["requestContext"]["http"]["sourceIp"] = EDGE_ADDRESS
    if parameters:
        made["pathParameters"] = dict(parameters)
    if request.body:
        made |= _body(request)
    return made


def _body(request: Request) -> dict[str, Any]:
    kind = (request.header("content-type") or "").split(";")[0].strip().lower()
    if kind in TEXT_TYPES or kind.startswith("text/"):
        # A text that is none becomes one with signs of replacement: the bytes are lost, as in the cloud.
        return {"body": request.body.decode(errors="replace"), "isBase64Encoded": False}
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def _head(request: Request) -> int:
    cookies = sum(len(name) + len(value) + 3 for name, value in request.cookies)
    return len(request.method) + len(request.url) + sum(len(value) for _, value in request.headers) + cookies


def _made_here(status: int, method: str) -> Answer:
    body = json.dumps({"message": SAID[status]}, separators=(",", ":")).encode()
    headers = (
        ("content-type", "application/json"),
        ("content-length", str(len(body))),
        ("apigw-requestid", uuid.uuid4().hex[:15]),
    )
    return Answer(status, headers, b"" if method == "HEAD" else body)
