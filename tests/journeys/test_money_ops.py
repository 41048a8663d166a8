"""What ops does about money, by the `frontline` command, on the stack of this machine."""

from __future__ import annotations

import csv
import io

from shared.domain.orders import OrderState
from tests.journeys.at_the_till import AtTheTill
from tests.journeys.conftest import Paper
from tests.journeys.test_money import ADA, CAMPAIGN, give, member, tier_of, till  # noqa: F401 -- a fixture
from tests.journeys.walker import Walker


def test_payments_are_set_up_from_the_first_moment(paper: Paper) -> None:
    done = paper.frontline("payments", "status")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "at Stripe €8 a month" in done.stdout
    assert paper.frontline("payments", "setup").stdout.count("as before") == 4
    assert paper.frontline("doctor", "--pause", "2").returncode == 0


def test_a_membership_that_is_given_back_is_closed_at_once_and_the_books_say_so(
    paper: Paper,
    till: AtTheTill,  # noqa: F811
) -> None:
    reader, order = member(paper, till)
    assert tier_of(reader) == "member"

    done = paper.frontline("contributions", "refund", order, "--yes")

    assert done.returncode == 0, done.stderr
    assert till.order(order).state is OrderState.ENDED
    assert tier_of(reader) == "subscriber"
    assert paper.frontline("contributions", "show", order).returncode == 0
    till.until(lambda: "€8 is on its way back to you" in {mail["subject"] for mail in reader.mails_to(ADA)})
    rows = csv.DictReader(io.StringIO(paper.frontline("contributions", "export").stdout))
    assert [(row["movement"], row["amount"]) for row in rows if row["order"] == order] == [
        ("payment", "8.00"),
        ("refund", "-8.00"),
    ]


def test_what_no_webhook_has_told_is_found_by_the_command(paper: Paper, till: AtTheTill) -> None:  # noqa: F811
    till.go_wrong(drop="1")
    begun = give(Walker(paper), campaign=CAMPAIGN)
    till.pay(begun["url"], ADA)
    assert paper.frontline("contributions", "show", begun["id"]).returncode == 1

    done = paper.frontline("contributions", "reconcile")

    assert done.returncode == 0, done.stdout + done.stderr
    assert begun["id"] in done.stdout
    assert till.raised(CAMPAIGN).amounts == {"EUR": 500}
