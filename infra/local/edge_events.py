"""CloudFront functions' events (version 1.0): from a request or an answer to the object a function gets, and back.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
"""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from infra.local.messages import Answer, Pairs, Request

HEADER_NAME: Final = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
TITLES: Final = {200: "OK", 206: "Partial Content", 301: "Moved Permanently", 302: "Found", 304: "Not Modified"}


class EventError(Exception):
    """What a function returned is not what CloudFront takes: it would answer 503."""


def viewer_request(request: Request, context: Mapping[str, str], address: str) -> dict[str, Any]:
    """The event of a viewer-request function."""
    return {
        "version": "1.0",
        "context": {**context, "eventType": "viewer-request"},
        "viewer": {"ip": address},
        "request": _request(request),
    }


def viewer_response(request: Request, answer: Answer, context: Mapping[str, str], address: str) -> dict[str, Any]:
    """The event of a viewer-response function; the request is the one that the viewer-request function returned."""
    headers = tuple(pair for pair in answer.headers if pair[0] != "set-cookie")
    return {
        "version": "1.0",
        "context": {**context, "eventType": "viewer-response"},
        "viewer": {"ip": address},
        "request": _request(request),
        "response": {
            "statusCode": answer.status,
            "statusDescription": TITLES.get(answer.status, ""),
            "headers": _values(headers),
            "cookies": _set_cookies(value for name, value in answer.headers if name == "set-cookie"),
        },
    }


def request_of(returned: Mapping[str, Any], original: Request) -> Request:
    """The request that a viewer-request function returned. A function cannot change the method or the body."""
    uri = returned.get("uri")
    if not isinstance(uri, str) or not uri.startswith("/"):
        raise EventError("the request's uri does not begin with a slash")
    return Request(
        method=original.method,
        path=uri,
        query=_pairs(returned.get("querystring", {})),
        headers=_header_pairs(returned.get("headers", {})),
        cookies=_pairs(returned.get("cookies", {})),
        body=original.body,
    )


def answer_of(returned: Mapping[str, Any], cached: Answer | None = None) -> Answer:
    """The answer that a function returned: one of its own making, or `cached` with other headers or another status."""
    status = returned.get("statusCode")
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise EventError("the answer's statusCode is none")
    headers = _header_pairs(returned.get("headers", {}))
    for name, cookie in returned.get("cookies", {}).items():
        for one in cookie.get("multiValue") or [cookie]:
            attributes = one.get("attributes")
            headers += (("set-cookie", f"{name}={one.get('value', '')}" + (f"; {attributes}" if attributes else "")),)
    if "body" in returned or cached is None:
        body = _body(returned.get("body", ""))
        return Answer(status, (*(pair for pair in headers if pair[0] != "content-length"),), body)
    return Answer(status, headers, cached.body)


def _body(body: Any) -> bytes:
    match body:
        case str():
            return body.encode()
        case {"encoding": "text", "data": str() as data}:
            return data.encode()
        case {"encoding": "base64", "data": str() as data}:
            return base64.b64decode(data)
    raise EventError("the answer's body is neither text nor Base64")


def _request(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "uri": request.path,
        "querystring": _values(request.query),
        "headers": _values(request.headers),
        "cookies": _values(request.cookies),
    }


def _values(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`{name: {value}}`, and all of a repeated name's values in `multiValue`."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {
        name: {"value": values[0]} | ({"multiValue": [{"value": one} for one in values]} if len(values) > 1 else {})
        for name, values in found.items()
    }


def _set_cookies(lines: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in lines:
        crumb, _, attributes = line.partition(";")
        name, _, value = crumb.partition("=")
        found[name.strip()] = {"value": value.strip(), "attributes": attributes.strip()}
    return found


def _pairs(values: Mapping[str, Any]) -> Pairs:
    found = []
    for name, given in values.items():
        for one in given.get("multiValue") or [given]:
            found.append((name, str(one.get("value", ""))))
    return tuple(found)


def _header_pairs(values: Mapping[str, Any]) -> Pairs:
    pairs = _pairs(values)
    for name, value in pairs:
        if not HEADER_NAME.fullmatch(name):
            raise EventError(f"a header's name is not lower-case, or none: {name!r}")
        if any(sign in value for sign in "\r\n\0"):
            raise EventError(f"the header {name} has a line break in it")
    return pairs
