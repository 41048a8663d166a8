"""Which adapter stands behind each door of the mail function."""

from __future__ import annotations

import secrets

from functions.mail.doors import Doors
from shared.adapters.boto3_clients import client, client_that_asks_once
from shared.adapters.dynamo_members import DynamoMembers
from shared.adapters.dynamo_notices import DynamoNotices
from shared.adapters.dynamo_sign_ins import DynamoEmailChanges, DynamoSignIns
from shared.adapters.s3_lists import S3Papers
from shared.adapters.s3_objects import S3Objects
from shared.adapters.sesv2_mailer import Sesv2Mailer
from shared.adapters.sqs_redelivery import SqsRedelivery
from shared.ports.publishing import Redelivery
from shared.settings import MailSettings, PostSettings


def doors(settings: MailSettings, own: PostSettings) -> Doors:
    """The doors of the deployed function."""
    tables = client("dynamodb")
    return Doors(
        members=DynamoMembers(tables, settings.members_table),
        sign_ins=DynamoSignIns(tables, own.sign_ins_table),
        changes=DynamoEmailChanges(tables, own.sign_ins_table),
        notices=DynamoNotices(tables, own.sign_ins_table),
        mailer=Sesv2Mailer(client_that_asks_once("sesv2"), settings.sender, settings.configuration),
        papers=S3Papers(S3Objects(settings.content_bucket, settings.region, settings.s3_endpoint)),
        chance=secrets.token_bytes,
    )


def redelivery(own: PostSettings) -> Redelivery:
    """How orders that could not be served are put off."""
    return SqsRedelivery(client("sqs"), own.mail_queue)
