"""Resources that moto's own models would make otherwise than the template says, made by moto's backends instead."""

import secrets
import string
from collections.abc import Mapping
from typing import Any, Final

from moto.cloudfront.models import cloudfront_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.dynamodb.models import dynamodb_backends
from moto.kms.models import kms_backends
from moto.scheduler.models import scheduler_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends

from infra.local.template import ACCOUNT, REGION, TemplateError, only

PASSWORD_LENGTH: Final = 32  # Secrets Manager's own, where the template says none
ALARM: Final = frozenset(
    {
        *(
            "AlarmDescription",
            "AlarmActions",
            "OKActions",
            "Namespace",
            "MetricName",
            "Dimensions",
            "Statistic",
            "Period",
        ),
        *("ExtendedStatistic", "EvaluateLowSampleCountPercentile", "Metrics", "EvaluationPeriods", "DatapointsToAlarm"),
        *("ComparisonOperator", "Threshold", "TreatMissingData"),
    }
)
INDEX: Final = frozenset({"IndexName", "KeySchema", "Projection"})


def make_distribution(name: str) -> Any:
    """A distribution at moto's control plane: enough of one to take invalidations. What it does is read elsewhere."""
    origin = {"Id": "here", "DomainName": "front-door.invalid"}
    config = {
        "CallerReference": name,
        "Comment": name,
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "here", "ViewerProtocolPolicy": "allow-all"},
    }
    made, _, _ = cloudfront_backends[ACCOUNT]["aws"].create_distribution(config, [])
    return made


def make_schedule_group(name: str) -> Any:
    """A group of schedules, which schedules.py fires."""
    return scheduler_backends[ACCOUNT][REGION].create_schedule_group(name, [])


def make_key(where: str, properties: Mapping[str, Any]) -> Any:
    """A key of the kind that the template says: moto's own model knows but one."""
    known = {"Description", "EnableKeyRotation", "KeyPolicy", "KeySpec", "KeyUsage", "PendingWindowInDays"}
    only(where, properties, known)
    key = kms_backends[ACCOUNT][REGION].create_key(
        policy=properties["KeyPolicy"],
        key_usage=properties.get("KeyUsage", "ENCRYPT_DECRYPT"),
        key_spec=properties.get("KeySpec", "SYMMETRIC_DEFAULT"),
        description=properties.get("Description", ""),
        tags=[],
    )
    key.key_rotation_status = properties.get("EnableKeyRotation", False)
    return key


def make_table(where: str, name: str, properties: Mapping[str, Any]) -> Any:
    """A table on demand, with its indexes, its attribute of expiry and its recovery: of these moto's model has two."""
    known = {
        *("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode", "SSESpecification"),
        *("TimeToLiveSpecification", "PointInTimeRecoverySpecification", "DeletionProtectionEnabled"),
    }
    only(where, properties, known)
    if properties.get("BillingMode") != "PAY_PER_REQUEST":
        raise TemplateError(f"{where}: this stack knows tables on demand (PAY_PER_REQUEST) only")
    indexes = properties.get("GlobalSecondaryIndexes", [])
    for index in indexes:
        only(f"{where}, {index['IndexName']}", index, INDEX)
    backend = dynamodb_backends[ACCOUNT][REGION]
    table = backend.create_table(
        name,
        schema=properties["KeySchema"],
        throughput=None,
        attr=properties["AttributeDefinitions"],
        global_indexes=indexes,
        indexes=[],
        streams=None,
        billing_mode="PAY_PER_REQUEST",
        sse_specification=properties.get("SSESpecification"),
        tags=[],
        # All of it goes with this stack anyway: nobody has to ask moto to delete a table.
        deletion_protection_enabled=properties.get("DeletionProtectionEnabled", False),
        warm_throughput=None,
    )
    if "TimeToLiveSpecification" in properties:
        backend.update_time_to_live(name, properties["TimeToLiveSpecification"])
    if "PointInTimeRecoverySpecification" in properties:
        backend.update_continuous_backups(name, properties["PointInTimeRecoverySpecification"])
    return table


def make_topic(where: str, name: str, properties: Mapping[str, Any]) -> Any:
    """A topic. Its subscriptions are resources of their own, which topics.py reads."""
    only(where, properties, {"DisplayName", "KmsMasterKeyId"})
    return sns_backends[ACCOUNT][REGION].create_topic(name)


def make_alarm(where: str, name: str, properties: Mapping[str, Any]) -> Any:
    """An alarm that nobody evaluates: it is as somebody sets it (`aws cloudwatch set-alarm-state`), and `OK` until
    then."""
    only(where, properties, ALARM)
    return cloudwatch_backends[ACCOUNT][REGION].put_metric_alarm(
        name=name,
        namespace=properties.get("Namespace", ""),
        metric_name=properties.get("MetricName", ""),
        comparison_operator=properties["ComparisonOperator"],
        evaluation_periods=properties["EvaluationPeriods"],
        period=properties.get("Period", 60),
        threshold=properties["Threshold"],
        statistic=properties.get("Statistic", ""),
        description=properties["AlarmDescription"],
        dimensions=[],
        alarm_actions=properties["AlarmActions"],
        ok_actions=properties["OKActions"],
        treat_missing_data=properties["TreatMissingData"],
    )


def make_secret(where: str, name: str, properties: Mapping[str, Any]) -> Any:
    """A secret of random characters, another one for each stack; or one without a value, which somebody puts in."""
    only(where, properties, {"Description", "GenerateSecretString"})
    text = _generated(where, properties["GenerateSecretString"]) if "GenerateSecretString" in properties else None
    backend = secretsmanager_backends[ACCOUNT][REGION]
    backend.create_secret(
        name=name,
        secret_string=text,
        secret_binary=None,
        description=properties.get("Description"),
        tags=[],
        kms_key_id=None,
        client_request_token=None,
        replica_regions=[],
        force_overwrite=False,
    )
    return Secret(backend.secrets[name].arn, text)


def _generated(where: str, stated: Mapping[str, Any]) -> str:
    only(f"{where}, GenerateSecretString", stated, {"PasswordLength", "ExcludePunctuation"})
    if not stated.get("ExcludePunctuation"):
        raise TemplateError(f"{where}: this stack makes secrets of letters and digits only (ExcludePunctuation)")
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(int(stated.get("PasswordLength", PASSWORD_LENGTH))))


class Secret:
    """A secret's ARN and what it was made with; nobody has put anything in yet where that is None."""

    def __init__(self, arn: str, text: str | None) -> None:
        self.arn, self.text = arn, text

    def __repr__(self) -> str:
        return f"Secret({self.arn!r})"


def fill_secret(secret: Secret, text: str) -> None:
    """Put a text into a secret, as its present version."""
    secretsmanager_backends[ACCOUNT][REGION].put_secret_value(secret.arn, text, None, None, ["AWSCURRENT"])  # type: ignore[arg-type]  # moto passes on None itself
