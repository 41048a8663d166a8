"""`frontline payments` as it is typed, and what the doctor says of money."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from infra.ops.doctor import Diagnosis, examine
from infra.ops.paper import read_paper
from infra.ops.payments import LATE, key_problem
from shared.adapters.stripe_client import StripeAt
from shared.domain.campaigns import Raised, campaign_key
from shared.domain.happenings import Forget, Happened
from shared.domain.orders import Interval, OrderState
from shared.domain.paper import PAPER_KEY, Giving, Offer
from shared.domain.refusals import ProcessorRefused, StoreUnavailable
from shared.ports.money import Endpoint
from shared.settings import StripeSettings
from tests.catalogue_twin import LOGIN
from tests.functions.books import ADA
from tests.functions.paper import PAPER
from tests.money_cases import GIFT, MEMBERSHIP
from tests.money_twins import MemorySecrets
from tests.ops.shop import HOOK, KEY, MONTHLY, SELLING, Shop
from tests.ops.upkeep_case import PaperCase
from tests.processor_twin import NOW
from tests.twins import MemoryDeadLetters

ONCE_ONLY = replace(PAPER, giving=Giving((Offer("EUR", (500,)),), ("once",)))


@pytest.fixture
def shop() -> Shop:
    return Shop()


# The key


def test_a_key_is_tried_and_put_in_its_place_and_never_shown(shop: Shop) -> None:
    done = shop.run("payments", "key", typed=f" {KEY}\n")

    assert (done.exit_code, shop.secrets.values["key"]) == (0, (KEY,))
    assert KEY not in done.output
    assert "payments setup" in done.stderr


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "nothing was given"),
        ("pk_test_51Abcdefgh", "the publishable key"),
        ("whsec_51Abcdefgh", "webhooks are signed with"),
        ("sk_live_51Abcdefgh", "a key of live mode"),
        ("rk_live_51Abcdefgh", "a key of live mode"),
        ("sk_test_", "no key of Stripe's"),
        ("sk_test_51Abc defgh", "no key of Stripe's"),
        ("sk_test_51Abcdefgh\nsk_test_other99", "no key of Stripe's"),
        ("SK_TEST_51ABCDEFGH", "no key of Stripe's"),
        ("secret", "no key of Stripe's"),
    ],
)
def test_what_is_no_key_for_this_stack_is_not_put_there_and_not_shown(shop: Shop, said: str, words: str) -> None:
    done = shop.run("payments", "key", typed=said)

    assert (done.exit_code, words in done.stderr, shop.secrets.values) == (2, True, {})
    assert len(said) < 9 or said not in done.output


def test_a_live_stack_takes_a_live_key_alone(shop: Shop) -> None:
    shop.twin.livemode = True

    assert shop.run("payments", "key", typed=KEY).exit_code == 2
    assert shop.run("payments", "key", typed="rk_live_51Abcdefgh").exit_code == 0


@pytest.mark.parametrize("prefix", ["sk_test_", "rk_test_", "sk_live_", "rk_live_"])
@pytest.mark.parametrize("livemode", [True, False])
def test_a_key_is_one_for_the_functions_too(prefix: str, livemode: bool) -> None:
    key = f"{prefix}51Abcdefgh"
    at = StripeAt(StripeSettings("key", None, livemode), MemorySecrets(key=(key,)))

    if key_problem(key, livemode) is None:
        with at.asking():
            pass
    else:
        with pytest.raises(ProcessorRefused), at.asking():
            pass


def test_a_key_that_stripe_does_not_take_is_not_put_there(shop: Shop) -> None:
    done = shop.run("payments", "key", typed="sk_test_51Abc_wrong0")

    assert (done.exit_code, shop.secrets.values) == (1, {})
    assert "invalid_api_key" in done.stderr
    shop.catalogue.unavailable = True
    assert (shop.run("payments", "key", typed=KEY).exit_code, shop.secrets.values) == (3, {})


# Setting up


def test_setting_up_sells_the_plans_tells_us_and_keeps_what_signs_it(shop: Shop) -> None:
    done = shop.run("payments", "setup")

    assert done.exit_code == 0
    assert "plan monthly: €8 a month from now on" in done.stdout
    assert shop.catalogue.portal == PAPER.name
    assert f"login page: {LOGIN}, for whoever gives without an account" in done.stdout
    assert read_paper(shop.twin.kept_documents)[0] == replace(SELLING, manage_url=LOGIN)
    assert len(shop.twin.kept_purge.asked) == 1
    assert [one.url for one in shop.catalogue.told] == [HOOK]
    (secret,) = shop.secrets.values["webhooks"]
    assert secret not in done.output


def test_setting_up_again_changes_nothing(shop: Shop) -> None:
    shop.run("payments", "setup")
    prices, told, secrets = dict(shop.catalogue.prices), [*shop.catalogue.told], dict(shop.secrets.values)
    documents = dict(shop.twin.kept_documents.raw)

    done = shop.run("payments", "setup")

    assert done.stdout.count("as before") == 3
    assert (shop.catalogue.prices, shop.catalogue.told, shop.secrets.values) == (prices, told, secrets)
    assert shop.twin.kept_documents.raw[PAPER_KEY] == documents[PAPER_KEY]
    assert len(shop.twin.kept_purge.asked) == 2  # purged all the same: the run before may have been cut off over it


def test_an_address_that_leads_elsewhere_is_put_right_and_all_else_of_the_paper_stays(shop: Shop) -> None:
    elsewhere = replace(SELLING, manage_url="https://billing.example/p/login/of-last-year", language="de")
    shop.put(elsewhere)

    assert "the paper says so now" in shop.run("payments", "setup").stdout
    assert read_paper(shop.twin.kept_documents)[0] == replace(elsewhere, manage_url=LOGIN)


def test_a_new_price_is_for_whoever_joins_from_then_on(shop: Shop) -> None:
    shop.run("payments", "setup")
    before = shop.catalogue.prices["monthly"]
    shop.put(replace(SELLING, plans=(replace(MONTHLY, amount=900),)))

    done = shop.run("payments", "setup")

    assert "€9 a month from now on; whoever pays €8 a month goes on paying that" in done.stdout
    assert shop.catalogue.prices["monthly"].id != before.id


@pytest.mark.parametrize("damage", ["off", "types", "no secret", "asked for"])
def test_a_webhook_that_is_not_whole_is_made_anew_and_the_one_before_is_accepted_still(shop: Shop, damage: str) -> None:
    shop.run("payments", "setup")
    before = shop.secrets.values["webhooks"]
    old = shop.catalogue.told[0]
    if damage == "off":
        shop.catalogue.told[0] = replace(old, enabled=False)
    elif damage == "types":
        shop.catalogue.forgets("invoice.paid")
    elif damage == "no secret":
        shop.secrets.values["webhooks"] = before = ()

    done = shop.run("payments", "setup", *(("--new-webhook",) if damage == "asked for" else ()))

    assert len(shop.catalogue.told) == 2
    assert shop.secrets.values["webhooks"][1:] == before
    assert f"take the endpoint {old.id} away" in done.stdout


def test_two_secrets_are_accepted_and_no_third(shop: Shop) -> None:
    for _ in range(4):
        shop.run("payments", "setup", "--new-webhook")

    assert shop.secrets.values["webhooks"] == ("whsec_5", "whsec_4")  # a price was made before


def test_where_a_secret_cannot_be_kept_none_is_made_that_would_be_lost(shop: Shop) -> None:
    shop.run("payments", "setup")

    class Locked(MemorySecrets):
        def write(self, name: str, values: tuple[str, ...]) -> None:
            raise StoreUnavailable

    shop.twin.kept_secrets = Locked(**shop.secrets.values)

    done = shop.run("payments", "setup", "--new-webhook")

    assert (done.exit_code, len(shop.catalogue.told)) == (3, 1)


def test_a_paper_that_asks_for_nothing_is_not_set_up() -> None:
    shop = Shop(PAPER)

    assert shop.run("payments", "setup").exit_code == 1
    assert shop.catalogue.told == []
    done = shop.run("payments", "status")
    assert (done.exit_code, done.stdout) == (0, "The paper takes no money: it has no `giving` and no `plans`.\n")


@pytest.mark.parametrize("words", ["unavailable", "refuses"])
def test_where_stripe_does_not_do_it_the_command_says_why(shop: Shop, words: str) -> None:
    shop.catalogue.unavailable, shop.catalogue.refuses = words == "unavailable", "rate_limit"

    done = shop.run("payments", "setup")

    assert done.exit_code == (3 if words == "unavailable" else 1)
    assert "processor_unavailable" in done.stderr or "Stripe: rate_limit" in done.stderr


def test_how_it_stands_is_said_in_lines(shop: Shop) -> None:
    empty = shop.run("payments", "status")
    assert (empty.exit_code, "nobody can pay" in empty.stdout) == (1, True)
    shop.is_set_up()

    done = shop.run("payments", "status")

    assert done.exit_code == 0
    for line in (
        "mode          test",
        "key           there",
        "plan          monthly: €8 a month; at Stripe €8 a month",
    ):
        assert line in done.stdout
    assert KEY not in done.output
    assert "whsec" not in done.output


# The doctor


class Clinic(Shop):
    """A paper that is well in all else, and a doctor for its money."""

    def __init__(self, paper: Any = SELLING) -> None:
        super().__init__(paper)
        self.case = PaperCase()
        self.case.documents = self.twin.kept_documents
        self.pauses = 0

    def diagnosis(self, pause: Callable[[], None] = lambda: None) -> Diagnosis:
        def wait() -> None:
            self.pauses += 1
            pause()

        clock = self.case.clock().fromtimestamp(self.processor.now, self.case.now.tzinfo)
        ward = replace(self.case.ward, money=self.twin.money(), site_url=PAPER.url)
        return examine(ward, lambda: clock, wait)

    def told(self, pause: Callable[[], None] = lambda: None) -> list[str]:
        return [str(one) for one in self.diagnosis(pause).findings if one.subject == "payments"]


@pytest.fixture
def clinic() -> Clinic:
    clinic = Clinic()
    clinic.is_set_up()
    return clinic


def test_where_all_is_well_the_doctor_has_nothing_to_say_of_money(clinic: Clinic) -> None:
    session = clinic.books.membership()
    clinic.processor.pay(clinic.books.order())
    clinic.books.hear_news()
    clinic.books.reconcile()

    assert clinic.told() == []
    assert (clinic.diagnosis().notes, clinic.pauses) == ((), 0)
    assert clinic.order(session).state is OrderState.RUNNING


def test_of_a_paper_that_takes_no_money_the_doctor_says_that_and_is_quiet() -> None:
    clinic = Clinic(PAPER)

    assert clinic.told() == []
    assert clinic.diagnosis().notes == ("The paper takes no money: it has no `giving` and no `plans`.",)


def wrong_mode(clinic: Clinic) -> None:
    clinic.secrets.values["key"] = ("sk_live_51Abcdefgh",)


def no_key(clinic: Clinic) -> None:
    clinic.secrets.values.pop("key")


def no_webhook_secret(clinic: Clinic) -> None:
    clinic.secrets.values.pop("webhooks")


def silent(clinic: Clinic) -> None:
    clinic.catalogue.unavailable = True


def refusing(clinic: Clinic) -> None:
    clinic.catalogue.refuses = "invalid_api_key"


def unsold(clinic: Clinic) -> None:
    clinic.catalogue.prices.clear()


def priced(**changes: Any) -> Callable[[Clinic], None]:
    def damage(clinic: Clinic) -> None:
        clinic.catalogue.prices["monthly"] = replace(clinic.catalogue.prices["monthly"], **changes)

    return damage


def no_portal(clinic: Clinic) -> None:
    clinic.catalogue.portal = None


def led(manage_url: str | None) -> Callable[[Clinic], None]:
    return lambda clinic: clinic.put(replace(SELLING, manage_url=manage_url))


def untold(clinic: Clinic) -> None:
    clinic.catalogue.told = [Endpoint("we_x", "https://other.example/hook", True, ())]


def switched_off(clinic: Clinic) -> None:
    clinic.catalogue.told[0] = replace(clinic.catalogue.told[0], enabled=False)


def told_less(clinic: Clinic) -> None:
    clinic.catalogue.forgets("invoice.paid")


def told_twice(clinic: Clinic) -> None:
    clinic.catalogue.tell(HOOK)


def reconciled_long_ago(clinic: Clinic) -> None:
    clinic.books.ledger.say_reconciled(NOW - LATE - 1)


def never_reconciled(clinic: Clinic) -> None:
    clinic.books.order()
    clinic.processor.pass_time(LATE + 1)


def letters(*bodies: object) -> Callable[[Clinic], None]:
    def damage(clinic: Clinic) -> None:
        said = (one if isinstance(one, str) else msgspec.json.encode(one).decode() for one in bodies)
        clinic.twin.kept_money_letters = MemoryDeadLetters(*said)

    return damage


def two_memberships(clinic: Clinic) -> None:
    clinic.books.membership()
    clinic.processor.pay(clinic.books.order(MEMBERSHIP))
    clinic.books.hear_news()


def mismatched(clinic: Clinic) -> None:
    session = clinic.books.membership()
    clinic.books.hear_news()
    clinic.processor.tamper(session, lambda standing: replace(standing, currency="USD"))


def of_another_account(clinic: Clinic) -> None:
    session = clinic.books.membership()
    clinic.books.hear_news()
    clinic.processor._lives.pop(session)


def campaign_untold(clinic: Clinic) -> None:
    clinic.processor.pay(clinic.books.order(GIFT))
    clinic.books.hear_news()
    clinic.case.put(campaign_key("winter"), msgspec.json.encode(Raised({"EUR": 1})))


def campaign_spoiled(clinic: Clinic) -> None:
    clinic.books.order(GIFT)
    clinic.case.put(campaign_key("winter"), b"{")


HAPPENED = Happened("evt_1", "invoice.paid", "in_1", NOW, False)
DAMAGES: dict[str, tuple[Callable[[Clinic], None], str, str]] = {
    "no key": (no_key, "nobody can pay: Stripe's key: there is none", "payments key"),
    "a key of the other mode": (wrong_mode, "a key of live mode", "payments key"),
    "Stripe is silent": (silent, "it does not answer", "try again"),
    "Stripe refuses": (refusing, "it refuses: invalid_api_key", "payments key"),
    "a plan is not sold": (unsold, "does not sell the plan “monthly”", "payments setup"),
    "another amount": (priced(amount=801), "is €8 a month in the paper and €8.01 a month at Stripe", "payments setup"),
    "another currency": (priced(currency="USD"), "$8 a month at Stripe", "payments setup"),
    "another interval": (priced(interval=Interval.YEAR), "€8 a year at Stripe", "payments setup"),
    "no portal": (no_portal, "portal is not set up", "payments setup"),
    "nobody is led": (led(None), "is told of no page to end it on: `manage_url` is empty", "payments setup"),
    "led elsewhere": (led(f"{LOGIN}0"), f"is not Stripe's login page, which is {LOGIN}", "payments setup"),
    "nobody is told": (untold, f"Stripe tells nobody at {HOOK}", "payments setup"),
    "the webhook is off": (switched_off, "has switched it off", "payments setup"),
    "types are missing": (told_less, "of invoice.paid it tells nothing", "payments setup"),
    "told twice": (told_twice, "tells us everything 2 times", "dashboard"),
    "no secret for webhooks": (no_webhook_secret, "none is believed", "payments setup"),
    "reconciled long ago": (reconciled_long_ago, "for the last time", "contributions reconcile"),
    "never reconciled": (never_reconciled, "was never reconciled", "contributions reconcile"),
    "a dead letter": (letters(HAPPENED), "could not deal with one message", "contributions reconcile"),
    "dead letters of nobody's": (letters("{", HAPPENED), "could not deal with 2 messages", "contributions reconcile"),
    "a dead erasure": (letters(HAPPENED, Forget(ADA.id)), "an erasure among them", "start-message-move-task"),
    "two memberships": (two_memberships, f"the member {ADA.id} pays for 2 memberships", "contributions refund"),
    "a mismatched order": (mismatched, "gives nothing: the currency is not what was ordered", "contributions show"),
    "another account": (of_another_account, "Stripe does not know it", "contributions show"),
    "a campaign is told wrong": (campaign_untold, "campaign “winter”", "contributions reconcile"),
    "a campaign is spoiled": (campaign_spoiled, "campaign “winter”", "contributions reconcile"),
}


@pytest.mark.parametrize(("damage", "words", "cure"), DAMAGES.values(), ids=DAMAGES)
def test_what_is_wrong_with_money_is_told_with_its_cure(
    clinic: Clinic, damage: Callable[[Clinic], None], words: str, cure: str
) -> None:
    damage(clinic)

    told = clinic.told()

    assert len(told) == 1, told
    assert words in told[0]
    assert cure in told[0].partition("→")[2]
    assert KEY not in told[0]
    assert ADA.address.text not in told[0]


def test_what_is_under_way_is_looked_at_again_and_not_told(clinic: Clinic) -> None:
    campaign_untold(clinic)

    assert clinic.told(pause=lambda: assert_none(clinic.books.reconcile().causes)) == []
    assert clinic.pauses == 1


def assert_none(causes: dict[str, int]) -> None:
    assert causes == {}


def test_a_stack_whose_secrets_cannot_be_read_says_so(clinic: Clinic) -> None:
    clinic.secrets.broken = True

    (told,) = clinic.told()

    assert "may you read the ledger's table and the two secrets?" in told


def test_who_only_gives_once_needs_no_portal() -> None:
    clinic = Clinic(ONCE_ONLY)
    clinic.is_set_up()
    clinic.put(ONCE_ONLY)
    clinic.catalogue.portal = None

    assert clinic.told() == []


def test_members_are_led_by_their_account_and_a_paper_that_only_they_pay_needs_no_other_way() -> None:
    clinic = Clinic(replace(SELLING, giving=None))
    clinic.is_set_up()
    clinic.put(replace(SELLING, giving=None, manage_url=None))

    assert clinic.told() == []


def test_whoever_hears_by_the_event_bus_needs_no_webhook(clinic: Clinic) -> None:
    clinic.catalogue.told.clear()
    no_webhook_secret(clinic)
    money = replace(clinic.twin.money(), hears_by_bus=True)
    clinic.twin.money = lambda: money  # type: ignore[method-assign]

    assert clinic.told() == []
    assert "none, since events come by the event bus" in clinic.run("payments", "setup").stdout
    assert clinic.catalogue.told == []
