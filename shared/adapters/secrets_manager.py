"""Secrets that somebody else made, from Secrets Manager: one secret's text holds all of its values that are good now.

While one is exchanged for another, both are there, the newer first, apart by blanks, line breaks or commas.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from shared.adapters.boto3_failures import available

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

KEPT_SECONDS: Final = 60
_between: Final = re.compile(r"[\s,]+")


class SecretsManagerSecrets:
    """`shared.ports.money.VendorSecrets`. `clock` counts seconds, from whenever."""

    def __init__(self, client: SecretsManagerClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._clock = client, clock
        self._kept: dict[str, tuple[float, tuple[str, ...]]] = {}

    def read(self, name: str) -> tuple[str, ...]:
        now = self._clock()
        kept = self._kept.get(name)
        if kept is None or now - kept[0] >= KEPT_SECONDS:
            kept = self._kept[name] = now, self.ask(name)
        return kept[1]

    def ask(self, name: str) -> tuple[str, ...]:
        """The same as it is this moment."""
        with available():
            try:
                text = self._client.get_secret_value(SecretId=name).get("SecretString", "")
            except ClientError as error:
                # Said both of a secret that is not there and of one that nobody has put a value in.
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                return ()
        return tuple(part for part in _between.split(text) if part)


class SecretsManagerShelf:
    """`shared.ports.money.SecretsShelf`."""

    def __init__(self, client: SecretsManagerClient) -> None:
        self._client = client

    def read(self, name: str) -> tuple[str, ...]:
        return SecretsManagerSecrets(self._client).ask(name)

    def write(self, name: str, values: tuple[str, ...]) -> None:
        with available():
            self._client.put_secret_value(SecretId=name, SecretString="\n".join(values))
