"""What S3 tells EventBridge of its objects. moto's word is not AWS's (`eTag`), and of delete markers it says none."""

import itertools
import time
import uuid
from typing import Any

from moto.events.models import events_backends
from moto.s3.models import S3Backend, s3_backends

from infra.local.template import ACCOUNT, REGION


class TellingS3(S3Backend):
    """moto's S3, whose buckets in `telling` tell the default event bus what AWS documents for each change.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.telling: set[str] = set()
        self._sequence = itertools.count(1)

    @classmethod
    def of_this_machine(cls) -> "TellingS3":
        """The one that serves this machine's buckets; it takes moto's place when it is first asked for."""
        serving = s3_backends[ACCOUNT]["aws"]
        if not isinstance(serving, cls):
            serving = cls("aws", ACCOUNT)
            s3_backends[ACCOUNT]["aws"] = serving
        return serving

    def put_bucket_notification_configuration(self, bucket_name: str, notification_config: dict[str, Any]) -> None:
        """Of what a bucket tells, EventBridge alone is known here, and moto would tell it in words of its own."""
        told = dict(notification_config or {})
        (self.telling.discard if told.pop("EventBridgeConfiguration", None) is None else self.telling.add)(bucket_name)
        super().put_bucket_notification_configuration(bucket_name, told)

    def put_object(self, bucket_name: str, key_name: str, *args: Any, **named: Any) -> Any:
        key = super().put_object(bucket_name, key_name, *args, **named)
        if not named.get("disable_notification"):  # it is part of a copy
            self._tell_created(bucket_name, key, "PutObject")
        return key

    def copy_object(self, src_key: Any, dest_bucket_name: str, dest_key_name: str, *args: Any, **named: Any) -> None:
        super().copy_object(src_key, dest_bucket_name, dest_key_name, *args, **named)
        self._tell_created(dest_bucket_name, self.get_object(dest_bucket_name, dest_key_name), "CopyObject")

    def delete_object(
        self, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> tuple[bool, dict[str, Any]]:
        done, told = super().delete_object(bucket_name, key_name, version_id, bypass)
        if done:
            marked = version_id is None and "delete-marker" in told
            what = {"key": key_name, **({"version-id": told["version-id"]} if "version-id" in told else {})}
            kind = "Delete Marker Created" if marked else "Permanently Deleted"
            self._tell(bucket_name, "Object Deleted", what, {"reason": "DeleteObject", "deletion-type": kind})
        return done, told

    def _tell_created(self, bucket_name: str, key: Any, reason: str) -> None:
        what = {"key": key.name, "size": key.size, "etag": key.etag.strip('"'), "version-id": key.version_id}
        self._tell(bucket_name, "Object Created", what, {"reason": reason})

    def _tell(self, bucket_name: str, kind: str, what: dict[str, Any], why: dict[str, str]) -> None:
        if bucket_name not in self.telling:
            return
        event: Any = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": "aws.s3",
            "account": ACCOUNT,
            "time": time.time(),  # moto writes it as a date when it sends
            "region": REGION,
            "resources": [f"arn:aws:s3:::{bucket_name}"],
            "detail": {
                "version": "0",
                "bucket": {"name": bucket_name},
                "object": {**what, "sequencer": f"{next(self._sequence):016X}"},
                "request-id": uuid.uuid4().hex[:16].upper(),
                "requester": ACCOUNT,
                "source-ip-address": "127.0.0.1",
                **why,
            },
        }
        for rule in events_backends[ACCOUNT][REGION].event_buses["default"].rules.values():
            rule.send_to_targets(event, transform_input=False)
