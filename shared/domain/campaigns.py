"""What a campaign has raised: public facts, exact, in minor units by currency."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

MAX_NAMED: Final = 50


class Supporter(Struct, frozen=True):
    """Somebody who has given and agreed to be named. `order` is what they gave by, `at` when (seconds since 1970)."""

    order: str
    at: int
    name: str
    message: str | None = None


class Raised(Struct, frozen=True):
    """How it stands: `amounts` by currency, the number of supporters, and the latest of those who are named."""

    amounts: dict[str, int] = field(default_factory=dict)
    supporters: int = 0
    named: tuple[Supporter, ...] = ()


def campaign_key(slug: str) -> str:
    """Where a campaign's standing lies in the content bucket, as `Raised`: readers' functions ask S3 alone."""
    return f"campaigns/{slug}.json"


def campaign_tag(slug: str) -> str:
    """The cache tag of everything that shows how a campaign stands."""
    return f"campaign-{slug}"
