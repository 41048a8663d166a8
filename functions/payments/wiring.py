"""Which adapter stands behind each door of the payments functions."""

from __future__ import annotations

import time

from functions.payments.doors import Doors
from shared.adapters.boto3_clients import client
from shared.adapters.boto3_shelves import Boto3Documents
from shared.adapters.dynamo_ledger import DynamoLedger
from shared.adapters.dynamo_members import DynamoMembers
from shared.adapters.s3_lists import S3Papers
from shared.adapters.s3_objects import S3Objects
from shared.adapters.secrets_manager import SecretsManagerSecrets
from shared.adapters.sqs_postbox import SqsPostbox
from shared.adapters.sqs_redelivery import SqsRedelivery
from shared.adapters.stripe_checkouts import StripeCheckouts
from shared.adapters.stripe_client import StripeAt
from shared.adapters.stripe_processor import StripeProcessor
from shared.ports.publishing import Redelivery
from shared.settings import PaymentsSettings, StripeSettings, WorkerSettings


def doors(settings: PaymentsSettings, processor: StripeSettings) -> Doors:
    """The doors of the deployed functions."""
    tables = client("dynamodb")
    stripe = StripeAt(processor, SecretsManagerSecrets(client("secretsmanager")))
    return Doors(
        ledger=DynamoLedger(tables, settings.ledger_table, settings.members_table),
        members=DynamoMembers(tables, settings.members_table),
        processor=StripeProcessor(stripe),
        checkouts=StripeCheckouts(stripe),
        papers=S3Papers(S3Objects(settings.content_bucket, settings.region, settings.s3_endpoint)),
        documents=Boto3Documents(client("s3"), settings.content_bucket),
        postbox=SqsPostbox(client("sqs"), settings.mail_queue),
        livemode=processor.livemode,
        clock=time.time,
    )


def redelivery(own: WorkerSettings) -> Redelivery:
    """How messages that could not be worked off are put off."""
    return SqsRedelivery(client("sqs"), own.payments_queue)
