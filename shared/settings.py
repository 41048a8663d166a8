"""The environment of a function, read once and in one place. Nothing else looks at `os.environ`."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct


class MissingSetting(Exception):
    """The function was deployed without something it needs; it cannot start."""


class Settings(Struct, frozen=True):
    """What the read functions are told by the template. `s3_endpoint` is None in the cloud, as the SDKs mean it."""

    content_bucket: str
    keyring_bucket: str
    region: str
    s3_endpoint: str | None


def settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings in `environ`. Raises MissingSetting, naming the variable."""
    return Settings(
        content_bucket=_required(environ, "CONTENT_BUCKET"),
        keyring_bucket=_required(environ, "KEYRING_BUCKET"),
        region=_required(environ, "AWS_REGION"),
        s3_endpoint=environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or None,
    )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise MissingSetting(f"The environment variable {name} is missing or empty: template.yaml sets it.")
    return value
