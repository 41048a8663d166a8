"""A stack of twins, as the commands meet it: what is written is followed up at once, unless its event is lost."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from functions.payments.doors import Doors as MoneyDoors
from functions.publishing.catch_up import Doors, catch_up
from infra.ops.payments import Money
from infra.ops.stored_paper import StoredPaper
from shared.domain.articles import Stored
from shared.ports.mail import Mailings, MailPlace, MailSetup, Postbox, Quota
from shared.ports.money import Catalogue, Ledger, PaymentsQueue, SecretsShelf, VendorSecrets
from shared.ports.persons import Allowances, EmailChanges, Members, Sessions, SignIns
from shared.ports.publishing import (
    ArticleShelf,
    Documents,
    EdgeKeys,
    KeyringShelf,
    MediaShelf,
    Purge,
    Schedules,
    WaitingMedia,
)
from tests.catalogue_twin import MemoryCatalogue
from tests.member_twins import (
    MemoryAllowances,
    MemoryEmailChanges,
    MemoryMailings,
    MemoryMailPlace,
    MemoryMembers,
    MemoryPostbox,
    MemoryRecords,
    MemorySessions,
    MemorySignIns,
)
from tests.money_twins import MemoryLedger, MemoryPaymentsQueue, MemorySecrets
from tests.processor_twin import MemoryProcessor
from tests.twins import (
    MemoryAnnouncements,
    MemoryArticles,
    MemoryDeadLetters,
    MemoryDocuments,
    MemoryEdgeKeys,
    MemoryKeyring,
    MemoryMedia,
    MemoryPurge,
    MemorySchedules,
    MemoryWaitingMedia,
)

FINE = MailSetup(Quota(14.0, 50_000.0, 50_000.0, sandbox=False, paused=False), True, frozenset(), frozenset())


class FollowedArticles(MemoryArticles):
    """The articles with publishing behind them. `stopped`: publishing does not hear of what happens."""

    def __init__(self, documents: MemoryDocuments, schedules: MemorySchedules, waiting: MemoryWaitingMedia) -> None:
        super().__init__()
        self._one_by_one = threading.Lock()
        self._doors = Doors(self, documents, waiting, MemoryPurge(), MemoryAnnouncements(), schedules)
        self.stopped = False
        self.writes: list[str] = []

    def before(self, slug: str) -> None:
        """Nothing, unless a test puts something in its place: it is called before each write."""

    def write(self, document: Stored, expected: str | None) -> str:
        self.before(document.slug)
        version = super().write(document, expected)
        self._follow(document.slug)
        return version

    def delete(self, slug: str, expected: str) -> None:
        self.before(slug)
        super().delete(slug, expected)
        self._follow(slug)

    def _follow(self, slug: str) -> None:
        with self._one_by_one:
            self.writes.append(slug)
            if not self.stopped:
                catch_up([slug], self._doors, time.time())


@dataclass
class TwinStack:
    """Stands where `Chosen` and `Stack` stand."""

    instance: str = "twin"
    name: str = "twin"
    mail_sender: str | None = "post@paper.example"
    kept_documents: MemoryDocuments = field(default_factory=MemoryDocuments)
    kept_schedules: MemorySchedules = field(default_factory=MemorySchedules)

    kept_media: MemoryMedia = field(default_factory=MemoryMedia)
    kept_purge: MemoryPurge = field(default_factory=MemoryPurge)
    kept_trust: MemoryDocuments = field(default_factory=MemoryDocuments)
    kept_records: MemoryRecords = field(default_factory=MemoryRecords)
    kept_payments: MemoryPaymentsQueue = field(default_factory=MemoryPaymentsQueue)
    kept_postbox: MemoryPostbox = field(default_factory=MemoryPostbox)
    kept_processor: MemoryProcessor = field(default_factory=MemoryProcessor)
    kept_catalogue: MemoryCatalogue = field(default_factory=MemoryCatalogue)
    kept_secrets: MemorySecrets = field(default_factory=MemorySecrets)
    kept_money_letters: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)
    livemode: bool = False
    kept_place: MemoryMailPlace = field(default_factory=lambda: MemoryMailPlace(FINE))

    kept_keyring: MemoryKeyring = field(default_factory=MemoryKeyring)
    kept_edge: MemoryEdgeKeys = field(default_factory=MemoryEdgeKeys)

    def __post_init__(self) -> None:
        self.kept_waiting = MemoryWaitingMedia(self.kept_media)
        self.shelf = FollowedArticles(self.kept_documents, self.kept_schedules, self.kept_waiting)

    def open(self) -> TwinStack:
        return self

    def output(self, key: str) -> str:
        return {"SiteUrl": "https://paper.example", "StripeKeyArn": "key", "WebhookSecretArn": "webhooks"}[key]

    def articles(self) -> ArticleShelf:
        return self.shelf

    def documents(self) -> Documents:
        return self.kept_documents

    def trust_documents(self) -> Documents:
        return self.kept_trust

    def schedules(self) -> Schedules:
        return self.kept_schedules

    def media(self) -> MediaShelf:
        return self.kept_media

    def waiting_media(self) -> WaitingMedia:
        return self.kept_waiting

    def purge(self) -> Purge:
        return self.kept_purge

    def members(self) -> Members:
        return MemoryMembers(self.kept_records)

    def sessions(self) -> Sessions:
        return MemorySessions(self.kept_records)

    def allowances(self) -> Allowances:
        return MemoryAllowances(self.kept_records)

    def sign_ins(self) -> SignIns:
        return MemorySignIns(self.kept_records)

    def email_changes(self) -> EmailChanges:
        return MemoryEmailChanges(self.kept_records)

    def ledger(self) -> Ledger:
        return MemoryLedger(self.kept_records)

    def payments(self) -> PaymentsQueue:
        return self.kept_payments

    def secrets(self) -> SecretsShelf:
        return self.kept_secrets

    def catalogue(self, secrets: VendorSecrets | None = None) -> Catalogue:
        if secrets is not None and secrets.read("key")[0].endswith("_wrong0"):
            refusing = MemoryCatalogue()
            refusing.refuses = "invalid_api_key"
            return refusing
        return self.kept_catalogue

    def money_doors(self) -> MoneyDoors:
        return MoneyDoors(
            ledger=self.ledger(),
            members=self.members(),
            processor=self.kept_processor,
            checkouts=self.kept_processor,
            papers=StoredPaper(self.kept_documents),
            documents=self.kept_documents,
            postbox=self.kept_postbox,
            livemode=self.livemode,
            clock=self.kept_processor.clock,
        )

    def money(self) -> Money:
        letters = self.kept_money_letters
        return Money(self.money_doors(), self.kept_catalogue, self.kept_secrets, "key", "webhooks", letters)

    def postbox(self) -> Postbox:
        return self.kept_postbox

    def mail_place(self) -> MailPlace:
        return self.kept_place

    def mailings(self) -> Mailings:
        return MemoryMailings(self.kept_records)

    def keyring(self) -> KeyringShelf:
        return self.kept_keyring

    def edge_keys(self) -> EdgeKeys:
        return self.kept_edge
