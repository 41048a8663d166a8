"""A campaign through the front door: one address for programs, one for readers, kept for a minute for each tier."""

from __future__ import annotations

import json

import msgspec
import pytest

from shared.domain.campaigns import Raised, Supporter, campaign_key
from shared.domain.tiers import Tier
from tests.journeys.conftest import Paper

SLUG = "the-long-winter"
TOLD, SHOWN = f"/api/campaigns/{SLUG}", f"/contribute/{SLUG}"


@pytest.fixture(autouse=True)
def raised(paper: Paper) -> None:
    """What payments would write."""
    standing = Raised({"EUR": 421_000}, 131, (Supporter("a" * 32, 1_800_000_000, "Ada <Moor>", "Go on."),))
    s3, bucket = paper.stack.client("s3"), paper.stack.output("ContentBucket")
    s3.put_object(Bucket=bucket, Key=campaign_key(SLUG), Body=msgspec.json.encode(standing))


def test_a_campaign_is_told_and_shown_and_kept_for_each_tier(paper: Paper) -> None:
    told = [paper.get(TOLD, tier=tier) for tier in Tier]
    assert [(answer.status, answer.outcome) for answer in told] == [(200, "Miss")] * 3
    assert len({answer.body for answer in told}) == 1
    assert json.loads(told[0].body)["raised"] == {"EUR": 421_000}
    assert "a" * 32 not in told[0].body.decode()
    assert [paper.get(TOLD, tier=tier).outcome for tier in Tier] == ["Hit"] * 3

    for path in (SHOWN, "/contribute"):
        page = paper.get(path).body.decode()
        assert "€4,210 of €12,000 raised by 131 readers." in page
        assert "Ada &lt;Moor&gt;" in page
        assert paper.get(path).outcome == "Hit"


def test_what_is_no_campaign_or_is_asked_for_oddly_is_refused(paper: Paper) -> None:
    for path, status in (
        ("/api/campaigns/nowhere", 404),
        ("/contribute/nowhere", 404),
        (f"{TOLD}?currency=EUR", 400),
        (f"{TOLD}/named", 404),
        ("/api/campaigns", 404),
    ):
        assert paper.get(path).status == status, path
