"""Whether a webhook comes from whoever knows the secret, and from now.

The scheme is Stripe's (https://docs.stripe.com/webhooks#verify-manually): `t=<seconds>,v1=<HMAC-SHA256 of "t.body">`,
in hexadecimal. Its own library takes what is signed for the far future, and would be most of this function's start.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

from shared.domain.refusals import InvalidSignature, WebhooksClosed

TOLERANCE_SECONDS: Final = 300
_MAX_HEADER: Final = 2_048
_time = re.compile(r"[0-9]{1,12}\Z")
_signature = re.compile(r"[0-9a-f]{64}\Z")


def check_signature(body: bytes, header: str, secrets: tuple[str, ...], now: float) -> None:
    """Raises WebhooksClosed where no secret is known, InvalidSignature unless the header was made for exactly this body
    with one of the secrets, within 300 s of `now` (seconds since 1970), before or after."""
    usable = [secret for secret in secrets if secret.strip()]
    if not usable:
        raise WebhooksClosed("No webhooks are taken here: the secret that they are signed with is not known.")
    parts = [part.strip(" ").partition("=")[::2] for part in header[: _MAX_HEADER + 1].split(",")]
    times = [value for name, value in parts if name == "t"]
    signatures = [value for name, value in parts if name == "v1" and _signature.match(value)]
    if len(header) > _MAX_HEADER or len(times) != 1 or not _time.match(times[0]) or not signatures:
        raise InvalidSignature("malformed header")
    signed = b"%s.%s" % (times[0].encode(), body)
    made = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in usable]
    if not any(hmac.compare_digest(ours, theirs) for ours in made for theirs in signatures):
        raise InvalidSignature("wrong signature")
    if abs(now - int(times[0])) > TOLERANCE_SECONDS:
        raise InvalidSignature("too old" if int(times[0]) < now else "from the future")
