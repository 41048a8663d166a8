"""Which adapter stands behind each door of the webhooks function."""

from __future__ import annotations

from functions.webhooks.intake import Doors
from shared.adapters.boto3_clients import client_that_answers_soon as client
from shared.adapters.secrets_manager import SecretsManagerSecrets
from shared.adapters.sqs_payments import SqsPaymentsQueue
from shared.settings import WebhooksSettings


def doors(settings: WebhooksSettings) -> Doors:
    """The doors of the deployed function."""
    return Doors(
        secrets=SecretsManagerSecrets(client("secretsmanager")),
        queue=SqsPaymentsQueue(client("sqs"), settings.payments_queue),
        secret=settings.secret,
        livemode=settings.livemode,
        proof=settings.edge_proof,
    )
