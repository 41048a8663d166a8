"""What programs are told, as types: docs/openapi.yaml is written from these."""

from __future__ import annotations

from msgspec import Struct


class Started(Struct, frozen=True):
    """An order, by its id, and the payment service's page on which it is paid: nothing is until somebody does there."""

    id: str
    url: str


class Managed(Struct, frozen=True):
    """The payment service's page on which a member changes how they pay, or cancels. It is theirs alone, and for some
    minutes."""

    url: str
