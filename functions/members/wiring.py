"""Which adapter stands behind each door of the members function."""

from __future__ import annotations

import secrets
from pathlib import Path

from functions.members.route import Doors
from shared.adapters.boto3_clients import client_that_answers_soon as client
from shared.adapters.dynamo_ledger import DynamoLedger
from shared.adapters.dynamo_members import DynamoAllowances, DynamoMembers, DynamoSessions
from shared.adapters.dynamo_sign_ins import DynamoEmailChanges, DynamoLimits, DynamoSignIns
from shared.adapters.http_issuer_keys import HttpIssuerKeys
from shared.adapters.kms_identity import KmsIdentity
from shared.adapters.pyjwt_foreign import PyJwtForeign
from shared.adapters.pyjwt_passes import PyJwtPasses
from shared.adapters.s3_keyring import S3Keyrings
from shared.adapters.s3_lists import S3Lists, S3Papers
from shared.adapters.s3_objects import S3Objects
from shared.adapters.s3_trust import S3Trust
from shared.adapters.sqs_payments import SqsPaymentsQueue
from shared.adapters.sqs_postbox import SqsPostbox
from shared.settings import MembersSettings, Settings
from shared.site.html import Templates
from shared.site.site import Sites


def doors(settings: Settings, own: MembersSettings) -> Doors:
    """The doors of the deployed function."""
    content = S3Objects(settings.content_bucket, settings.region, settings.s3_endpoint)
    keyring = S3Objects(settings.keyring_bucket, settings.region, settings.s3_endpoint)
    tables, queues, trust = client("dynamodb"), client("sqs"), S3Trust(keyring)
    return Doors(
        members=DynamoMembers(tables, own.members_table),
        allowances=DynamoAllowances(tables, own.members_table),
        sessions=DynamoSessions(tables, own.members_table),
        sign_ins=DynamoSignIns(tables, own.sign_ins_table),
        changes=DynamoEmailChanges(tables, own.sign_ins_table),
        limits=DynamoLimits(tables, own.sign_ins_table),
        postbox=SqsPostbox(queues, own.mail_queue),
        ledger=DynamoLedger(tables, own.ledger_table, own.members_table),
        payments=SqsPaymentsQueue(queues, own.payments_queue),
        passes=PyJwtPasses(S3Keyrings(keyring)),
        foreign=PyJwtForeign(trust, HttpIssuerKeys()),
        trust=trust,
        identity=KmsIdentity(client("kms"), own.identity_keys),
        papers=S3Papers(content),
        lists=S3Lists(content),
        sites=Sites(Templates(Path(__file__).parent)),
        chance=secrets.token_bytes,
        proof=own.edge_proof,
    )
