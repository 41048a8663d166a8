"""Which adapter stands behind each door of the newsletters function."""

from __future__ import annotations

import secrets
import time

from functions.newsletters.doors import Doors
from shared.adapters.boto3_clients import client, client_that_asks_once
from shared.adapters.dynamo_mailings import DynamoMailings
from shared.adapters.dynamo_members import DynamoMembers
from shared.adapters.s3_articles import S3Articles
from shared.adapters.s3_lists import S3Papers
from shared.adapters.s3_objects import S3Objects
from shared.adapters.sesv2_account import Sesv2Quota
from shared.adapters.sesv2_mailer import Sesv2Mailer
from shared.adapters.sqs_announcements import SqsContinuations
from shared.settings import MailSettings, NewslettersSettings


def doors(settings: MailSettings, own: NewslettersSettings) -> Doors:
    """The doors of the deployed function."""
    content = S3Objects(settings.content_bucket, settings.region, settings.s3_endpoint)
    tables, mail = client("dynamodb"), client_that_asks_once("sesv2")
    return Doors(
        articles=S3Articles(content),
        papers=S3Papers(content),
        members=DynamoMembers(tables, settings.members_table),
        mailings=DynamoMailings(tables, own.mailings_table),
        mailer=Sesv2Mailer(mail, settings.sender, settings.configuration),
        quota=Sesv2Quota(mail),
        continuations=SqsContinuations(client("sqs"), own.announcements_queue),
        chance=secrets.token_bytes,
        clock=time.time,
        sleep=time.sleep,
    )
