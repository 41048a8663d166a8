"""Every method of every adapter, asked of vendors in trouble."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.boto3_media import Boto3MediaShelf, Boto3WaitingMedia
from shared.adapters.boto3_shelves import Boto3ArticleShelf, Boto3Documents, Boto3KeyringShelf
from shared.adapters.cloudfront_kvs import CloudFrontKvs
from shared.adapters.cloudfront_purge import CloudFrontPurge
from shared.adapters.dynamo_ledger import DynamoLedger
from shared.adapters.dynamo_mailings import DynamoMailings
from shared.adapters.dynamo_members import DynamoAllowances, DynamoMembers, DynamoSessions
from shared.adapters.dynamo_notices import DynamoNotices
from shared.adapters.dynamo_sign_ins import DynamoEmailChanges, DynamoLimits, DynamoSignIns
from shared.adapters.http_issuer_keys import HttpIssuerKeys
from shared.adapters.kms_identity import KmsIdentity
from shared.adapters.powertools_repeats import PowertoolsRepeats
from shared.adapters.s3_articles import S3Articles
from shared.adapters.s3_campaigns import S3Campaigns
from shared.adapters.s3_keyring import S3Keyrings
from shared.adapters.s3_lists import S3Lists, S3Papers
from shared.adapters.s3_trust import S3Trust
from shared.adapters.scheduler_schedules import SchedulerSchedules
from shared.adapters.secrets_manager import SecretsManagerShelf
from shared.adapters.sesv2_account import Sesv2Place, Sesv2Quota
from shared.adapters.sesv2_mailer import Sesv2Mailer
from shared.adapters.sqs_announcements import SqsAnnouncements, SqsContinuations
from shared.adapters.sqs_dead_letters import SqsDeadLetters
from shared.adapters.sqs_payments import SqsPaymentsQueue
from shared.adapters.sqs_postbox import SqsPostbox
from shared.adapters.sqs_redelivery import SqsRedelivery
from shared.adapters.stripe_catalogue import StripeCatalogue
from shared.adapters.stripe_checkouts import StripeCheckouts
from shared.adapters.stripe_processor import StripeProcessor
from shared.domain.addresses import Address
from shared.domain.allowances import Allowance, Way
from shared.domain.email_change import EmailChange
from shared.domain.happenings import Forget
from shared.domain.identity import IdentityClaims
from shared.domain.mailings import Mailing, Outcome
from shared.domain.mails import Mail, NoticeOrder
from shared.domain.members import Contact
from shared.domain.orders import Payer
from shared.domain.refusals import (
    ContentUnavailable,
    IdentityUnavailable,
    IssuerUnavailable,
    MailUncertain,
    ProcessorRefused,
    ProcessorUnavailable,
    StoreUnavailable,
    UnusableKeyring,
    UnusableTrust,
)
from shared.domain.sessions import Session
from shared.domain.sign_in import SignIn
from shared.ports.money import Begun, Step
from shared.ports.publishing import Letter
from tests.faults.vendors import Trouble, Vendors
from tests.functions.books import ADA
from tests.issuers import an_issuer
from tests.money_cases import GIFT
from tests.ops.shop import MONTHLY, SELLING
from tests.samples import NIGHT_FERRY
from tests.twins import RING

_WHOM: Final = Address("ada@reader.example")
_SIGN_IN: Final = SignIn(_WHOM, "link", "browser", "code", "/", None, 1_800_000_000)
_CHANGE: Final = EmailChange("m", _WHOM, Address("new@reader.example"), "a", "b", 1_800_000_000)
_SESSION: Final = Session("s", "m", "secret", None, 0, 0, 0, "A browser")
_CLAIMS: Final = IdentityClaims("https://paper.example", "m", "forum", "member", 0, 60, "j")
_MAIL: Final = Mail(_WHOM, "The Quay", "Words", "Words.", "<p>Words.</p>")
_NOTICE: Final = NoticeOrder(_WHOM, "address_changed", 0)
_AT: Final = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
_LETTER: Final = Letter("{}", "r")

_Ask = Callable[[Any], object]


def _on(made: Callable[[Vendors], Any], **methods: _Ask) -> dict[str, Callable[[Vendors], object]]:
    def asked(ask: _Ask) -> Callable[[Vendors], object]:
        return lambda at: ask(made(at))

    return {name: asked(ask) for name, ask in methods.items()}


def _dynamo(kind: Callable[..., Any], *tables: str) -> Callable[[Vendors], Any]:
    return lambda at: kind(at.aws("dynamodb"), *tables)


def _queue(kind: Callable[..., Any]) -> Callable[[Vendors], Any]:
    return lambda at: kind(at.aws("sqs"), "https://queue.example/1/q")


def _s3(kind: Callable[..., Any]) -> Callable[[Vendors], Any]:
    return lambda at: kind(at.aws("s3"), "bucket")


def _read(kind: Callable[..., Any]) -> Callable[[Vendors], Any]:
    return lambda at: kind(at.objects())


def _stripe(kind: Callable[..., Any]) -> Callable[[Vendors], Any]:
    return lambda at: kind(at.stripe())


PORTS: Final[Mapping[str, Mapping[str, Callable[[Vendors], object]]]] = {
    "Articles": _on(_read(S3Articles), read=lambda it: it.read("night-ferry")),
    "Lists": _on(
        _read(S3Lists),
        edition=lambda it: it.edition(),
        page=lambda it: it.page("latest", None, 10),
        whole_for=lambda it: it.whole_for("night-ferry"),
        directory=lambda it: it.directory("authors"),
    ),
    "Papers": _on(_read(S3Papers), read=lambda it: it.read()),
    "Campaigns": _on(_read(S3Campaigns), read=lambda it: it.read("winter")),
    "Keyrings": _on(_read(S3Keyrings), read=lambda it: it.read()),
    "TrustStore": _on(_read(S3Trust), read=lambda it: it.read()),
    "Documents": _on(
        _s3(Boto3Documents),
        read=lambda it: it.read("a.json"),
        write=lambda it: it.write("a.json", b"{}", None),
        delete=lambda it: it.delete(("a.json",)),
        keys=lambda it: list(it.keys("lists/")),
    ),
    "ArticleShelf": _on(
        _s3(Boto3ArticleShelf),
        read_version=lambda it: it.read_version("night-ferry"),
        write=lambda it: it.write(NIGHT_FERRY, None),
        delete=lambda it: it.delete("night-ferry", "v"),
        slugs=lambda it: list(it.slugs()),
        versions=lambda it: it.versions("night-ferry"),
        read_past=lambda it: it.read_past("night-ferry", "v"),
    ),
    "KeyringShelf": _on(
        _s3(Boto3KeyringShelf), read_version=lambda it: it.read_version(), write=lambda it: it.write(RING, None)
    ),
    "MediaShelf": _on(
        _s3(Boto3MediaShelf),
        holds=lambda it: it.holds("/media/open/a.png"),
        put=lambda it: it.put("/media/open/a.png", b"", "image/png", "d"),
    ),
    "WaitingMedia": _on(
        _s3(Boto3WaitingMedia),
        bring_out=lambda it: it.bring_out("/media/open/a.png"),
        discard=lambda it: it.discard("/media/open/a.png"),
    ),
    "EdgeKeys": _on(
        lambda at: CloudFrontKvs(
            at.aws("cloudfront-keyvaluestore"), "arn:aws:cloudfront::123456789012:key-value-store/k"
        ),
        put=lambda it: it.put(RING),
        accepted=lambda it: it.accepted(),
    ),
    "Purge": _on(
        lambda at: CloudFrontPurge(at.aws("cloudfront"), "D"),
        tags=lambda it: it.tags(("list-latest",), "r"),
        paths=lambda it: it.paths(("/",), "r"),
    ),
    "Schedules": _on(
        lambda at: SchedulerSchedules(at.aws("scheduler"), "group", "arn:role", "arn:queue"),
        set=lambda it: it.set("night-ferry", _AT),
        due=lambda it: list(it.due()),
    ),
    "Announcements": _on(_queue(SqsAnnouncements), announce=lambda it: it.announce("a-1", "night-ferry")),
    "Continuations": _on(_queue(SqsContinuations), later=lambda it: it.later("a-1", "night-ferry", 0, 30)),
    "Postbox": _on(_queue(SqsPostbox), order=lambda it: it.order(_NOTICE)),
    "PaymentsQueue": _on(_queue(SqsPaymentsQueue), put=lambda it: it.put((Forget("m"),))),
    "Redelivery": _on(_queue(SqsRedelivery), again_in=lambda it: it.again_in("r", 2)),
    "DeadLetters": _on(
        _queue(SqsDeadLetters),
        count=lambda it: it.count(),
        peek=lambda it: it.peek(),
        take=lambda it: it.take(),
        discard=lambda it: it.discard((_LETTER,)),
    ),
    "Mailer": _on(lambda at: Sesv2Mailer(at.aws("sesv2"), "post@paper.example", "set"), send=lambda it: it.send(_MAIL)),
    "MailQuota": _on(lambda at: Sesv2Quota(at.aws("sesv2")), read=lambda it: it.read()),
    "MailPlace": _on(
        lambda at: Sesv2Place(at.aws("sesv2"), "post@paper.example", "set", "arn:topic"),
        read=lambda it: it.read(),
        holds_back=lambda it: it.holds_back(_WHOM),
        let_through=lambda it: it.let_through(_WHOM),
    ),
    "Mailings": _on(
        _dynamo(DynamoMailings, "t"),
        read=lambda it: it.read("a-1"),
        write=lambda it: it.write(Mailing("a-1", "night-ferry", 0), None),
        recent=lambda it: it.recent(),
        mark=lambda it: it.mark("a-1", "d", 1),
        settle=lambda it: it.settle("a-1", "d", Outcome.SENT),
        unmark=lambda it: it.unmark("a-1", "d"),
    ),
    "Notices": _on(_dynamo(DynamoNotices, "t"), mark=lambda it: it.mark("k", 1), unmark=lambda it: it.unmark("k")),
    "Members": _on(
        _dynamo(DynamoMembers, "t"),
        read=lambda it: it.read("m"),
        write=lambda it: it.write(ADA, None),
        erase=lambda it: it.erase("m"),
        note_erasure=lambda it: it.note_erasure("m", 1_000),
        contact=lambda it: it.contact("d"),
        write_contact=lambda it: it.write_contact("d", Contact(), None),
        everyone=lambda it: it.everyone(None, 10),
    ),
    "Allowances": _on(
        _dynamo(DynamoAllowances, "t"),
        read=lambda it: it.read("m", Way.GIVEN, "2026-12"),
        write=lambda it: it.write("m", Allowance(Way.GIVEN, "2026-12"), None),
    ),
    "Sessions": _on(
        _dynamo(DynamoSessions, "t"),
        read=lambda it: it.read("m", "s"),
        write=lambda it: it.write(_SESSION, None),
        end=lambda it: it.end("m", "s"),
        of_member=lambda it: it.of_member("m"),
    ),
    "SignIns": _on(
        _dynamo(DynamoSignIns, "t"),
        put=lambda it: it.put(_SIGN_IN),
        of_link=lambda it: it.of_link("l"),
        of_address=lambda it: it.of_address("d"),
        write=lambda it: it.write(_SIGN_IN, "v"),
        take=lambda it: it.take(_SIGN_IN, "v"),
    ),
    "EmailChanges": _on(
        _dynamo(DynamoEmailChanges, "t"),
        put=lambda it: it.put(_CHANGE),
        of_link=lambda it: it.of_link("l"),
        of_member=lambda it: it.of_member("m"),
        write=lambda it: it.write(_CHANGE, "v"),
        drop=lambda it: it.drop("m"),
    ),
    "Limits": _on(_dynamo(DynamoLimits, "t"), take=lambda it: it.take("mail", "who", 1, 60, 0.0)),
    "Ledger": _on(
        _dynamo(DynamoLedger, "t", "members"),
        open=lambda it: it.open(GIFT),
        attach=lambda it: it.attach(GIFT, "v"),
        read=lambda it: it.read("o"),
        of_session=lambda it: it.of_session("cs_1"),
        of_member=lambda it: it.of_member("m"),
        entries=lambda it: it.entries("o"),
        commit=lambda it: it.commit(Step(GIFT, "v")),
        payer=lambda it: it.payer("m"),
        know_payer=lambda it: it.know_payer(Payer("m", "cus_1")),
        forget_payer=lambda it: it.forget_payer("m"),
        raised=lambda it: it.raised("winter"),
        everything=lambda it: list(it.everything()),
        reconciled=lambda it: it.reconciled(),
        say_reconciled=lambda it: it.say_reconciled(1),
    ),
    "Repeats": _on(_dynamo(PowertoolsRepeats, "t"), once=lambda it: it.once("k", "said", lambda: Begun("o", "u"))),
    "VendorSecrets": _on(lambda at: SecretsManagerShelf(at.aws("secretsmanager")), read=lambda it: it.read("key")),
    "SecretsShelf": _on(
        lambda at: SecretsManagerShelf(at.aws("secretsmanager")), write=lambda it: it.write("key", ("sk",))
    ),
    "IdentitySigner": _on(
        lambda at: KmsIdentity(at.aws("kms"), ("k",)), sign=lambda it: it.sign(_CLAIMS), keys=lambda it: it.keys()
    ),
    "IssuerKeys": _on(
        lambda at: (HttpIssuerKeys(schemes=("http",)), an_issuer(at.endpoint, jwks_url=f"{at.endpoint}/keys.json")),
        find=lambda it: it[0].find(it[1], "k-1", 1_800_000_000.0),
    ),
    "Checkouts": _on(
        _stripe(StripeCheckouts),
        begin=lambda it: it.begin(GIFT, title="", success="", cancel="", customer=None, email=None),
        expire=lambda it: it.expire("cs_1"),
        customer=lambda it: it.customer("m", _WHOM.text),
        portal=lambda it: it.portal("cus_1", "https://paper.example"),
        price=lambda it: it.price("monthly"),
    ),
    "Processor": _on(
        _stripe(StripeProcessor),
        standing=lambda it: it.standing("cs_1"),
        session_behind=lambda it: it.session_behind("sub_1"),
        happened=lambda it: list(it.happened(0)),
        sessions=lambda it: list(it.sessions(0)),
        refund=lambda it: it.refund("pi_1", 100, "k"),
        cancel=lambda it: it.cancel("sub_1"),
        forget=lambda it: it.forget("cus_1"),
    ),
    "Catalogue": _on(
        _stripe(StripeCatalogue),
        price=lambda it: it.price("monthly"),
        sell=lambda it: it.sell(MONTHLY, "The Quay"),
        portal_login=lambda it: it.portal_login(),
        set_up_portal=lambda it: it.set_up_portal(SELLING),
        endpoints=lambda it: it.endpoints(),
        tell=lambda it: it.tell("https://paper.example/api/webhooks/stripe"),
    ),
}
"""By port and method."""

COMPOSED: Final[Mapping[str, str]] = {
    "Passes.mint": "Keyrings.read",
    "Passes.verify": "Keyrings.read",
    "ForeignTokens.verify": "IssuerKeys.find",
}
"""Methods whose adapters ask no vendor but by another port."""

# What a method's adapter makes of it ---------------------------------------------------------------------------------

Raised = tuple[type[Exception], ...]
AWS_SAYS: Final[Raised] = (ClientError, BotoCoreError)  # let through: it is told, and comes again
_QUIET: Final[Raised] = ()  # nothing is raised
_OURS: Final = frozenset({Trouble.EXPIRED, Trouble.DENIED})
_ALIKE: Final[Mapping[str, Raised]] = {
    **dict.fromkeys(("Articles", "Lists", "Papers", "Campaigns", "Documents", "ArticleShelf"), (ContentUnavailable,)),
    **dict.fromkeys(("Keyrings", "KeyringShelf", "Passes"), (UnusableKeyring,)),
    **dict.fromkeys(("IssuerKeys", "ForeignTokens"), (IssuerUnavailable,)),
    **dict.fromkeys(("MailQuota", "MailPlace", "Repeats"), (StoreUnavailable,)),
    **dict.fromkeys(
        ("MediaShelf", "WaitingMedia", "EdgeKeys", "Purge", "Schedules", "Announcements", "DeadLetters"), AWS_SAYS
    ),
    **dict.fromkeys(("ArticleShelf.write", "ArticleShelf.delete", "KeyringShelf.write"), AWS_SAYS),
    "TrustStore": (UnusableTrust,),
    "IdentitySigner": (IdentityUnavailable,),
    "Redelivery": _QUIET,
    "Passes.verify": _QUIET,
}
"""Ports, or single methods of them, that say one thing whatever it is."""


def raised(port: str, method: str, trouble: Trouble) -> Raised:
    """What the port's documentation and its users count on: one of these is raised, or nothing where there is none."""
    whatever = _ALIKE.get(f"{port}.{method}", _ALIKE.get(port))
    if whatever is not None:
        return whatever
    if port == "Mailer":  # with two of them nobody knows whether the mail went out
        return (MailUncertain if trouble in (Trouble.FAILS, Trouble.HANGS) else StoreUnavailable,)
    if port in ("Processor", "Checkouts", "Catalogue"):
        return (ProcessorRefused if trouble in _OURS else ProcessorUnavailable,)
    return (ClientError,) if trouble in _OURS else (StoreUnavailable,)  # a fault of ours wakes somebody
