"""Has the till sell what the paper offers and tell of what happens: by its API, as an account of Stripe's is set up."""

from msgspec import Struct

from infra.local.till.till import Till
from shared.domain.paper import Paper
from shared.settings import StripeSettings


class _Key:
    """`shared.ports.money.VendorSecrets` of whoever holds the key in the hand."""

    def __init__(self, key: str) -> None:
        self._key = key

    def read(self, name: str) -> tuple[str, ...]:
        return (self._key,)


class Opened(Struct, frozen=True):
    """What only the till knows: what it signs webhooks with, and where whoever pays comes to manage it."""

    webhook_secret: str
    manage_url: str


def set_up(till: Till, paper: Paper) -> Opened:
    """Sell the paper's plans, have the page for those who pay already, and register the webhooks. The till has to be
    served."""
    # Stripe's library takes its time: not before it is needed.
    from shared.adapters.stripe_catalogue import StripeCatalogue
    from shared.adapters.stripe_client import StripeAt

    catalogue = StripeCatalogue(StripeAt(StripeSettings(key="", api=till.url, livemode=False), _Key(till.key)))
    for plan in paper.plans:
        catalogue.sell(plan, paper.name)
    manage_url = catalogue.set_up_portal(paper)
    return Opened(catalogue.tell(till.hook), manage_url)
