"""What a paper's configuration has to be beyond what its types ask: legible, payable, and such that pages can show it.

Asked when it is set, never when it is read: a reader gets the page, whatever its colours.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from shared.domain.money import WITH_THOUSANDTHS
from shared.domain.paper import Giving, Logo, Newsletter, Palette, Paper, Plan
from shared.domain.tiers import Tier
from shared.domain.validation import block_problems, control_characters, value_problems

MAY_BE: Final[Mapping[str, str]] = {
    "schema": "1",
    "id": "made once and stays: leave it out, or take it from `frontline paper --json`",
    "name": "a line of text, 500 characters at most",
    "description": "text of 5,000 characters at most",
    "language": "a code such as `en` or `de-AT`",
    "url": "an address such as https://paper.example: lower case, and nothing after the host, no slash either",
    "logo": "`src`, `width` and `height` of a picture, and `dark`, a path as `src` is, where dark pages have another",
    "icon": "the path of a picture, such as /media/anonymous/icon.png",
    "light": "the four colours `paper`, `ink`, `accent` and `tint`, each such as `#1c1b19`",
    "dark": "the four colours `paper`, `ink`, `accent` and `tint`, each such as `#1c1b19`",
    "tiers": "for `subscriber` and for `member`: what `one` is called, and `many`",
    "sections": "a list of slugs of sections, 50 at most",
    "front": "a list of slugs of articles, 5 at most",
    "links": "a list of links, 20 at most, each with `label` and `href`",
    "plans": "a list, 6 at most, of `id`, `label`, `amount` (in cents), `currency`, `interval` (month or year), `text`",
    "giving": "`offers`, each of `currency`, 1 to 6 `amounts`, `minimum`, `maximum` (in cents), and `intervals`",
    "campaigns": "a list, 20 at most, of `slug`, `title`, `text`, `goal` (in cents), `currency`, `until` (2027-03-31)",
    "past_due_grace_days": "a number of days from 0 to 60",
    "manage_url": "the https:// address of Stripe's login page, which `frontline payments setup` writes there",
    "newsletters": "a list, 20 at most, of `slug`, `name`, `description`, `tier` (subscriber or member), `sections`",
    "gifts": "`a_month` (1 to 100), and `days` (1 to 30, 14 if left out): articles that a member may give away",
    "metering": "`a_month` (1 to 100): articles that a signed-in reader may read in full without being a member",
    "process": "a list of an article's blocks without gates, 500 at most; `--process FILE.md` makes one of Markdown",
    "texts": "texts by the names that shared/site/texts.py and shared/mail_texts.py have",
}
"""What each field may be."""

TEXT_CONTRAST: Final = 7.0  # WCAG 2.2, 1.4.6: for what is read at length
LEAST_CONTRAST: Final = 4.5  # WCAG 2.2, 1.4.3: for all other text
QUIET: Final = 0.7  # how much ink there is in dates and captions; the rest is paper (shared/site/assets/site.css)
FOR_EVERYONE: Final = f"/media/{Tier.ANONYMOUS.value}/"

_THERE: Final = "shared/site/texts.py and shared/mail_texts.py have them"
_placeholder = re.compile(r"\{[a-z_]+\}")


def paper_problems(document: Mapping[str, Any], known_texts: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with this configuration, each with its place and what to do. `known_texts` are the words that pages
    have of their own, by name."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(Paper)}
    all_fields = f"the fields are {', '.join(fields)}"
    for name in document:
        if name not in fields:
            yield f"{name}: there is no such field; {_meant(name, fields, all_fields)}"
    for name, field in fields.items():
        if name not in document:
            if field.required:
                yield f"{name}: is missing; it is {MAY_BE[name]}"
            continue
        problems = list(_type_problems(document[name], field.type, name))
        yield from problems or _more_problems(msgspec.convert(document[name], field.type), name, known_texts)
        yield from control_characters(document[name], name)
        if name == "manage_url" and not problems:
            yield from _way_problems(document[name], document.get("url"))


def check_texts(texts: Mapping[str, str], known: Mapping[str, str]) -> Iterator[str]:
    """What keeps these texts from standing where the known ones do."""
    for name, text in texts.items():
        if name not in known:
            meant = _meant(name, known, _THERE)
            yield f"texts.{name}: there is no such text; {meant}"
            continue
        wanted, found = (set(_placeholder.findall(one)) for one in (known[name], text))
        if missing := sorted(wanted - found):
            yield f"texts.{name}: leaves out {', '.join(missing)}; write it where pages are to fill it in"
        if extra := sorted(found - wanted):
            yield f"texts.{name}: pages do not fill in {', '.join(extra)} here; take it out"
        if name == "months" and len(text.split()) != 12:
            yield "texts.months: are the twelve months with a space between each two; write twelve"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours such as `#1c1b19`, from 1 to 21 (WCAG 2.2, “contrast ratio”)."""
    lighter, darker = sorted((_luminance(_channels(one)), _luminance(_channels(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _type_problems(value: Any, kind: Any, name: str) -> Iterator[str]:
    if name == "process" and isinstance(value, (list, tuple)):
        for i, block in enumerate(value):
            if isinstance(block, dict) and block.get("type") == "gate":
                yield f"process[{i}]: this page is for everyone; take the gate out"
            else:
                yield from block_problems(block, f"process[{i}]", Tier.ANONYMOUS)
        value = [{"type": "rule"}] * len(value)  # what is left to be asked: how many there are
    for problem in value_problems(value, kind, name):
        place, _, said = problem.partition(": ")
        whole = f"it has to be {MAY_BE[name]}" if place == name else f"{said}; `{name}` is {MAY_BE[name]}"
        yield f"{place}: {whole}"


def _more_problems(value: Any, name: str, known_texts: Mapping[str, str]) -> Iterator[str]:
    match value:
        case Palette():
            yield from _palette_problems(value, name)
        case Giving():
            yield from _giving_problems(value)
        case Logo(src=src, dark=dark):
            yield from _file_problems(src, "logo.src")
            yield from _file_problems(dark, "logo.dark")
    if name == "icon":
        yield from _file_problems(value, name)
    elif name == "plans":
        yield from _plan_problems(value)
        yield from _currency_problems((f"plans[{i}]", one.currency) for i, one in enumerate(value))
    elif name == "campaigns":
        yield from _currency_problems((f"campaigns[{i}]", one.currency) for i, one in enumerate(value))
        slugs = [one.slug for one in value]
        for i, slug in enumerate(slugs):
            if slug in slugs[:i]:
                yield f"campaigns[{i}].slug: another campaign is “{slug}” too; give each its own"
    elif name == "newsletters":
        yield from _newsletter_problems(value)
    elif name == "texts":
        yield from check_texts(value, known_texts)


def _palette_problems(palette: Palette, place: str) -> Iterator[str]:
    quiet = _mixed(palette.ink, palette.paper, QUIET)
    shades = (
        ("ink", "its", palette.ink, TEXT_CONTRAST),
        ("accent", "its", palette.accent, LEAST_CONTRAST),
        ("ink", "its quiet shade’s (dates, captions)", quiet, LEAST_CONTRAST),
    )
    for ground_name in ("paper", "tint"):
        ground = getattr(palette, ground_name)
        told = set()
        for name, whose, colour, needed in shades:
            found = contrast(colour, ground)
            if found >= needed or name in told:
                continue
            told.add(name)
            is_dark = _luminance(_channels(colour)) < _luminance(_channels(ground))
            one, other = ("darker", "lighter") if is_dark else ("lighter", "darker")
            shown = f"{int(found * 100) / 100:.2f}"  # rounded down, so that it never looks like enough
            yield (
                f"{place}.{name}: {whose} contrast with `{ground_name}` is {shown}, and {needed:g} is needed to "
                f"read it; make `{name}` {one} or `{ground_name}` {other}"
            )


def _plan_problems(plans: tuple[Plan, ...]) -> Iterator[str]:
    ids = [plan.id for plan in plans]
    for i, plan in enumerate(plans):
        if plan.id in ids[:i]:
            yield f"plans[{i}].id: another plan is “{plan.id}” too; give each its own"


def _newsletter_problems(newsletters: tuple[Newsletter, ...]) -> Iterator[str]:
    slugs = [one.slug for one in newsletters]
    for i, one in enumerate(newsletters):
        if one.slug in slugs[:i]:
            yield f"newsletters[{i}].slug: another newsletter is “{one.slug}” too; give each its own"
        for j, section in enumerate(one.sections):
            if section in one.sections[:j]:
                yield f"newsletters[{i}].sections[{j}]: “{section}” stands here already; take one of them out"


def _currency_problems(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    for place, currency in named:
        if currency in WITH_THOUSANDTHS:
            yield f"{place}.currency: {currency} has three digits behind the point, and pages write two; take another"


def _giving_problems(giving: Giving) -> Iterator[str]:
    yield from _currency_problems((f"giving.offers[{i}]", one.currency) for i, one in enumerate(giving.offers))
    for number, offer in enumerate(giving.offers):
        place = f"giving.offers[{number}]"
        if any(offer.currency == other.currency for other in giving.offers[:number]):
            yield f"{place}.currency: {offer.currency} is offered twice; put its amounts together"
        if offer.minimum > offer.maximum:
            yield f"{place}.minimum: is {offer.minimum}, above the maximum of {offer.maximum}; exchange them"
            continue
        for i, amount in enumerate(offer.amounts):
            if not offer.minimum <= amount <= offer.maximum:
                bounds = f"{offer.minimum} to {offer.maximum}"
                yield f"{place}.amounts[{i}]: {amount} is not within {bounds}; change it, or `minimum` and `maximum`"


def _way_problems(manage_url: str | None, url: Any) -> Iterator[str]:
    """Only a paper that is read on this machine leads to its till."""
    if manage_url is not None and manage_url.startswith("http://") and str(url).startswith("https://"):
        yield f"manage_url: leads to the reader's own machine; it has to be {MAY_BE['manage_url']}"


def _file_problems(src: str | None, place: str) -> Iterator[str]:
    if src is not None and not src.startswith(FOR_EVERYONE):
        yield f"{place}: {src} is for some readers alone, and every page shows it; put it under {FOR_EVERYONE}"


def _meant(name: str, known: Iterable[str], otherwise: str) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"write `{close[0]}`" if close else otherwise


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def _luminance(channels: tuple[int, ...]) -> float:
    """WCAG 2.2, “relative luminance”."""
    shares = (channel / 255 for channel in channels)
    linear = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _mixed(one: str, other: str, share: float) -> str:
    """What CSS makes of `color-mix(in srgb, one share, other)`."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)
