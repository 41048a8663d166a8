"""The data plane of CloudFront's KeyValueStore, which moto lacks, as boto3's `cloudfront-keyvaluestore` speaks it.

https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Operations_Amazon_CloudFront_KeyValueStore.html
"""

import json
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, unquote

VALUE_BYTES: Final = 1024
KEY_BYTES: Final = 512
# boto3 puts the account's number before the endpoint's host: 127 before 0.0.1 is this machine, without a name service.
ACCOUNT: Final = "127"
PATH: Final = "/key-value-stores/"


def endpoint(port: int) -> str:
    """The `endpoint_url` under which boto3 reaches this machine for stores of `ACCOUNT`."""
    return f"http://0.0.1:{port}"


class KvsError(Exception):
    """A refusal of the data plane, by the name that boto3 makes an exception of."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass
class Store:
    """One key-value store. Every change needs the present ETag, and makes a new one."""

    arn: str
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)
    version: int = 1
    values: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, key: str) -> str | None:
        """What the edge function is given for a key."""
        return self.values.get(key)

    @property
    def etag(self) -> str:
        return f"KV{self.version:012d}"

    def change(self, if_match: str | None, puts: Mapping[str, str], deletes: Iterable[str]) -> None:
        """All of it or nothing of it."""
        with self.lock:
            if if_match is None:
                raise KvsError(HTTPStatus.BAD_REQUEST, "ValidationException", "If-Match is missing")
            if if_match != self.etag:
                raise KvsError(HTTPStatus.CONFLICT, "ConflictException", "Pre-Condition failed: the store has changed")
            changed = dict(self.values)
            for key, value in puts.items():
                if len(key.encode()) > KEY_BYTES or len(value.encode()) > VALUE_BYTES:
                    raise KvsError(HTTPStatus.BAD_REQUEST, "ValidationException", "keys ≤ 512, values ≤ 1024 bytes")
                changed[key] = value
            for key in deletes:
                if changed.pop(key, None) is None:
                    raise KvsError(HTTPStatus.NOT_FOUND, "ResourceNotFoundException", f"no key {key}")
            self.values, self.modified, self.version = changed, time.time(), self.version + 1

    def summary(self) -> dict[str, Any]:
        values = self.values
        size = sum(len(key.encode()) + len(value.encode()) for key, value in values.items())
        return {"ItemCount": len(values), "TotalSizeInBytes": size}


class KeyValueStores:
    """All stores of this machine, by ARN, and the HTTP API in front of them."""

    def __init__(self) -> None:
        self._stores: dict[str, Store] = {}

    def make(self, name: str) -> Store:
        """A new, empty store. Its ARN names ACCOUNT, so that boto3 finds it on this machine."""
        arn = f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/{name}"
        return self._stores.setdefault(arn, Store(arn))

    def answer(
        self, method: str, target: str, if_match: str | None, body: bytes
    ) -> tuple[HTTPStatus, dict[str, str], bytes]:
        """Answer one call: (status, headers, body)."""
        try:
            result, etag = self._call(method, target, if_match, body)
        except KvsError as error:
            headers = {"content-type": "application/json", "x-amzn-ErrorType": error.code}
            return error.status, headers, json.dumps({"Message": str(error)}).encode()
        return HTTPStatus.OK, {"content-type": "application/json", "etag": etag}, json.dumps(result).encode()

    def _call(self, method: str, target: str, if_match: str | None, body: bytes) -> tuple[dict[str, Any], str]:
        path, _, query = target.partition("?")
        arn, *rest = [unquote(part) for part in path.removeprefix(PATH).split("/")]
        store = self._stores.get(arn)
        if store is None:
            raise KvsError(HTTPStatus.NOT_FOUND, "ResourceNotFoundException", f"no key-value store {arn}")
        match method, rest:
            case "GET", []:
                dates = {"Created": store.created, "LastModified": store.modified}
                return {"KvsARN": arn, "Status": "READY"} | dates | store.summary(), store.etag
            case "GET", ["keys"]:
                return self._list(store, query), store.etag
            case "POST", ["keys"]:
                changes = json.loads(body)
                puts = {put["Key"]: put["Value"] for put in changes.get("Puts") or []}
                store.change(if_match, puts, [one["Key"] for one in changes.get("Deletes") or []])
                return store.summary(), store.etag
            case "GET", ["keys", key]:
                value = store.read(key)
                if value is None:
                    raise KvsError(HTTPStatus.NOT_FOUND, "ResourceNotFoundException", f"no key {key}")
                return {"Key": key, "Value": value} | store.summary(), store.etag
            case "PUT", ["keys", key]:
                store.change(if_match, {key: json.loads(body)["Value"]}, [])
                return store.summary(), store.etag
            case "DELETE", ["keys", key]:
                store.change(if_match, {}, [key])
                return store.summary(), store.etag
        raise KvsError(HTTPStatus.BAD_REQUEST, "ValidationException", f"{method} {path} is no call of this API")

    def _list(self, store: Store, query: str) -> dict[str, Any]:
        asked = parse_qs(query)
        most, start = int(asked.get("MaxResults", ["10"])[0]), int(asked.get("NextToken", ["0"])[0])
        items = [{"Key": key, "Value": value} for key, value in sorted(store.values.items())]
        page: dict[str, Any] = {"Items": items[start : start + most]}
        return page | ({"NextToken": str(start + most)} if start + most < len(items) else {})
