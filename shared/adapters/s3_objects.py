"""Reading S3 objects with obstore: the one way in which the read path touches the outside.

obstore is Rust's object_store: it starts in a tenth of boto3's time, and its time-outs and retries have bounds that we
set.
"""

from __future__ import annotations

from datetime import timedelta

import obstore
from msgspec import Struct
from obstore.exceptions import BaseError, NotModifiedError
from obstore.store import S3Store

# A function has 5 s in all (template.yaml). Two tries of at most 1.5 s leave time to answer 503 in our own words.
_TIMEOUT = "1500ms"
_RETRIES = 1
_BACKOFF = timedelta(milliseconds=50)


class ObjectMissing(Exception):
    """There is no object under that key."""


class StoreUnavailable(Exception):
    """S3 refused, failed or did not answer in time."""


class Found(Struct, frozen=True):
    """An object, the tag of its version (S3 sends one with every object), and when it was written (seconds since
    1970)."""

    body: bytes
    version: str | None
    written_at: int = 0


class S3Objects:
    """One bucket, to read from. Credentials come from the environment, as the SDKs mean it."""

    def __init__(self, bucket: str, region: str, endpoint: str | None) -> None:
        self._store = S3Store(
            bucket,
            region=region,
            client_options={
                "timeout": _TIMEOUT,
                "connect_timeout": "1s",
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
            },
            retry_config={
                "max_retries": _RETRIES,
                "backoff": {"init_backoff": _BACKOFF, "max_backoff": _BACKOFF, "base": 2},
                "retry_timeout": timedelta(seconds=3),
            },
            **({"endpoint": endpoint} if endpoint else {"virtual_hosted_style_request": True}),
        )

    def get(self, key: str, unless: str | None = None) -> Found | None:
        """The object, or None while its version is still `unless`.

        Raises ObjectMissing, StoreUnavailable; it takes 3.1 s at the very most.
        """
        try:
            got = obstore.get(self._store, key, options={"if_none_match": unless} if unless else None)
            meta = got.meta
            return Found(got.bytes().to_bytes(), meta["e_tag"], int(meta["last_modified"].timestamp()))
        except NotModifiedError:
            return None
        except FileNotFoundError as error:
            raise ObjectMissing(key) from error
        except (BaseError, OSError) as error:
            raise StoreUnavailable(type(error).__name__) from error
