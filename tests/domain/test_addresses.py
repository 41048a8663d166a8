"""One spelling for each address, and nothing in it that could mean something to a mail's header."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.addresses import MAX_ADDRESS, Address, parse_address
from shared.domain.refusals import InvalidAddress

GOOD = {
    "ada@reader.example": "ada@reader.example",
    "Ada@Reader.EXAMPLE": "ada@reader.example",
    " ada@reader.example  ": "ada@reader.example",
    "a@b.cd": "a@b.cd",
    "ada.moor@reader.example": "ada.moor@reader.example",
    "ada+paper@reader.example": "ada+paper@reader.example",
    "ada=paper@reader.example": "ada=paper@reader.example",
    "o'brien@reader.example": "o'brien@reader.example",
    "a_b-c~d@reader.example": "a_b-c~d@reader.example",
    "a&b#c$d*e/f^g{h}@reader.example": "a&b#c$d*e/f^g{h}@reader.example",
    "-@reader.example": "-@reader.example",
    "1@2.example": "1@2.example",
    "ada@a.b.c.d.example": "ada@a.b.c.d.example",
    "ada@a-b.example": "ada@a-b.example",
    "ada@xn--bcher-kva.example": "ada@xn--bcher-kva.example",
    "ada@reader.xn--p1ai": "ada@reader.xn--p1ai",
    "a" * 64 + "@reader.example": "a" * 64 + "@reader.example",
    "a@" + "b" * 63 + ".example": "a@" + "b" * 63 + ".example",
    "a" * 64 + "@" + ".".join(["b" * 61] * 2) + "." + "c" * 58 + ".xyz": "a" * 64
    + "@"
    + ".".join(["b" * 61] * 2)
    + "."
    + "c" * 58
    + ".xyz",
}
LONGEST = "a" * 64 + "@" + ".".join(["b" * 59] * 3) + "." + "c" * 9  # of 254

ODD = [
    # Nothing, or too little.
    "", " ", "@", "ada", "ada@", "@reader.example", "reader.example", "ada@@reader.example", "ada@reader",
    "ada@localhost",
    # More than one, or something around it.
    "ada@reader.example,bob@reader.example", "ada@reader.example, bob@reader.example",
    "ada@reader.example;bob@x.example",
    "ada@reader.example bob@reader.example", "ada@bob@reader.example", "ada@reader.example@evil.example",
    "Ada <ada@reader.example>", "<ada@reader.example>", '"Ada" <ada@reader.example>', "ada@reader.example (Ada)",
    "(Ada)ada@reader.example", "ada(comment)@reader.example", "ada@(comment)reader.example",
    "mailto:ada@reader.example",
    "ada@reader.example?bcc=bob@x.example", "group: ada@reader.example;", "undisclosed-recipients:;",
    # Lines, and what a header could be made of.
    "ada@reader.example\r\nBcc: bob@reader.example", "ada@reader.example\nBcc: bob@reader.example",
    "ada@reader.example\r",
    "ada@reader.example\n", "\nada@reader.example", "ada\r\n@reader.example", "ada@\r\nreader.example",
    "ada\n @reader.example",
    "ada@reader.example\r\n\r\nHello", "ada@reader.example%0d%0aBcc:bob@x.example", "ada@reader.example\\r\\nBcc: x",
    "ada\t@reader.example", "\tada@reader.example", "ada@reader.example\t", "ada@reader.example\x0b",
    "ada@reader.example\x0c",
    "ada\0@reader.example", "ada@reader.example\0", "ada\x7f@reader.example", "ada\x1b[0m@reader.example",
    "ada\b@reader.example",
    # Encoded words (RFC 2047), whose decoding makes lines of what is none.
    "=?utf-8?q?ada=0d=0abcc=3abob?=@reader.example", "=?us-ascii?q?ada?=@reader.example",
    "=?utf-8?b?YWRh?=@reader.example",
    "ada=?utf-8?q?=0a?=@reader.example", "ada@=?utf-8?q?reader?=.example", "=?utf-8?q?ada?=",
    # Routes, percent signs and exclamation marks: addresses inside addresses.
    "bob%evil.example@reader.example", "evil.example!bob@reader.example", "@a.example,@b.example:ada@reader.example",
    "ada%40reader.example", "ada%00@reader.example", "@evil.example:ada@reader.example", "ada?x@reader.example",
    # Programs' and shells' signs.
    "ada|sh@reader.example", "`id`@reader.example",
    # Quoted parts.
    '"ada"@reader.example', '"ada bob"@reader.example', '"ada@bob"@reader.example', '"\r\n"@reader.example',
    'a"b"c@reader.example', "ada\\@reader.example", "ada\\@bob@reader.example", '"@reader.example', '""@reader.example',
    # Spaces and dots.
    "ada @reader.example", "ada@ reader.example", "a da@reader.example", "ada@rea der.example", ".ada@reader.example",
    "ada.@reader.example", "a..da@reader.example", "ada@.reader.example", "ada@reader..example", "ada@reader.example.",
    "ada@reader.example..", "ada@.", "ada@reader.", ".@reader.example",
    # Hosts that are none.
    "ada@[127.0.0.1]", "ada@127.0.0.1", "ada@[IPv6:::1]", "ada@::1", "ada@2130706433", "ada@0x7f.0.0.1", "ada@reader.1",
    "ada@-reader.example", "ada@reader-.example", "ada@reader.-example", "ada@reader.example-", "ada@rea_der.example",
    "ada@reader.e", "ada@reader.xn--", "ada@reader.xn--a-", "ada@reader.example:25", "ada@reader.example/x",
    "ada@reader!.example",
    "ada@*.example", "ada@reader.exa+mple", "ada@user:pass@reader.example", "ada@a" + "b" * 63 + ".example",
    "ada@reader." + "e" * 64,
    # Letters that look like others, or like nothing.
    "аda@reader.example", "ada@reаder.example", "ada@reader.exampⅼe", "ａｄａ@reader.example", "ada＠reader.example",
    "ada@reader。example", "ada@reader．example", "ada@ｒeader.example", "ada@bücher.example", "ädå@reader.example",
    "ada\u200b@reader.example", "ada@reader.example\u200b", "ada\u00ad@reader.example", "\ufeffada@reader.example",
    "ada\u202e@reader.example", "ada@reader.example\u2028", "ada@reader.example\u0085", "\u00a0ada@reader.example",
    "\u2003ada@reader.example", "ada@\u212aeader.example", "ad\u0131@reader.example", "ſda@reader.example",
    "ada@reader.example🛥",
    "\ud800@reader.example", "ada@\udfff.example",
    # Too long.
    "a" * 65 + "@reader.example", LONGEST + "c", "a@" + "b." * 130 + "example", "a" * 1_000_000, "a@" * 30_000,
    "ada@" + "a" * 60_000 + ".example", "a." * 30_000 + "@reader.example", " " * 60_000 + "ada",
]  # fmt: skip
ALLOWED = re.compile(r"[a-z0-9#$&'*+/=^_{}~.@-]+\Z")
NEARLY = st.text('aB1.@-_+=?%!"<>(),;: \r\n\t\0é', max_size=40) | st.text(max_size=40)


@pytest.mark.parametrize("typed", GOOD, ids=lambda typed: typed[:40])
def test_an_address_has_one_spelling(typed: str) -> None:
    assert parse_address(typed) == Address(GOOD[typed])


def test_the_longest_address_is_taken() -> None:
    assert len(LONGEST) == MAX_ADDRESS
    assert parse_address(LONGEST).text == LONGEST


@pytest.mark.parametrize("typed", ODD, ids=lambda typed: ascii(typed[:40]))
def test_what_is_not_one_plain_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        parse_address(typed)
    assert len(refused.value.detail) < 200
    assert len(typed.strip()) < 8 or typed.strip() not in refused.value.detail


def test_the_table_is_long() -> None:
    assert len(set(ODD)) == len(ODD) >= 120


@given(NEARLY | st.builds("{}@{}.example".format, st.text(max_size=20), st.text(max_size=20)))
@example("K@reader.example")
def test_what_is_taken_is_spelled_once_and_for_all_in_plain_signs(typed: str) -> None:
    try:
        found = parse_address(typed)
    except InvalidAddress:
        return
    assert parse_address(found.text) == found
    assert ALLOWED.match(found.text)
    assert found.text.count("@") == 1
    assert "=?" not in found.text


@given(
    st.from_regex(
        r"[A-Za-z0-9+_'=-]{1,30}(\.[A-Za-z0-9]{1,9}){0,2}@([A-Za-z0-9]{1,9}\.){1,4}[A-Za-z]{2,9}", fullmatch=True
    )
)
def test_what_people_have_is_taken_whatever_its_case(typed: str) -> None:
    assert parse_address(typed) == parse_address(typed.upper()) == parse_address(f" {typed.lower()} ")
    assert parse_address(typed).digest == parse_address(typed.swapcase()).digest


def test_neither_an_address_nor_what_holds_one_shows_it_in_a_traceback() -> None:
    one = parse_address("ada@reader.example")

    assert "ada" not in f"{one!r} {[one]}"
    assert one.hinted == "a…@reader.example"
    assert re.fullmatch(r"[0-9a-f]{64}", one.digest)
