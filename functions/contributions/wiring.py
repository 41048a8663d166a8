"""Which adapter stands behind each door of the contributions function."""

from __future__ import annotations

import secrets
from pathlib import Path

from functions.contributions.doors import Doors
from shared.adapters.boto3_clients import client_that_answers_soon as client
from shared.adapters.dynamo_ledger import DynamoLedger
from shared.adapters.dynamo_members import DynamoMembers, DynamoSessions
from shared.adapters.dynamo_sign_ins import DynamoLimits
from shared.adapters.powertools_repeats import PowertoolsRepeats
from shared.adapters.s3_lists import S3Lists, S3Papers
from shared.adapters.s3_objects import S3Objects
from shared.adapters.secrets_manager import SecretsManagerSecrets
from shared.adapters.stripe_checkouts import StripeCheckouts
from shared.adapters.stripe_client import StripeAt
from shared.settings import ContributionsSettings, Settings, StripeSettings
from shared.site.html import Templates
from shared.site.site import Sites


def doors(settings: Settings, own: ContributionsSettings, stripe: StripeSettings) -> Doors:
    """The doors of the deployed function."""
    content = S3Objects(settings.content_bucket, settings.region, settings.s3_endpoint)
    tables = client("dynamodb")
    return Doors(
        members=DynamoMembers(tables, own.members_table),
        sessions=DynamoSessions(tables, own.members_table),
        ledger=DynamoLedger(tables, own.ledger_table, own.members_table),
        checkouts=StripeCheckouts(StripeAt(stripe, SecretsManagerSecrets(client("secretsmanager")))),
        repeats=PowertoolsRepeats(tables, own.requests_table),
        limits=DynamoLimits(tables, own.requests_table),
        papers=S3Papers(content),
        lists=S3Lists(content),
        sites=Sites(Templates(Path(__file__).parent)),
        chance=secrets.token_bytes,
        livemode=stripe.livemode,
        proof=own.edge_proof,
    )
