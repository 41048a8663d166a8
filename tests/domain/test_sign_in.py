"""What redeems a sign-in: the link, the digits in their own browser, until a time and for so many tries."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.addresses import Address
from shared.domain.refusals import SignInDead, WrongCode
from shared.domain.secrets import Chance
from shared.domain.sign_in import (
    LIFETIME_SECONDS,
    MAX_TRIES,
    Browser,
    Mailed,
    SignIn,
    begin_sign_in,
    redeem_code,
    redeem_link,
    try_code,
)

NOW = 1_800_000_000.7
ENDS = int(NOW) + LIFETIME_SECONDS
BROWSER = Browser("b" * 64)


def chances(start: int = 1) -> Chance:
    def numbers() -> Iterator[int]:
        number = start
        while True:
            yield number
            number += 1

    supply = numbers()
    return lambda count: next(supply).to_bytes(32, "big")[-count:]


def begun(browser: Browser = BROWSER, start: int = 1) -> tuple[SignIn, Mailed]:
    address = Address("ada@reader.example")
    return begin_sign_in(address, browser.digest, browser.code_key, "/", "weekly", NOW, chances(start))


KEPT, MAILED = begun()


def test_the_link_redeems_what_it_was_mailed_for_until_its_end() -> None:
    assert redeem_link(KEPT, MAILED.token, NOW) == KEPT
    assert redeem_link(KEPT, MAILED.token, ENDS - 0.01) == KEPT
    for now in (ENDS, ENDS + 1, ENDS + 90 * 86_400):
        with pytest.raises(SignInDead):
            redeem_link(KEPT, MAILED.token, now)


@pytest.mark.parametrize(
    "token",
    ["", "x", MAILED.code, KEPT.link, KEPT.code, MAILED.token[:-1], MAILED.token + "0", MAILED.token.upper() + "A"],
)
def test_nothing_else_redeems_it(token: str) -> None:
    with pytest.raises(SignInDead):
        redeem_link(KEPT, token, NOW)
    with pytest.raises(SignInDead):
        redeem_link(None, token, NOW)


def test_the_digits_redeem_it_in_the_browser_that_asked() -> None:
    tried = try_code(KEPT, BROWSER, NOW)
    assert tried == replace(KEPT, tries=1)
    assert redeem_code(tried, BROWSER, MAILED.code) == tried

    with pytest.raises(SignInDead):
        try_code(KEPT, Browser("c" * 64), NOW)
    with pytest.raises(WrongCode):
        redeem_code(tried, Browser("c" * 64), MAILED.code)
    with pytest.raises(SignInDead):
        try_code(None, BROWSER, NOW)
    with pytest.raises(SignInDead):
        try_code(KEPT, BROWSER, ENDS)
    assert try_code(KEPT, BROWSER, ENDS - 0.01).tries == 1


@pytest.mark.parametrize(
    "code", ["", "1", MAILED.code[1:], MAILED.code + "0", f" {MAILED.code}", "１２３４５６", MAILED.token]
)
def test_other_digits_are_wrong(code: str) -> None:
    with pytest.raises(WrongCode):
        redeem_code(try_code(KEPT, BROWSER, NOW), BROWSER, code)


def test_there_are_five_tries_the_right_one_may_be_the_last_and_the_words_count_down() -> None:
    outstanding, words = KEPT, []
    for number in range(1, MAX_TRIES + 1):
        outstanding = try_code(outstanding, BROWSER, NOW)
        assert outstanding.tries == number
        assert redeem_code(outstanding, BROWSER, MAILED.code) == outstanding
        with pytest.raises((WrongCode, SignInDead)) as refused:
            redeem_code(outstanding, BROWSER, "wrong")
        words.append(refused.value)
    assert [type(one) for one in words] == [WrongCode] * (MAX_TRIES - 1) + [SignInDead]
    assert [one.detail.split(".")[1].strip() for one in words[:-1]] == [
        "4 more tries", "3 more tries", "2 more tries", "1 more try",
    ]  # fmt: skip
    with pytest.raises(SignInDead):
        try_code(outstanding, BROWSER, NOW)


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=32, max_size=32))
def test_the_code_is_always_six_digits_and_the_token_sixty_four(number: bytes, secret: bytes) -> None:
    _, mailed = begin_sign_in(
        KEPT.address, BROWSER.digest, BROWSER.code_key, "/", None, NOW, lambda n: number if n == 8 else secret
    )
    assert len(mailed.code) == 6
    assert mailed.code.isdecimal()
    assert mailed.code.isascii()
    assert mailed.token == secret.hex()


def test_nothing_that_is_kept_or_goes_through_the_queue_lets_anybody_in() -> None:
    """Not the row, not the order: neither the link nor the digits can be made of them without a million tries at a
    digest whose key only the browser has."""
    stored = msgspec.json.encode(KEPT).decode()
    for secret in (MAILED.token, BROWSER.nonce, BROWSER.code_key):
        assert secret not in stored
    assert f'"{MAILED.code}"' not in stored
    for text in (KEPT.link, KEPT.code, KEPT.browser, BROWSER.digest, BROWSER.code_key):
        with pytest.raises(SignInDead):
            redeem_link(KEPT, text, NOW)
        with pytest.raises(SignInDead):
            try_code(KEPT, Browser(text), NOW)


def test_a_newer_sign_in_is_not_redeemed_by_what_was_mailed_before() -> None:
    newer, mailed = begun(start=100)
    with pytest.raises(SignInDead):
        redeem_link(newer, MAILED.token, NOW)
    assert redeem_link(newer, mailed.token, NOW) == newer
