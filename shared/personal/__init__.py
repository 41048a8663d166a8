"""HTTP as the functions speak it that know a person: bodies, cookies, whose page asks, from which address.

Nothing here is ever cached, so these may do what the read functions may not: set cookies.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, parse_qsl

import msgspec
from msgspec import Struct

from shared.domain.decoding import UNREADABLE
from shared.domain.refusals import ForeignOrigin, InvalidRequest, TooLarge, UnsupportedType
from shared.http import NO_STORE, Answer, Request
from shared.http_api import body_bytes
from shared.http_api import check_from_the_edge as check_from_the_edge
from shared.site.html import CONTENT_SECURITY_POLICY, HTML

T = TypeVar("T", bound=Struct)
MAX_BODY_BYTES: Final = 64 * 1024
_FORM: Final = "application/x-www-form-urlencoded"
_MAX_FIELDS: Final = 100
_MAX_WORDS: Final = 200  # they name the field, whose name may be as long as the body


class PersonalRequest(Request, frozen=True):
    """A request with what came beside its headers. A cookie that was sent twice is not among `cookies`."""

    cookies: dict[str, str]
    body: bytes

    def __repr__(self) -> str:  # it may hold secrets
        return f"PersonalRequest({self.method})"

    @property
    def is_form(self) -> bool:
        """Whether a page's form was sent: then a page is the answer."""
        return _content_type(self) == _FORM

    @property
    def wants_page(self) -> bool:
        """Whether a person looks at the answer."""
        return self.is_form or "text/html" in self.header("accept")


def personal_request_of(event: dict[str, Any]) -> PersonalRequest:
    """The request in an event of an HTTP API, payload format 2.0."""
    http = event["requestContext"]["http"]
    # API Gateway takes them out of the header; what does not leaves them there.
    sent = event.get("cookies") or (event.get("headers") or {}).get("cookie", "").split(";")
    pairs = [cookie.partition("=")[::2] for cookie in sent if cookie.strip()]
    names = [name.strip() for name, _ in pairs]
    cookies = {name.strip(): value for name, value in pairs if names.count(name.strip()) == 1}
    headers, body = event.get("headers") or {}, body_bytes(event)
    return PersonalRequest(http["method"], event["rawPath"], event.get("rawQueryString") or "", headers, cookies, body)


def body_of(request: PersonalRequest, kind: type[T]) -> T:
    """The body as that kind of value, JSON or a form. Raises TooLarge, UnsupportedType, InvalidRequest."""
    if len(request.body) > MAX_BODY_BYTES:
        raise TooLarge("64 KB is the most that is taken here.")
    if request.header("content-encoding") not in ("", "identity"):
        raise UnsupportedType("Send it as it is, not compressed.")
    try:
        match _content_type(request):
            case "application/json":
                return msgspec.json.decode(request.body, type=kind)
            case "application/x-www-form-urlencoded":
                return msgspec.convert(_fields(request.body, kind), kind, strict=False)
    except (*UNREADABLE, ValueError) as error:
        what = str(error) if isinstance(error, msgspec.ValidationError) else "It is not well-formed."
        raise InvalidRequest(f"The body cannot be read: {what[:_MAX_WORDS]}") from None
    raise UnsupportedType("Send application/json, or a form (application/x-www-form-urlencoded).")


def _fields(body: bytes, kind: type[Struct]) -> dict[str, Any]:
    """A form's members. Those that may be several are lists; another one given twice is none that can be read."""
    found: dict[str, Any] = {}
    several = {field.encode_name for field in msgspec.structs.fields(kind) if "tuple" in str(field.type)}
    for name, value in parse_qsl(
        body.decode(), keep_blank_values=True, strict_parsing=bool(body), errors="strict", max_num_fields=_MAX_FIELDS
    ):
        if name in several:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise ValueError(name)
        else:
            found[name] = value
    return found


def typed(request: PersonalRequest, name: str, most: int = 254) -> str:
    """What was typed into a form's field, as far as it can be shown there again: `most` characters of it."""
    try:
        fields = parse_qs(request.body.decode(), max_num_fields=20)
    except ValueError:
        return ""
    return fields.get(name, [""])[0][:most]


def check_same_site(request: PersonalRequest, site: str) -> None:
    """Raises ForeignOrigin unless a page of this site asks for the change, or no browser does (R19).

    Browsers say with each POST whose page it is that asks. What says nothing is a program, and may not come with
    cookies: those are a browser's.
    """
    origin, fetch_site = request.header("origin"), request.header("sec-fetch-site")
    if origin:
        allowed = origin == site
    elif fetch_site:
        allowed = fetch_site == "same-origin"
    else:
        allowed = not request.cookies
    if not allowed:
        raise ForeignOrigin("This can only be asked for by a page of this paper. Open it there, and try again.")


def client_of(request: Request) -> str:
    """Whose requests are counted together: an IPv4 address, or the network that one IPv6 customer has (RFC 6177). The
    edge has put it there; there is no other way in."""
    try:
        address = ipaddress.ip_address(request.header("x-viewer-address"))
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))


def cookie(name: str, value: str, seconds: int) -> str:
    """A cookie of this very host, for HTTP alone; one of 0 seconds is taken away (R18)."""
    return f"{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"


def told(status: int, value: object, *, cookies: tuple[str, ...] = ()) -> Answer:
    """An answer for a program."""
    headers = {"content-type": "application/json; charset=utf-8", "cache-control": NO_STORE}
    return Answer(status, headers, msgspec.json.encode(value).decode(), cookies)


def paged(status: int, html: bytes, *, cookies: tuple[str, ...] = ()) -> Answer:
    """An answer for a person."""
    headers = {
        "content-type": HTML,
        "cache-control": NO_STORE,
        "content-security-policy": CONTENT_SECURITY_POLICY,
    }
    return Answer(status, headers, html.decode(), cookies)


def handed_over(url: str) -> Answer:
    """An answer that says where to go on with the payment service. Only its adapter makes such addresses."""
    return Answer(303, {"location": url, "cache-control": NO_STORE}, "")


def sent_to(path: str, *, status: int = 303, cookies: tuple[str, ...] = ()) -> Answer:
    """An answer that says where to go on, on this site."""
    return Answer(status, {"location": path, "cache-control": NO_STORE}, "", cookies)


def _content_type(request: Request) -> str:
    return request.header("content-type").partition(";")[0].strip().lower()
