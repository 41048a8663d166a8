"""What a configuration is told before it is set: every fault, where it is, and what to do."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from shared.domain.paper import DARK, LIGHT, Paper
from shared.domain.paper_checks import MAY_BE, QUIET, check_texts, contrast, paper_problems
from shared.site.assets import asset
from shared.site.texts import TEXTS

PLAIN: dict[str, Any] = {
    "schema": 1,
    "id": "0b0a5c2e-8c1f-4d5e-9a57-3b1d1c0f6a11",
    "name": "The Paper",
    "description": "Of the river.",
    "language": "en",
    "url": "https://paper.example",
}
KNOWN = {"by": "By", "price": "{price} a {interval}", "months": " ".join("abcdefghijkl")}
PLAN = {"id": "monthly", "label": "By the month", "amount": 800, "currency": "EUR", "interval": "month"}
EUROS = {"currency": "EUR", "amounts": [500]}
WINTER = {"slug": "winter", "title": "Winter", "text": "Long.", "goal": 5, "currency": "EUR"}
LETTER = {"slug": "weekly", "name": "The weekly", "description": "Once a week."}
LOGO = {"src": "/media/anonymous/logo.png", "width": 640, "height": 96}
TILL = "http://127.0.0.1:8000/_local/till/portal/login"
WRONG_WAYS = (
    *("http://billing.stripe.com/p/login/1", "http://127.0.0.1.evil.example/x", "http://127.0.0.1@evil.example/"),
    *("https://evil.example", "//evil.example/", "/account", "javascript:alert(1)", "mailto:desk@paper.example"),
    *('https://billing.stripe.com/p/"><script>', "https://billing.stripe.com/p/x\n", "https://a@evil.example/p"),
    *("https://billing.stripe.com/p/login?to=x", "https://billing.stripe.com/" + "p" * 300, "", 1),
)
GATE = {"type": "gate", "id": "a", "tier": "member", "kind": "analysis", "teaser": "Why", "blocks": [{"type": "rule"}]}


def light(**colours: str) -> dict[str, Any]:
    return {"light": {**msgspec.to_builtins(LIGHT), **colours}}


def told(**fields: Any) -> list[str]:
    return list(paper_problems({**PLAIN, **fields}, KNOWN))


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#000000", 21.0),
        ("#8f2d1d", "#8f2d1d", 1.0),
        ("#767676", "#ffffff", 4.54),  # the lightest grey on white that WCAG's AA lets pass
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


def test_a_plain_paper_has_nothing_wrong_with_it_nor_have_the_colours_that_pages_come_with() -> None:
    assert told() == []
    assert told(light=msgspec.to_builtins(LIGHT), dark=msgspec.to_builtins(DARK)) == []


def test_whoever_manages_what_they_give_is_led_to_the_payment_service_or_on_this_machine_to_the_till() -> None:
    assert told(manage_url="https://billing.stripe.com/p/login/test_28o5kq3Xq1") == []
    assert told(manage_url=None) == []
    assert told(manage_url=TILL, url="http://127.0.0.1:8000") == []


@pytest.mark.parametrize(
    ("colours", "said"),
    [
        ({"ink": "#5a5a57"}, ["ink: its contrast with `paper` is 6.62,", "ink: its contrast with `tint` is"]),
        ({"accent": "#c2573f"}, ["accent: its contrast with `paper` is 4.25,", "accent: its contrast with `tint` is"]),
        ({"tint": "#a0a0a0"}, ["ink: its contrast with `tint` is 6.58,", "accent: its contrast with `tint` is"]),
        (
            {"paper": "#ffffff", "tint": "#ffffff", "ink": "#545454"},
            ["ink: its quiet shade’s (dates, captions) contrast"] * 2,
        ),
    ],
)
def test_colours_that_cannot_be_read_are_told_with_the_ratio_and_what_to_do(
    colours: dict[str, str], said: list[str]
) -> None:
    problems = told(**light(**colours))

    for problem, begin in zip(problems, said, strict=True):
        assert problem.startswith(f"light.{begin}")
    assert all("is needed to read it; make" in problem for problem in problems)
    assert any("darker or" in problem and "lighter" in problem for problem in problems)


def test_on_dark_pages_it_is_the_other_way_round() -> None:
    (problem, *_) = told(dark={**msgspec.to_builtins(DARK), "accent": "#803020"})

    assert problem.startswith("dark.accent: its contrast with `paper` is ")
    assert problem.endswith("and 4.5 is needed to read it; make `accent` lighter or `paper` darker")


def test_a_ratio_that_falls_short_by_a_hair_never_looks_like_enough() -> None:
    (problem, *_) = told(**light(paper="#ffffff", tint="#ffffff", accent="#777777"))

    assert "is 4.47, and 4.5 is needed" in problem


def test_quiet_text_is_mixed_as_the_style_mixes_it() -> None:
    style = asset("css", msgspec.convert(PLAIN, Paper)).decode()

    assert f"--quiet: color-mix(in srgb, var(--ink) {QUIET:.0%}, var(--paper))" in style


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "name: it has to be a line of text"),
        ("fron", ["a"], "fron: there is no such field; write `front`"),
        ("zzz", 1, "zzz: there is no such field; the fields are schema, id, name"),
        ("front", ["a"] * 6, "front: it has to be a list of slugs of articles, 5 at most"),
        ("front", ["A"], "front[0]: a slug is lower-case"),
        ("light", {"paper": "white"}, "light.paper: a colour is # and six"),
        ("plans", [PLAN, {**PLAN, "amount": 900}], "plans[1].id: another plan is “monthly” too; give each its own"),
        ("plans", [{**PLAN, "interval": "week"}], "plans[0].interval: invalid enum value 'week'; `plans` is a list"),
        ("plans", [{**PLAN, "currency": "eur"}], "plans[0].currency: a currency is its three capitals"),
        (
            "giving",
            {"offers": [{"currency": "EUR", "amounts": [100]}]},
            "giving.offers[0].amounts[0]: 100 is not",
        ),
        (
            "giving",
            {"offers": [{"currency": "EUR", "amounts": [500, 900], "maximum": 800}]},
            "giving.offers[0].amounts[1]: 900 is not within 200 to 800",
        ),
        (
            "giving",
            {"offers": [{"currency": "EUR", "amounts": [500], "minimum": 900, "maximum": 800}]},
            "giving.offers[0].minimum: is 900, above the maximum of 800",
        ),
        ("giving", {"offers": [EUROS, EUROS]}, "giving.offers[1].currency: EUR is offered twice; put its amounts"),
        (
            "giving",
            {"offers": [EUROS, {**EUROS, "currency": "KWD"}]},
            "giving.offers[1].currency: KWD has three digits",
        ),
        ("plans", [{**PLAN, "currency": "BHD"}], "plans[0].currency: BHD has three digits behind the point"),
        ("campaigns", [{**WINTER, "currency": "TND"}], "campaigns[0].currency: TND has three digits behind the point"),
        ("campaigns", [WINTER, WINTER], "campaigns[1].slug: another campaign is “winter” too; give each its own"),
        ("campaigns", [{**WINTER, "until": "soon"}], "campaigns[0].until: "),
        ("newsletters", [LETTER, LETTER], "newsletters[1].slug: another newsletter is “weekly” too; give each its own"),
        ("newsletters", [{**LETTER, "tier": "anonymous"}], "newsletters[0].tier: invalid enum value 'anonymous'"),
        ("newsletters", [{**LETTER, "slug": "The Weekly"}], "newsletters[0].slug: a slug is lower-case"),
        (
            "newsletters",
            [{**LETTER, "sections": ["city"] * 2}],
            "newsletters[0].sections[1]: “city” stands here already",
        ),
        ("newsletters", [{"slug": "weekly", "name": "The weekly"}], "newsletters[0]"),
        ("newsletters", [LETTER] * 21, "newsletters: it has to be a list, 20 at most, of `slug`"),
        ("icon", "/media/member/icon.png", "icon: /media/member/icon.png is for some readers alone"),
        ("logo", {**LOGO, "src": "/media/subscriber/l.png"}, "logo.src: /media/subscriber/l.png is for some"),
        ("logo", {**LOGO, "dark": "/media/member/l.png"}, "logo.dark: /media/member/l.png is for some readers alone"),
        ("process", [{"type": "paragraph", "html": "<script>x"}], "process[0]: `<script>x` is not allowed in text"),
        ("process", [{"type": "rule"}, GATE], "process[1]: this page is for everyone; take the gate out"),
        ("process", [{"type": "rule"}] * 501, "process: it has to be a list of an article's blocks"),
        ("process", ["a"], "process[0]: expected `object`, got `str`"),
        ("description", "a\x07b", "description: has a control character in it"),
        *(
            ("manage_url", url, "manage_url: it has to be the https:// address of Stripe's login page")
            for url in WRONG_WAYS
        ),
        ("manage_url", TILL, "manage_url: leads to the reader's own machine; it has to be the https:// address"),
        ("texts", {"bye": "Von"}, "texts.bye: there is no such text; write `by`"),
        ("texts", {"price": "{price}"}, "texts.price: leaves out {interval}; write it where pages are to fill it in"),
        ("texts", {"by": "Von {name}"}, "texts.by: pages do not fill in {name} here; take it out"),
        ("texts", {"months": "Januar"}, "texts.months: are the twelve months"),
    ],
)
def test_what_cannot_be_is_told_at_its_place_with_what_may_be(field: str, value: Any, said: str) -> None:
    (problem,) = told(**{field: value})

    assert problem.startswith(said)


def test_everything_is_told_at_once() -> None:
    problems = told(name="", icon="/media/member/i.png", texts={"bye": "", "by": "{x}"}, plans=[PLAN, PLAN])

    assert {re.split(r"[.:\[]", problem)[0] for problem in problems} == {"name", "icon", "texts", "plans"}


def test_what_is_missing_is_told_with_what_it_is() -> None:
    assert list(paper_problems({}, KNOWN)) == [f"{name}: is missing; it is {MAY_BE[name]}" for name in PLAIN]


def test_a_text_may_say_a_placeholder_twice_and_in_any_order() -> None:
    assert list(check_texts({"price": "{interval}: {price} ({price})"}, KNOWN)) == []


def test_the_texts_that_pages_come_with_pass_their_own_check() -> None:
    assert list(check_texts(TEXTS, TEXTS)) == []


def test_every_field_says_what_it_may_be() -> None:
    assert list(MAY_BE) == [field.encode_name for field in msgspec.structs.fields(Paper)]
