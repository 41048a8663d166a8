"""The edge's origins: a function's URL (events and answers of payload format 2.0) and a bucket."""

import base64
import binascii
import json
import time
import uuid
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, Final, Protocol
from urllib.parse import unquote_plus

import urllib3

from infra.local.messages import Answer, OriginUnreachableError, Request, query_text
from infra.local.policies import FunctionOrigin
from infra.local.template import ACCOUNT, REGION
from infra.local.workers import FunctionFailedError, FunctionPool, FunctionStoppedError, FunctionTimedOutError

LARGEST_ANSWER: Final = 6 * 1024 * 1024  # bytes; Lambda's limit for a synchronous answer
HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "trailer", "te"})
S3_KEEPS: Final = frozenset({"server", "date", "content-length", "access-control-allow-origin"})


class Origin(Protocol):
    """Whatever answers a request that the edge could not answer itself."""

    def answer(self, request: Request) -> Answer:
        """Its answer; OriginUnreachableError where there is none."""


class FunctionUrl:
    """A Lambda function's URL: turns a request into an event and what the handler returns into an answer."""

    def __init__(self, pool: FunctionPool, origin: FunctionOrigin) -> None:
        self._pool, self._origin = pool, origin

    def answer(self, request: Request) -> Answer:
        """The handler's answer, or 502 where it failed, as the URL says it."""
        attempts = self._origin.attempts if request.method in {"GET", "HEAD"} else 1
        for attempt in range(1, attempts + 1):
            try:
                returned = self._pool.invoke(event(request, self._origin.domain), self._origin.read_timeout)
                return answer_of(returned, request.method)
            except FunctionTimedOutError as error:
                if attempt == attempts:
                    raise OriginUnreachableError(504, str(error)) from error
            except FunctionStoppedError as error:
                raise OriginUnreachableError(502, str(error)) from error
            except (FunctionFailedError, ValueError):
                break
        body = b'{"Message":"Internal Server Error"}'
        return Answer(502, (("content-type", "application/json"), ("content-length", str(len(body)))), body)


def event(request: Request, domain: str) -> dict[str, Any]:
    """The event of payload format 2.0 that Lambda makes of a request to a function URL.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """
    names = dict.fromkeys(name for name, _ in request.headers)
    headers = {name: request.header(name) or "" for name in names if name != "cookie"}
    parameters: dict[str, str] = {}
    for name, value in request.query:
        key, text = unquote_plus(name), unquote_plus(value)
        parameters[key] = f"{parameters[key]},{text}" if key in parameters else text
    now = time.time()
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": query_text(request.query),
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": domain.partition(".")[0],
            "domainName": domain,
            "domainPrefix": domain.partition(".")[0],
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if request.cookies:
        made["cookies"] = [f"{name}={value}" for name, value in request.cookies]
    if parameters:
        made["queryStringParameters"] = parameters
    if request.body:
        try:
            made["body"] = request.body.decode()
        except UnicodeDecodeError:
            made |= {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}
    return made


def answer_of(returned: Any, method: str = "GET", kind: str = "application/json") -> Answer:
    """The answer that Lambda makes of what a handler returned. ValueError where it would answer 502.

    What is no object with a `statusCode` is taken for the body of a JSON answer; a body without a type is of `kind`.
    """
    if not isinstance(returned, dict) or "statusCode" not in returned:
        returned = {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(returned)}
    status, body = returned["statusCode"], returned.get("body") or ""
    if not isinstance(status, int) or not 100 <= status <= 599 or not isinstance(body, str):
        raise ValueError("no status, or a body that is no text")
    try:
        raw = base64.b64decode(body, validate=True) if returned.get("isBase64Encoded") else body.encode()
    except binascii.Error as error:
        raise ValueError("a body that says it is Base64 and is not") from error
    if len(raw) > LARGEST_ANSWER:
        raise ValueError("more than 6 MB")
    headers = [(str(name).lower(), str(value)) for name, value in (returned.get("headers") or {}).items()]
    cookies = [("set-cookie", str(cookie)) for cookie in returned.get("cookies") or ()]
    given = dict(headers)
    added = [("date", formatdate(usegmt=True)), ("x-amzn-requestid", str(uuid.uuid4()))]
    if "content-type" not in given and raw:
        added.append(("content-type", kind))
    if method != "HEAD" and status != 304:
        headers = [pair for pair in headers if pair[0] != "content-length"]
        added.append(("content-length", str(len(raw))))
    return Answer(status, (*headers, *cookies, *added), b"" if method == "HEAD" else raw)


class Bucket:
    """A bucket behind an access control that may GetObject and nothing else: what is missing is forbidden (403)."""

    def __init__(self, bucket: str, endpoint: str, prefix: str = "") -> None:
        self._bucket, self._prefix = bucket, prefix
        self._http = urllib3.HTTPConnectionPool(
            endpoint.removeprefix("http://").split(":")[0], int(endpoint.rsplit(":", 1)[1]), maxsize=8, retries=False
        )

    def answer(self, request: Request) -> Answer:
        """The object, its headers, 304, or 403."""
        if request.method not in {"GET", "HEAD"} or request.path == "/":  # the bucket itself: a listing
            return _denied(request.method)
        conditions = {name: value for name, value in request.headers if name.startswith("if-")}
        try:
            found = self._http.request(
                request.method,
                f"/{self._bucket}{self._prefix}{request.path}",
                headers={"authorization": SIGNED, **conditions},
                timeout=30,
            )
        except urllib3.exceptions.HTTPError as error:
            raise OriginUnreachableError(502, type(error).__name__) from error
        if found.status in {403, 404}:
            return _denied(request.method)
        dropped = HOP_BY_HOP | S3_KEEPS
        headers = [(name.lower(), value) for name, value in found.headers.items() if name.lower() not in dropped]
        if found.status != 304:
            headers.append(("content-length", found.headers.get("content-length", str(len(found.data)))))
        return Answer(found.status, (*headers, ("date", formatdate(usegmt=True))), found.data)


# Moto asks for a signature's form, and closes what is not public to those without one. It does not check it.
SIGNED: Final = (
    f"AWS4-HMAC-SHA256 Credential=local/20260101/{REGION}/s3/aws4_request, SignedHeaders=host, Signature={'0' * 64}"
)


def _denied(method: str) -> Answer:
    body = b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
    headers: Mapping[str, str] = {"content-type": "application/xml", "content-length": str(len(body))}
    return Answer(403, tuple(headers.items()), b"" if method == "HEAD" else body)
