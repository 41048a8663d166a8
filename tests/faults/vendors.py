"""Vendors in trouble, on the wire: what AWS, S3 and Stripe answer then, word for word, to adapters' clients.

What boto3 is answered is put before its own transport, so that nothing waits and all of botocore's reading is real. S3
as obstore reads it, Stripe and an issuer of tokens are asked on this machine's loopback.
"""

from __future__ import annotations

import base64
import enum
import io
import json
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from shared.adapters.boto3_clients import ONCE
from shared.adapters.s3_objects import S3Objects
from shared.adapters.stripe_client import StripeAt
from shared.settings import StripeSettings
from tests.issuers import private_key
from tests.misbehaving import Manner, misbehaving, says, sends
from tests.till_server import KEY, Keys

REGION: Final = "eu-west-1"
QUIET_SECONDS: Final = 20.0
"""For how long a vendor that hangs says nothing: longer than anybody waits."""


class Trouble(enum.Enum):
    """What a vendor does, in the words of docs/reliability.md."""

    FAILS = "fails (5xx)"
    BUSY = "throttles"
    HANGS = "hangs"
    AWAY = "cannot be reached"
    EXPIRED = "says that our credentials have expired"
    DENIED = "says that we may not"


class _Said(Struct, frozen=True):
    status: int
    code: str


_JSON: Final = {
    Trouble.FAILS: _Said(500, "InternalServerError"),
    Trouble.BUSY: _Said(400, "ThrottlingException"),
    Trouble.EXPIRED: _Said(400, "ExpiredTokenException"),
    Trouble.DENIED: _Said(400, "AccessDeniedException"),
}
_XML: Final = {
    Trouble.FAILS: _Said(500, "InternalError"),
    Trouble.BUSY: _Said(503, "SlowDown"),
    Trouble.EXPIRED: _Said(400, "ExpiredToken"),
    Trouble.DENIED: _Said(403, "AccessDenied"),
}
_OWN: Final = {
    ("dynamodb", Trouble.BUSY): _Said(400, "ProvisionedThroughputExceededException"),
    ("sqs", Trouble.BUSY): _Said(400, "RequestThrottled"),
    ("sesv2", Trouble.BUSY): _Said(429, "TooManyRequestsException"),
    ("sesv2", Trouble.EXPIRED): _Said(403, "ExpiredTokenException"),
    ("sesv2", Trouble.DENIED): _Said(403, "AccessDeniedException"),
    ("scheduler", Trouble.BUSY): _Said(429, "ThrottlingException"),
    ("cloudfront", Trouble.BUSY): _Said(400, "Throttling"),
    ("cloudfront", Trouble.EXPIRED): _Said(403, "ExpiredToken"),
}
"""Where a service says it otherwise: its API reference, “Common errors”."""


