"""`Mailer`: the twin and SES keep the same promises; nothing that breaks a line gets as far as SES (R15)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from msgspec.structs import replace

from shared.adapters import boto3_clients
from shared.adapters.sesv2_mailer import Sesv2Mailer
from shared.domain.addresses import parse_address
from shared.domain.mails import Mail
from shared.domain.refusals import MailRefused, MailUncertain, Refusal, StoreUnavailable
from shared.ports.mail import Mailer
from tests.aws import REGION
from tests.member_twins import MemoryMailer

SENDER = "post@paper.example"
MAIL = Mail(
    parse_address("ada@reader.example"),
    "The Söunding & Co",
    "Für dich: 123456",
    "Text\n",
    "<p>Text</p>",
    (("List-Id", "<daily.paper.example>"),),
)


class Ses:
    """What stands where SES is asked: keeps what was asked, and answers what it is told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.says: tuple[int, str] | Exception = (200, "")
        self.client: Any = boto3.client(
            "sesv2", region_name=REGION, aws_access_key_id="t", aws_secret_access_key="t", config=boto3_clients.ONCE
        )
        answer: Any = self._answer  # whatever it returns is the answer (botocore's stubs know of none)
        self.client.meta.events.register("before-send.sesv2.SendEmail", answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        self.asked.append(json.loads(request.body))
        if isinstance(self.says, Exception):
            raise self.says
        status, code = self.says

        class Raw:
            def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
                yield b'{"MessageId":"1"}' if status == 200 else b'{"message":"ada@reader.example"}'

        return AWSResponse(request.url, status, HTTPHeaders.from_pairs([("x-amzn-errortype", code)]), Raw())


@pytest.fixture(params=["twin", "ses"])
def mailer(request: pytest.FixtureRequest) -> Mailer:
    return MemoryMailer() if request.param == "twin" else Sesv2Mailer(Ses().client, SENDER, "paper")


def test_ses_is_told_all_of_a_mail() -> None:
    ses = Ses()
    Sesv2Mailer(ses.client, SENDER, "paper").send(MAIL)

    (asked,) = ses.asked

    name, address = parseaddr(asked["FromEmailAddress"])
    assert (str(make_header(decode_header(name))), address) == ("The Söunding & Co", SENDER)
    assert asked["Destination"] == {"ToAddresses": ["ada@reader.example"]}
    assert asked["ConfigurationSetName"] == "paper"
    simple = asked["Content"]["Simple"]
    assert simple["Subject"] == {"Data": "Für dich: 123456", "Charset": "UTF-8"}
    assert {kind: part["Data"] for kind, part in simple["Body"].items()} == {"Text": "Text\n", "Html": "<p>Text</p>"}
    assert simple["Headers"] == [{"Name": "List-Id", "Value": "<daily.paper.example>"}]


def test_motos_ses_takes_it_from_a_verified_sender_alone(client: Any) -> None:
    ses = client("sesv2")
    mailer = Sesv2Mailer(ses, SENDER, "paper")
    ses.create_configuration_set(ConfigurationSetName="paper")
    with pytest.raises(MailRefused):
        mailer.send(MAIL)
    ses.create_email_identity(EmailIdentity=SENDER)

    mailer.send(MAIL)


@pytest.mark.parametrize("name", ["The Sounding", 'A "paper", <of> sorts; a@b.example', "Ünïcode — 🛥", "x" * 100])
def test_a_name_stays_a_name(name: str) -> None:
    ses = Ses()
    Sesv2Mailer(ses.client, SENDER, "paper").send(replace(MAIL, sender=name))

    found, address = parseaddr(ses.asked[0]["FromEmailAddress"])

    assert (str(make_header(decode_header(found))), address) == (name, SENDER)
    assert ses.asked[0]["FromEmailAddress"].isascii()


BREAKS = {
    "CR": "a\rb",
    "LF": "a\nb",
    "CRLF": "a\r\nBcc: eve@elsewhere.example",
    "NUL": "a\0b",
    "VT": "a\x0bb",
    "FF": "a\x0cb",
    "ESC": "a\x1bb",
    "DEL": "a\x7fb",
    "NEL": "a\x85b",
    "LINE SEPARATOR": "a\u2028b",
    "PARAGRAPH SEPARATOR": "a\u2029b",
    "lone surrogate": "a\ud800b",
    "encoded word, q": "=?utf-8?q?a=0D=0ABcc:_eve@elsewhere.example?=",
    "encoded word, b": "=?utf-8?b?DQpCY2M6?=",
    "encoded word inside": "Hello =?iso-8859-1?Q?=0a?= there",
}


@pytest.mark.parametrize("text", BREAKS.values(), ids=BREAKS)
@pytest.mark.parametrize("field", ["subject", "sender", "header value", "header name"])
def test_what_breaks_a_line_is_not_sent(mailer: Mailer, field: str, text: str) -> None:
    match field:
        case "header value":
            mail = replace(MAIL, headers=(("X-One", text),))
        case "header name":
            mail = replace(MAIL, headers=((text, "one"),))
        case _:
            mail = replace(MAIL, **{field: text})

    with pytest.raises(MailRefused):
        mailer.send(mail)


@pytest.mark.parametrize(
    "header",
    [("X-One", "é"), ("X-One", ""), ("X-One", "x" * 851), ("", "a"), ("X One", "a"), ("X:", "a"), ("1-X", "a")],
)
def test_headers_are_plain(mailer: Mailer, header: tuple[str, str]) -> None:
    with pytest.raises(MailRefused):
        mailer.send(replace(MAIL, headers=(header,)))


URL = "https://email.example"


@pytest.mark.parametrize(
    ("says", "refusal"),
    [
        ((400, "BadRequestException"), MailRefused),
        ((400, "MessageRejected"), MailRefused),
        ((429, "TooManyRequestsException"), StoreUnavailable),
        ((400, "LimitExceededException"), StoreUnavailable),
        ((400, "SendingPausedException"), StoreUnavailable),
        ((400, "MailFromDomainNotVerifiedException"), StoreUnavailable),
        ((403, "AccessDeniedException"), StoreUnavailable),
        ((404, "NotFoundException"), StoreUnavailable),
        ((503, "ServiceUnavailable"), StoreUnavailable),
        ((500, "InternalServiceErrorException"), MailUncertain),
        ((502, ""), MailUncertain),
        ((504, ""), MailUncertain),
        (EndpointConnectionError(endpoint_url=URL), StoreUnavailable),
        (ConnectTimeoutError(endpoint_url=URL), StoreUnavailable),
        (ReadTimeoutError(endpoint_url=URL), MailUncertain),
    ],
)
def test_what_ses_says_is_one_of_three_things_and_it_is_asked_once(
    says: tuple[int, str] | Exception, refusal: type[Refusal]
) -> None:
    ses = Ses()
    ses.says = says

    with pytest.raises(refusal) as told:
        Sesv2Mailer(ses.client, SENDER, "paper").send(MAIL)

    assert type(told.value) is refusal
    assert "reader.example" not in told.value.detail
    assert len(ses.asked) == 1
