"""Amounts of money: whole numbers of a currency's minor unit (cents), never fractions. How many digits a currency has
behind the point is ISO 4217's, as far as the processor charges it so (https://docs.stripe.com/currencies)."""

from __future__ import annotations

import re
from typing import Final

from shared.domain.refusals import InvalidField

WITHOUT_MINOR: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
"""Currencies whose minor unit is the unit itself."""
WITH_THOUSANDTHS: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Currencies with three digits behind the point. No paper takes them: here they would all be wrong by ten."""
_SIGNS: Final = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
_typed: Final = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?\Z")


def digits_of(currency: str) -> int:
    """How many digits of an amount in minor units stand behind the point."""
    return 0 if currency in WITHOUT_MINOR else 2


def parse_typed(text: str, currency: str) -> int:
    """An amount as a reader types it (`7`, `7.50`, `7,5`) in minor units. Raises InvalidField: an amount with a
    thousands separator could be meant in two ways, and is asked for again."""
    found = _typed.match(text.strip())
    if found is None or (found[2] and not digits_of(currency)):
        example = "7.50" if digits_of(currency) else "750"
        raise InvalidField("amount", f"Write the amount in digits, such as {example}.")
    return int(found[1] + (found[2] or "").ljust(digits_of(currency), "0"))


def written(amount: int, currency: str) -> str:
    """An amount in minor units, as a reader would write it: `€8`, `€8.50`, `€1,200`, `CHF 8`, `−€8.50`."""
    if amount < 0:
        return f"\N{MINUS SIGN}{written(-amount, currency)}"
    sign = _SIGNS.get(currency, f"{currency}\N{NO-BREAK SPACE}")
    if not digits_of(currency):
        return f"{sign}{amount:,}"
    whole, cents = divmod(amount, 100)
    return f"{sign}{whole:,}" if cents == 0 else f"{sign}{whole:,}.{cents:02}"
