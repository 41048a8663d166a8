"""The keyring's copy in the CloudFront KeyValueStore that the edge function reads.

Its data plane wants SigV4A signatures, which boto3 makes with `botocore[crt]`: this adapter is for ops, no function
imports it.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from shared.domain.keyrings import Keyring

KVS_KEY = "keyring"


def edge_copy(ring: Keyring) -> str:
    """What the edge gets to know: whose passes, and the accepted keys. The form is `viewer_request.js`'s; at most 1
    KB."""
    return json.dumps({"iss": ring.issuer, "keys": [[key.kid, key.secret] for key in ring.keys]}, separators=(",", ":"))


class CloudFrontKvs:
    """`shared.ports.publishing.EdgeKeys` on a KeyValueStore."""

    def __init__(
        self, client: Any, arn: str
    ) -> None:  # boto3-stubs for this client would be a dependency for two calls
        self._client, self._arn = client, arn

    def put(self, ring: Keyring) -> None:
        store = self._client.describe_key_value_store(KvsARN=self._arn)
        self._client.put_key(KvsARN=self._arn, Key=KVS_KEY, Value=edge_copy(ring), IfMatch=store["ETag"])

    def accepted(self) -> tuple[str, ...] | None:
        try:
            found = self._client.get_key(KvsARN=self._arn, Key=KVS_KEY)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return tuple(str(kid) for kid, _ in json.loads(found["Value"])["keys"])
