"""The stack a command talks to: one in the cloud, by its CloudFormation outputs, or the one that runs on this
machine."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from functions.payments.doors import Doors as MoneyDoors
from functions.publishing.catch_up import Doors
from infra.ops.boto3_facilities import Boto3Facilities
from infra.ops.boto3_metrics import Boto3Metrics
from infra.ops.facilities import Facilities
from infra.ops.figures import Where
from infra.ops.payments import Money
from infra.ops.site import Address
from infra.ops.stored_paper import StoredPaper
from infra.ops.stores import DynamoTable, S3Bucket, Stores
from shared.adapters.boto3_media import Boto3MediaShelf, Boto3WaitingMedia
from shared.adapters.boto3_shelves import Boto3ArticleShelf, Boto3Documents, Boto3KeyringShelf
from shared.adapters.cloudfront_kvs import CloudFrontKvs
from shared.adapters.cloudfront_purge import CloudFrontPurge
from shared.adapters.dynamo_ledger import DynamoLedger
from shared.adapters.dynamo_mailings import DynamoMailings
from shared.adapters.dynamo_members import DynamoAllowances, DynamoMembers, DynamoSessions
from shared.adapters.dynamo_sign_ins import DynamoEmailChanges, DynamoSignIns
from shared.adapters.pyjwt_passes import PyJwtPasses
from shared.adapters.scheduler_schedules import SchedulerSchedules
from shared.adapters.secrets_manager import SecretsManagerSecrets, SecretsManagerShelf
from shared.adapters.sesv2_account import Sesv2Place
from shared.adapters.sqs_announcements import SqsAnnouncements
from shared.adapters.sqs_dead_letters import SqsDeadLetters
from shared.adapters.sqs_payments import SqsPaymentsQueue
from shared.adapters.sqs_postbox import SqsPostbox
from shared.domain.refusals import NoStack
from shared.ports.mail import Mailings, MailPlace, Postbox
from shared.ports.money import Catalogue, Ledger, PaymentsQueue, SecretsShelf, VendorSecrets
from shared.ports.persons import Allowances, EmailChanges, Members, Sessions, SignIns
from shared.ports.publishing import (
    ArticleShelf,
    DeadLetters,
    Documents,
    EdgeKeys,
    KeyringShelf,
    MediaShelf,
    Purge,
    Schedules,
    WaitingMedia,
)
from shared.ports.reading import Passes
from shared.settings import StripeSettings

if TYPE_CHECKING:
    from shared.adapters.stripe_client import StripeAt

STATE_VARIABLE = "FRONTLINE_LOCAL_STATE"
DEFAULT_STATE = Path(__file__).parents[2] / ".local" / "stack.json"

EDGE_REGION = "us-east-1"
LOCAL_NAME = "frontline"  # what the local stack is called where names of the cloud are made of that
STRIPE_PATIENCE = 20.0  # seconds: nobody waits here but who has typed the command
AT_ONCE = 16  # requests that a client has under way at the same time, at most
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "max_attempts": 4},
    max_pool_connections=AT_ONCE,
)


def state_path() -> Path:
    """Where the local stack says what it is."""
    return Path(os.environ.get(STATE_VARIABLE) or DEFAULT_STATE)


@dataclass(frozen=True)
class Stack:
    """A stack's outputs, and how to reach it. `endpoint` is None in the cloud; `endpoints` are services that differ.
    `instance` tells it from any other, and a local one from the one that was started before. `local_resources`: what
    CloudFormation would list of a local one."""

    name: str
    region: str
    endpoint: str | None
    outputs: dict[str, str]
    endpoints: dict[str, str] = field(default_factory=dict)
    instance: str = ""
    local_resources: dict[str, tuple[str, str]] | None = None
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def local(cls) -> Stack:
        """The stack that `make run` keeps up. Raises NoStack when none is."""
        try:
            state = json.loads(state_path().read_text())
        except FileNotFoundError:
            raise NoStack("No local stack is running: start one with `make run`, and leave it open.") from None
        try:
            os.kill(state["pid"], 0)
        except ProcessLookupError:
            raise NoStack("The local stack has ended without tidying up: start it again with `make run`.") from None
        return cls.at(state)

    @classmethod
    def at(cls, state: Mapping[str, Any]) -> Stack:
        """The stack that a local stack's state describes."""
        outputs = state["outputs"]
        instance = f"local {state['pid']} {outputs.get('DistributionId', '')}"  # process ids come back, these do not
        resources = {name: (kind, physical) for name, (kind, physical) in state.get("resources", {}).items()}
        return cls("local", state["region"], state["aws_endpoint"], outputs, state["endpoints"], instance, resources)

    @classmethod
    def deployed(cls, name: str, region: str | None) -> Stack:
        """The deployed stack of that name, with credentials as boto3 finds them. Raises NoStack."""
        try:
            client = boto3.client("cloudformation", region_name=region, config=_CONFIG)
            found = client.describe_stacks(StackName=name)["Stacks"][0]
        except (BotoCoreError, ClientError) as error:
            raise NoStack(f"The stack “{name}” cannot be read: {error}") from error
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
        return cls(found["StackName"], client.meta.region_name, None, outputs, instance=found["StackId"])

    def output(self, key: str) -> str:
        """One of the template's outputs. Raises NoStack when the stack is not one of ours."""
        if key not in self.outputs:
            raise NoStack(
                f"The stack “{self.name}” has no output {key}: it is not Frontline's, or older. Deploy it again."
            )
        return self.outputs[key]

    def client(self, service: str) -> Any:
        """A boto3 client for this stack, one for all who ask: making one takes a tenth of a second."""
        if service not in self._clients:
            self._clients[service] = self._client(service)
        return self._clients[service]

    def _client(self, service: str, region: str | None = None) -> Any:
        region = region or self.region
        if self.endpoint is None:
            return boto3.client(service, region_name=region, config=_CONFIG)  # type: ignore[call-overload]
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=region,
            endpoint_url=self.endpoints.get(service, self.endpoint),
            config=_CONFIG,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 -- moto takes any
        )

    def resources(self) -> dict[str, tuple[str, str]]:
        """The type and the name of every resource, by its name in the template."""
        if self.local_resources is not None:
            return self.local_resources
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        return {
            one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"])
            for page in pages
            for one in page["StackResourceSummaries"]
            if one.get("PhysicalResourceId")
        }

    def facilities(self) -> Facilities:
        return Boto3Facilities(self.client, self.resources())

    def counted(self) -> Where:
        """What figures are asked of. CloudFront counts in one region, wherever the stack is."""
        functions = {name: at for name, at in self.outputs.items() if name.endswith("Function")}
        edge = self.client("cloudwatch") if self.region == EDGE_REGION else self._client("cloudwatch", EDGE_REGION)
        return Where(
            stack=self.name,
            namespace=f"Frontline/{LOCAL_NAME if self.endpoint else self.name}",
            distribution=self.output("DistributionId"),
            functions={name.removesuffix("Function").lower(): at for name, at in functions.items()},
            ours=Boto3Metrics(self.client("cloudwatch")),
            edge=Boto3Metrics(edge),
        )

    def address(self) -> Address:
        """Where the paper is. The personal API has an address of its own in the cloud alone."""
        personal = self.outputs.get("PersonalApiUrl") if self.endpoint is None else None
        return Address(self.output("SiteUrl"), self.output("DistributionDomain"), personal)

    def articles(self) -> ArticleShelf:
        return Boto3ArticleShelf(self.client("s3"), self.output("ContentBucket"))

    def media(self) -> MediaShelf:
        return Boto3MediaShelf(self.client("s3"), self.output("MediaBucket"))

    def waiting_media(self) -> WaitingMedia:
        return Boto3WaitingMedia(self.client("s3"), self.output("MediaBucket"))

    def documents(self) -> Documents:
        return Boto3Documents(self.client("s3"), self.output("ContentBucket"))

    def schedules(self) -> Schedules:
        return SchedulerSchedules(
            self.client("scheduler"),
            self.output("ScheduleGroup"),
            self.output("ScheduleRoleArn"),
            self.output("PublishingQueueArn"),
        )

    def doors(self) -> Doors:
        """What publishing leans on, for those who do its work from here."""
        announcements = SqsAnnouncements(self.client("sqs"), self.output("AnnouncementsQueueUrl"))
        return Doors(
            self.articles(), self.documents(), self.waiting_media(), self.purge(), announcements, self.schedules()
        )

    def letters(self, output: str) -> DeadLetters:
        """The messages in the queue of that output."""
        return SqsDeadLetters(self.client("sqs"), self.output(output))

    def members(self) -> Members:
        return DynamoMembers(self.client("dynamodb"), self.output("MembersTable"))

    def sessions(self) -> Sessions:
        return DynamoSessions(self.client("dynamodb"), self.output("MembersTable"))

    def allowances(self) -> Allowances:
        return DynamoAllowances(self.client("dynamodb"), self.output("MembersTable"))

    def sign_ins(self) -> SignIns:
        return DynamoSignIns(self.client("dynamodb"), self.output("SignInsTable"))

    def email_changes(self) -> EmailChanges:
        return DynamoEmailChanges(self.client("dynamodb"), self.output("SignInsTable"))

    def ledger(self) -> Ledger:
        return DynamoLedger(self.client("dynamodb"), self.output("LedgerTable"), self.output("MembersTable"))

    def payments(self) -> PaymentsQueue:
        return SqsPaymentsQueue(self.client("sqs"), self.output("PaymentsQueueUrl"))

    @property
    def livemode(self) -> bool:
        """Whether money is meant in this stack."""
        return self.output("StripeMode") == "live"

    def secrets(self) -> SecretsShelf:
        """Where that lies which Stripe has given us: by the outputs StripeKeyArn and WebhookSecretArn."""
        return SecretsManagerShelf(self.client("secretsmanager"))

    def catalogue(self, secrets: VendorSecrets | None = None) -> Catalogue:
        """What Stripe sells for us, and whom it tells; by the key that these `secrets` hold in place of the stack's."""
        from shared.adapters.stripe_catalogue import StripeCatalogue

        return StripeCatalogue(self._stripe(secrets))

    def money_doors(self) -> MoneyDoors:
        """What payments leans on, for those who do its work from here."""
        from shared.adapters.stripe_checkouts import StripeCheckouts
        from shared.adapters.stripe_processor import StripeProcessor

        stripe = self._stripe()
        return MoneyDoors(
            ledger=self.ledger(),
            members=self.members(),
            processor=StripeProcessor(stripe),
            checkouts=StripeCheckouts(stripe),
            papers=StoredPaper(self.documents()),
            documents=self.documents(),
            postbox=self.postbox(),
            livemode=self.livemode,
            clock=time.time,
        )

    def money(self) -> Money:
        """How this stack takes money, for whoever sets it up and looks after it."""
        return Money(
            doors=self.money_doors(),
            catalogue=self.catalogue(),
            secrets=self.secrets(),
            key=self.output("StripeKeyArn"),
            webhook_secret=self.output("WebhookSecretArn"),
            dead_letters=self.letters("PaymentsDeadLettersUrl"),
            hears_by_bus="StripeEventBus" in self.outputs,
        )

    def _stripe(self, secrets: VendorSecrets | None = None) -> StripeAt:
        from shared.adapters.stripe_client import StripeAt  # its library takes half of all that a command does

        # On this machine Stripe is the till, which says where it is as AWS's services do.
        settings = StripeSettings(self.output("StripeKeyArn"), self.endpoints.get("stripe"), self.livemode)
        return StripeAt(settings, secrets or SecretsManagerSecrets(self.client("secretsmanager")), STRIPE_PATIENCE)

    def postbox(self) -> Postbox:
        return SqsPostbox(self.client("sqs"), self.output("MailQueueUrl"))

    def mailings(self) -> Mailings:
        return DynamoMailings(self.client("dynamodb"), self.output("MailingsTable"))

    @property
    def mail_sender(self) -> str | None:
        """The address that mails come from; None where the stack was deployed without one."""
        return self.outputs.get("MailFrom")

    def mail_place(self) -> MailPlace:
        where = (self.output("MailConfiguration"), self.output("MailFeedbackTopic"))
        return Sesv2Place(self.client("sesv2"), self.mail_sender, *where)

    def stores(self) -> Stores:
        """All that a backup is made of."""
        tables = {"members": "MembersTable", "mailings": "MailingsTable", "ledger": "LedgerTable"}
        buckets = {name: f"{name.capitalize()}Bucket" for name in ("keyring", "media", "static", "content")}
        dynamodb, s3 = self.client("dynamodb"), self.client("s3")
        return Stores(
            {name: DynamoTable(dynamodb, self.output(output)) for name, output in tables.items()},
            {name: S3Bucket(s3, self.output(output)) for name, output in buckets.items()},
        )

    def keyring(self) -> KeyringShelf:
        return Boto3KeyringShelf(self.client("s3"), self.output("KeyringBucket"))

    def trust_documents(self) -> Documents:
        """Where it is kept whose word counts: beside the keyring."""
        return Boto3Documents(self.client("s3"), self.output("KeyringBucket"))

    def edge_keys(self) -> EdgeKeys:
        return CloudFrontKvs(self.client("cloudfront-keyvaluestore"), self.output("EdgeKeysArn"))

    def passes(self) -> Passes:
        return PyJwtPasses(Boto3KeyringShelf(self.client("s3"), self.output("KeyringBucket")))

    def purge(self) -> Purge:
        return CloudFrontPurge(self.client("cloudfront"), self.output("DistributionId"))
