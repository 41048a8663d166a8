"""Whether a webhook comes from whoever knows the secret, and from now: side by side with Stripe's own library."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.refusals import InvalidSignature, WebhooksClosed
from shared.domain.webhooks import TOLERANCE_SECONDS, check_signature

NOW = 1_800_000_000
SECRET = "whsec_one"
BODY = b'{"id":"evt_1","type":"charge.refunded"}'
_bodies = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def signed(body: str = BODY.decode(), at: int = NOW, secret: str = SECRET) -> str:
    """The header that Stripe's library makes for it."""
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=at)
    return header


def taken(body: bytes, header: str, secrets: tuple[str, ...] = (SECRET,), now: float = NOW) -> bool:
    try:
        check_signature(body, header, secrets, now)
    except InvalidSignature:
        return False
    return True


def taken_by_stripe(body: bytes, header: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body.decode(), header, SECRET)
    except stripe.SignatureVerificationError:
        return False
    return True


@given(_bodies, st.integers(-TOLERANCE_SECONDS, TOLERANCE_SECONDS))
def test_what_stripe_signs_is_taken(body: str, late: int) -> None:
    header = signed(body, NOW - late)

    assert taken(body.encode(), header)
    assert taken_by_stripe(body.encode(), header)


@given(_bodies, _bodies, st.text("0123456789abcdef", min_size=1, max_size=64))
def test_what_stripe_would_not_take_is_not_taken(body: str, other: str, digits: str) -> None:
    header = signed(body)
    forged = [
        (other.encode(), header),
        (body.encode() + b" ", header),
        (body.encode(), signed(body, secret="whsec_two")),
        (body.encode(), header.replace(str(NOW), str(NOW + 1))),
        (body.encode(), f"t={NOW},v1={digits.rjust(64, '0')}"),
        (body.encode(), header[:-1]),
        (body.encode(), header.replace("v1=", "v0=")),
        (body.encode(), header.partition(",")[2]),
    ]
    for sent, header_of in forged:
        assert taken(sent, header_of) is taken_by_stripe(sent, header_of)
    assert not any(taken(sent, header_of) for sent, header_of in forged[1:])


@given(st.text(max_size=200))
def test_no_header_is_more_than_refused(header: str) -> None:
    assert not taken(BODY, header)


def test_a_body_that_says_the_same_in_other_bytes_is_not_what_was_signed() -> None:
    assert not taken(json.dumps(json.loads(BODY)).encode(), signed())
    assert not taken(BODY + b"\n", signed())
    assert not taken(b"\xef\xbb\xbf" + BODY, signed())


@pytest.mark.parametrize(
    ("late", "is_taken"),
    [(0, True), (300, True), (301, False), (86_400, False), (-300, True), (-301, False), (-(10**9), False)],
)
def test_a_webhook_is_of_now(late: int, is_taken: bool) -> None:
    """Before and after: Stripe's library takes what is signed for the far future."""
    assert taken(BODY, signed(at=NOW - late)) is is_taken


def test_a_fraction_of_a_second_counts() -> None:
    assert not taken(BODY, signed(at=NOW - 300), now=NOW + 0.5)
    assert not taken(BODY, signed(at=NOW + 300), now=NOW - 0.5)


@pytest.mark.parametrize("secrets", [(), ("",), (" ",), ("\n\t", "")])
def test_without_a_secret_nothing_is_taken(secrets: tuple[str, ...]) -> None:
    """Also not what is signed with the empty one."""
    for secret in ("", " ", SECRET):
        with pytest.raises(WebhooksClosed):
            check_signature(BODY, signed(secret=secret or ""), secrets, NOW)


def test_while_a_secret_is_changed_both_are_good() -> None:
    for secret in ("whsec_one", "whsec_two"):
        assert taken(BODY, signed(secret=secret), ("whsec_two", "whsec_one"))
        assert taken(BODY, signed(secret=secret), ("", "whsec_one", "whsec_two"))
    assert not taken(BODY, signed(secret=""), ("", "whsec_one"))


def test_one_good_signature_of_several_is_enough() -> None:
    good = signed().partition("v1=")[2]
    others = ("0" * 64, good.upper(), "x", "")

    for other in others:
        assert taken(BODY, f"t={NOW},v1={other},v1={good}")
        assert taken(BODY, f"t={NOW},v1={good},v1={other},v0={other}")
        assert not taken(BODY, f"t={NOW},v1={other},v0={good}")


@pytest.mark.parametrize(
    "header",
    [
        *("", ",", "=", "t", "t=", "v1=", "t=,v1=", "t=1800000000", "bearer x"),
        *("t={t}", "v1={v}", "t={t},v1=", "t={t},v0={v}", "t={t},t={t},v1={v}", "t=1,t={t},v1={v}"),
        *("t= {t},v1={v}", "t=+{t},v1={v}", "t={t}.0,v1={v}", "t=0x6b49d200,v1={v}", "t=1_800_000_000,v1={v}"),
        *("t=１８０００００００0,v1={v}", "t={t}\n,v1={v}\n", "T={t},V1={v}", "t={t};v1={v}", "t:{t},v1:{v}"),
        *("t=-{t},v1={v}", "t=1800000000000,v1={v}", "t=nan,v1={v}", "t={t},v1={v}0", "t={t},v1=0{v}"),
        "t={t},v1={v}" + ",v0=" * 2_048,
    ],
)
def test_an_odd_header_proves_nothing(header: str) -> None:
    good = signed().partition("v1=")[2]

    assert not taken(BODY, header.format(t=NOW, v=good))


def test_the_time_is_part_of_what_is_signed() -> None:
    without = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()

    assert not taken(BODY, f"t={NOW},v1={without}")


def test_a_refusal_holds_nothing_of_what_was_sent() -> None:
    for header in ("t=1,v1=secret", signed(secret="whsec_two"), signed(at=1)):
        with pytest.raises(InvalidSignature) as raised:
            check_signature(BODY, header, (SECRET,), NOW)
        told = raised.value.detail + raised.value.reason
        assert not any(part in told for part in ("secret", "whsec", header[4:], "evt_1"))
