"""Passes for functions of which most starts never see one."""

from __future__ import annotations

import sys
from functools import cached_property
from types import ModuleType

from shared.adapters.s3_objects import S3Objects
from shared.domain.passes import Verdict
from shared.domain.tiers import Tier
from shared.ports.reading import Passes
from shared.settings import Settings


class PassesWhenNeeded:
    """PyJWT and the keyring's bucket are opened by the first request that carries a pass: most starts never need
    them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _passes(self) -> Passes:
        _leave_out_the_fetcher_of_remote_keys()
        from shared.adapters.pyjwt_passes import PyJwtPasses
        from shared.adapters.s3_keyring import S3Keyrings

        return PyJwtPasses(
            S3Keyrings(S3Objects(self._settings.keyring_bucket, self._settings.region, self._settings.s3_endpoint))
        )

    def mint(self, tier: Tier, now: float, lifetime: int, only: str | None = None) -> str:
        return self._passes.mint(tier, now, lifetime, only)

    def verify(self, token: str, now: float) -> Verdict:
        return self._passes.verify(token, now)


def _leave_out_the_fetcher_of_remote_keys() -> None:
    """PyJWT's package imports a client that fetches keys by HTTP, and with it http.client, ssl and email.

    That is a third of a first member's read, for something that must never happen here: a pass's key comes from our
    ring alone (R6). An empty module in its place keeps it out of this process; nothing here could use it.
    """
    fetcher = ModuleType("jwt.jwks_client")
    fetcher.PyJWKClient = None  # type: ignore[attr-defined]
    sys.modules.setdefault(fetcher.__name__, fetcher)