_PUBLIC: Final = private_key("ES256", "ours").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class _Raw(io.BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


_Answer = tuple[int, dict[str, str], bytes]


def _json(**members: Any) -> _Answer:
    return 200, {}, json.dumps(members).encode()


PARTLY: Final[Mapping[str, _Answer]] = {
    "sqs": _json(Successful=[], Failed=[{"Id": "0", "SenderFault": False, "Code": "InternalError"}]),
    "s3": (200, {}, b"<DeleteResult><Error><Key>a.json</Key><Code>SlowDown</Code></Error></DeleteResult>"),
}
"""What is answered where some of a batch was not done."""
WELL: Final[Mapping[str, _Answer]] = {
    "GetPublicKey": _json(PublicKey=base64.b64encode(_PUBLIC).decode()),
    "DescribeKeyValueStore": (200, {"etag": "v"}, b'{"ETag":"v"}'),
    "HeadObject": (200, {"etag": "v", "x-amz-meta-sha256": "d"}, b""),
    "ReceiveMessage": _json(Messages=[{"MessageId": "m", "ReceiptHandle": "r", "Body": "{}"}]),
    "ListSchedules": _json(Schedules=[{"Name": "night-ferry"}]),
    "UpdateSchedule": (404, {"x-amzn-errortype": "ResourceNotFoundException"}, b"{}"),
    "GetAccount": _json(SendQuota={}, ProductionAccessEnabled=True, SendingEnabled=True),
}
"""By operation, what is answered where another one is to be asked after it."""


class Vendors:
    """All of them, in one kind of trouble; with None they do all but a part of what they are asked. `well`: an
    operation that is done all the same. `asked` counts what was sent."""

    def __init__(self, trouble: Trouble | None, endpoint: str = "", stripe: str = "", well: str | None = None) -> None:
        self.trouble, self.endpoint, self.well = trouble, endpoint, well
        self.asked = 0
        self._stripe = stripe
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, bool], Any] = {}

    def aws(self, service: str, config: Any = ONCE) -> Any:
        """boto3's client of that service, as functions have it (`config`); by default one that does not try again."""
        with self._lock:  # making one is slow, and boto3 is not made for two at once
            key = service, config is ONCE
            if key not in self._clients:
                self._clients[key] = self._made(service, config)
            return self._clients[key]

    def _made(self, service: str, config: Any) -> Any:
        made = boto3.client(  # type: ignore[call-overload]
            service, region_name=REGION, config=config, aws_access_key_id="test", aws_secret_access_key="test"
        )

        def answer(request: Any, event_name: str, **_: object) -> AWSResponse:
            self.asked += 1
            status, headers, body = self._answer(service, event_name.rpartition(".")[2], request.url)
            given: Any = headers  # its stubs want more of them than it uses
            return AWSResponse(request.url, status, given, _Raw(body))

        made.meta.events.register("before-send", answer)
        return made

    def _answer(self, service: str, operation: str, url: str) -> _Answer:
        if operation == self.well:
            return WELL[operation]
        match self.trouble:
            case None:
                return PARTLY[service]
            case Trouble.HANGS:
                raise ReadTimeoutError(endpoint_url=url)
            case Trouble.AWAY:
                raise EndpointConnectionError(endpoint_url=url)
            case trouble:
                return _said(service, trouble)

    def objects(self) -> S3Objects:
        """S3 as the read path asks it."""
        return S3Objects("bucket", REGION, self.endpoint)

    def stripe(self) -> StripeAt:
        """Stripe, by its own library; nobody here waits 4 s for a piece of an answer."""
        settings = StripeSettings(key="arn:key", api=self._stripe, livemode=False)
        return StripeAt(settings, Keys(KEY), patience=0.3)


def _said(service: str, trouble: Trouble) -> _Answer:
    said = _OWN.get((service, trouble)) or (_XML if service in ("s3", "cloudfront") else _JSON)[trouble]
    if service == "s3":
        return said.status, {}, f"<Error><Code>{said.code}</Code><Message>-</Message></Error>".encode()
    if service == "cloudfront":
        inner = f"<Error><Type>Sender</Type><Code>{said.code}</Code><Message>-</Message></Error>"
        return said.status, {}, f"<ErrorResponse>{inner}<RequestId>-</RequestId></ErrorResponse>".encode()
    headers = {"x-amzn-errortype": said.code}
    return said.status, headers, json.dumps({"__type": f"of#{said.code}", "message": "-"}).encode()


def _of_s3(trouble: Trouble) -> Manner:
    if trouble is Trouble.HANGS:
        return sends(b"", QUIET_SECONDS)
    status, _, body = _said("s3", trouble)
    return says(body, f"{status} -", "content-type: application/xml")


def _of_stripe(trouble: Trouble) -> Manner:
    if trouble is Trouble.HANGS:
        return sends(b"", QUIET_SECONDS)
    status, error = {
        Trouble.FAILS: (500, {"type": "api_error"}),
        Trouble.BUSY: (429, {"type": "invalid_request_error", "code": "rate_limit"}),
        Trouble.EXPIRED: (401, {"type": "invalid_request_error", "code": "api_key_expired"}),
        Trouble.DENIED: (403, {"type": "invalid_request_error", "code": "more_permissions_required"}),
    }[trouble]
    return says(json.dumps({"error": {**error, "message": "-"}}).encode(), f"{status} -", "stripe-should-retry: false")


@contextmanager
def vendors(trouble: Trouble) -> Iterator[Vendors]:
    """All of them in that trouble, as long as the block lasts."""
    # The read path's store takes its credentials where Lambda puts them.
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION=REGION)
    if trouble is Trouble.AWAY:
        url = _nowhere()
        yield Vendors(trouble, url, url)
        return
    with misbehaving(_of_s3(trouble)) as s3, misbehaving(_of_stripe(trouble)) as stripe:
        yield Vendors(trouble, s3.url, stripe.url)


def _nowhere() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"
