"""What the processor sells and whom it tells: the twin and Stripe's adapter keep the same promises, at the till."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from shared.domain.orders import Interval
from shared.domain.paper import ManageUrl, Plan
from shared.ports.money import Catalogue
from tests.catalogue_twin import MemoryCatalogue
from tests.functions.paper import PAPER
from tests.till_desk import till_desk

is_way = re.compile(get_args(ManageUrl)[1].pattern).match
PLAN = Plan("yearly", "A year", 8000, "EUR", "year")
HOOK = "https://paper.example/api/webhooks/stripe"


@pytest.fixture(params=["twin", "till"])
def catalogue(request: Any) -> Iterator[Catalogue]:
    if request.param == "twin":
        yield MemoryCatalogue()
        return
    with till_desk() as desk:
        yield desk.catalogue


def test_a_plan_is_sold_for_what_it_says_and_once(catalogue: Catalogue) -> None:
    assert catalogue.price("yearly") is None

    sold = catalogue.sell(PLAN, "The Paper")

    assert (sold.amount, sold.currency, sold.interval) == (8000, "EUR", Interval.YEAR)
    assert catalogue.sell(PLAN, "The Paper") == catalogue.price("yearly") == sold
    assert catalogue.price("other") is None


def test_another_price_takes_the_place_of_the_one_before(catalogue: Catalogue) -> None:
    before = catalogue.sell(PLAN, "The Paper")

    after = catalogue.sell(replace(PLAN, amount=9000), "The Paper")

    assert after.id != before.id
    assert catalogue.price("yearly") == after


def test_the_portal_is_set_up_once_it_was_and_where_one_comes_to_it_stays(catalogue: Catalogue) -> None:
    assert catalogue.portal_login() is None
    addresses = set()
    for _ in range(2):
        addresses |= {catalogue.set_up_portal(PAPER), catalogue.portal_login()}

    (address,) = addresses
    assert address is not None
    assert is_way(address)


def test_whoever_is_told_has_a_secret_of_their_own_and_is_told_everything(catalogue: Catalogue) -> None:
    secrets = [catalogue.tell(HOOK) for _ in range(2)]

    told = catalogue.endpoints()

    assert len(set(secrets)) == len({one.id for one in told}) == 2
    assert [(one.url, one.enabled, one.missing) for one in told] == [(HOOK, True, ())] * 2
    assert all(secret.startswith("whsec_") for secret in secrets)
