"""What a reader may give: a wish as it was sent, and the rule that makes a contribution of it, or says what is wrong
with it, in words that stand beside the field."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

from msgspec import Struct

from shared.domain.money import parse_typed, written
from shared.domain.orders import Interval
from shared.domain.paper import Campaign, Offer, Paper
from shared.domain.refusals import InvalidField, UnknownCampaign

MAX_NAME: Final = 80
MAX_MESSAGE: Final = 500
_HOW_OFTEN: Final = {"once": "once", "month": "every month", "year": "every year"}
_breaks = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# What turns around the text beside it, and what nobody sees and nobody needs.
_UNSEEN: Final = frozenset(
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_UNWRITTEN: Final = frozenset({"Cc", "Cs"})


class Wish(Struct, frozen=True):
    """What somebody has asked for, as they said it. `amount` in minor units; `typed` is what was written in its place,
    if anything was. Texts are empty where nothing was said."""

    amount: int | None
    currency: str
    interval: str
    typed: str = ""
    name: str = ""
    message: str = ""
    public: bool = False
    campaign: str = ""

    def __repr__(self) -> str:  # a name and a message are somebody's
        return "Wish(…)"


class Gift(Struct, frozen=True):
    """What will be paid: `amount` in minor units of `currency`."""

    amount: int
    currency: str
    interval: Interval
    name: str | None = None
    message: str | None = None
    public: bool = False
    campaign: Campaign | None = None

    def __repr__(self) -> str:
        return f"Gift({self.amount}, {self.currency}, {self.interval.value})"


def granted(wish: Wish, paper: Paper, now: float) -> Gift:
    """What the wish comes to, by what the paper takes at `now` (seconds since 1970). Raises InvalidField,
    UnknownCampaign."""
    giving = paper.giving
    if giving is None:
        raise InvalidField("amount", "This paper takes no contributions at the moment.")
    offer = next((one for one in giving.offers if one.currency == wish.currency), None)
    if offer is None:
        raise InvalidField("currency", f"Give in {_listed([one.currency for one in giving.offers])}.")
    amount = _amount(wish, offer)
    if wish.interval not in giving.intervals:
        raise InvalidField("interval", f"Give {_listed([_HOW_OFTEN[one] for one in giving.intervals])}.")
    name = cleaned(" ".join(_breaks.sub("\n", wish.name).split()), "name", MAX_NAME)
    message = cleaned(_breaks.sub("\n", wish.message), "message", MAX_MESSAGE)
    if wish.public and name is None:
        raise InvalidField("name", "Write the name that is to be shown, or take the tick away.")
    campaign = _campaign(wish.campaign, paper, now)
    return Gift(amount, wish.currency, Interval(wish.interval), name, message, wish.public, campaign)


def is_open(campaign: Campaign, now: float) -> bool:
    """Whether it takes anything at `now`: it does until its last day is over (UTC)."""
    return campaign.until is None or dt.datetime.fromtimestamp(now, dt.UTC).date() <= campaign.until


def present_campaign(paper: Paper, now: float) -> Campaign | None:
    """The campaign that the paper asks for at `now`: the first of those that are not over."""
    return next((one for one in paper.campaigns if is_open(one, now)), None)


def cleaned(text: str, field: str, most: int) -> str | None:
    """A text of a reader's without what cannot be seen or does harm in other texts; None where nothing is left. Raises
    InvalidField for more than `most` characters."""
    kept = (one for one in unicodedata.normalize("NFC", text) if one == "\n" or _is_written(one))
    clean = "".join(kept).strip()
    if len(clean) > most:
        raise InvalidField(field, f"That is too long: {most} characters are the most.")
    return clean or None


def _is_written(character: str) -> bool:
    return character not in _UNSEEN and unicodedata.category(character) not in _UNWRITTEN


def _amount(wish: Wish, offer: Offer) -> int:
    typed = wish.typed.strip()
    amount = parse_typed(typed, offer.currency) if typed else wish.amount
    if amount is None:
        raise InvalidField("amount", "Choose an amount, or write one.")
    if amount < offer.minimum:
        raise InvalidField("amount", f"The least that can be given is {written(offer.minimum, offer.currency)}.")
    if amount > offer.maximum:
        most = written(offer.maximum, offer.currency)
        raise InvalidField("amount", f"The most that can be given here is {most}. For more, write to us.")
    return amount


def _campaign(slug: str, paper: Paper, now: float) -> Campaign | None:
    if not slug:
        return None
    found = next((one for one in paper.campaigns if one.slug == slug), None)
    if found is None:
        raise UnknownCampaign("The paper has no campaign of this name. You can give to the paper itself.")
    if not is_open(found, now):
        raise InvalidField("campaign", f"“{found.title}” has ended. You can give to the paper itself.")
    return found


def _listed(choices: list[str]) -> str:
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last
