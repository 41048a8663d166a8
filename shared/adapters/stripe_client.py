"""How Stripe is asked, and what its refusals are here: the one place where its library is set up."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import stripe

from shared.domain.refusals import ProcessorRefused, ProcessorUnavailable

if TYPE_CHECKING:
    from stripe._v1_services import V1Services

    from shared.ports.money import VendorSecrets
    from shared.settings import StripeSettings

CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 4.0  # between two pieces of an answer: a reader may be waiting
RETRIES: Final = 1
PAGE: Final = 100  # the most that Stripe lists at a time
MISSING: Final = "resource_missing"
_MODES: Final = {"sk_live_": True, "rk_live_": True, "sk_test_": False, "rk_test_": False}

# Which machine this is, and how long its last call took, are nobody's business.
stripe.enable_telemetry = False
# It writes addresses and Stripe's sentences, which may repeat what somebody has typed, into its log (R27).
logging.getLogger("stripe").setLevel(logging.ERROR)


class NotThere(ProcessorRefused):
    """Stripe knows no object of that id."""

    def __init__(self) -> None:
        super().__init__(MISSING)


class StripeAt:
    """Stripe, with the account whose key the secret holds, in the version of the API that its library speaks.

    Waits 2 s for a connection and `patience` (seconds) for each piece of an answer, and tries once more where that may
    help; the library gives each of its POSTs an Idempotency-Key where we give none, so that it happens once.
    """

    def __init__(self, settings: StripeSettings, secrets: VendorSecrets, patience: float = READ_SECONDS) -> None:
        self._settings, self._secrets, self._patience = settings, secrets, patience
        self._known: tuple[str, V1Services] | None = None

    @property
    def livemode(self) -> bool:
        return self._settings.livemode

    @contextmanager
    def asking(self) -> Iterator[V1Services]:
        """Stripe's services, by their names in its library.

        Raises NotThere, ProcessorUnavailable where it does not answer or asks for patience, ProcessorRefused for every
        other no; StoreUnavailable where its key cannot be read. Nothing of Stripe's own sentence is in any of them.
        """
        services = self._services()
        try:  # None of Stripe's errors goes on as a cause: it holds the whole answer, which may hold a person (R27).
            yield services
        except (stripe.APIConnectionError, stripe.RateLimitError):
            raise ProcessorUnavailable from None
        except stripe.StripeError as error:
            if error.code == MISSING:
                raise NotThere from None
            if type(error) is stripe.APIError or (error.http_status or 0) >= 500:  # a fault of its own, or no JSON
                raise ProcessorUnavailable from None
            raise ProcessorRefused(error.code or _type_of(error)) from None

    def _services(self) -> V1Services:
        key = next(iter(self._secrets.read(self._settings.key)), "").strip()
        if self._known is not None and self._known[0] == key:
            return self._known[1]
        if not key:
            raise ProcessorRefused("no key: nobody has put one into the secret")
        if _MODES.get(key[:8]) is not self._settings.livemode:
            raise ProcessorRefused("the key is another mode's: live and test do not mix")
        client = stripe.StripeClient(
            key,
            base_addresses={"api": self._settings.api} if self._settings.api else {},
            max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, self._patience)),
        )
        self._known = (key, client.v1)
        return client.v1


def _type_of(error: stripe.StripeError) -> str:
    """What kind of error it is, in Stripe's words."""
    told = error.error.type if error.error is not None else None
    return told or type(error).__name__
