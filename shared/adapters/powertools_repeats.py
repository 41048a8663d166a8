"""Doing once what comes more than once, by Powertools' Idempotency
(https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/). It is loaded with the first request that
has a key: few have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from shared.domain.refusals import KeyReused, StillRunning, StoreUnavailable
from shared.ports.money import Begun

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

DAY: Final = 86_400
LONGEST_SECONDS: Final = 30
"""Longer than a function may take (template.yaml): what is still not done then was cut off, and is done again."""


class _TimeLeft:
    """All that Powertools asks of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        return LONGEST_SECONDS * 1_000


class PowertoolsRepeats:
    """`shared.ports.money.Repeats`, in a table whose key is `pk` and whose items expire at `expires_at`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def once(self, key: str, said: str, act: Callable[[], Begun]) -> Begun:
        from aws_lambda_powertools.utilities.idempotency import (
            DynamoDBPersistenceLayer,
            IdempotencyConfig,
            idempotent_function,
        )
        from aws_lambda_powertools.utilities.idempotency.exceptions import (
            IdempotencyAlreadyInProgressError,
            IdempotencyInconsistentStateError,
            IdempotencyPersistenceLayerError,
            IdempotencyValidationError,
        )

        config = IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="said",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=DAY,
            hash_function="sha256",
            lambda_context=_TimeLeft(),  # type: ignore[arg-type]
        )
        store = DynamoDBPersistenceLayer(
            self._table,
            key_attr="pk",
            expiry_attr="expires_at",
            in_progress_expiry_attr="in_progress_until",
            boto3_client=self._client,
        )

        def act_once(*, asked: dict[str, str]) -> dict[str, str]:
            begun = act()
            return {"order": begun.order, "url": begun.url}

        guarded: Any = idempotent_function(
            act_once, data_keyword_argument="asked", persistence_store=store, config=config, key_prefix="repeat"
        )
        try:
            return Begun(**guarded(asked={"key": key, "said": said}))
        except IdempotencyValidationError:
            raise KeyReused("This Idempotency-Key was sent with something else before. Take another one.") from None
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError):
            raise StillRunning("This is being done at this moment. Try again in a few seconds.") from None
        except IdempotencyPersistenceLayerError as error:
            raise StoreUnavailable from error
