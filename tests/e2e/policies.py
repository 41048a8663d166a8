"""Whether the deployed policies are what the walk needed: nothing was refused, and each part of each statement alone
allowed something, so that without it something would have been refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from tests.e2e.deployed import Deployed

Json = dict[str, Any]

# What the walk cannot show to be needed, and why it stays.
STAYS: Final[Mapping[str, str]] = {
    "DeploymentRole/*": "CodeDeploy, which moves aliases as this role, has no part in a stack's first deployment",
}


@dataclass(frozen=True)
class Refused:
    """Something was asked for in vain."""

    who: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.who} may not {self.action} on {self.resource}"


@dataclass(frozen=True)
class Decision:
    """A request, and which statements of one policy allow it: their names with the resource pattern that fits."""

    who: str
    is_role: bool
    action: str
    resource: str
    keys: Mapping[str, Any]  # the request's condition keys, in lower case
    allowing: tuple[tuple[str, str], ...]

    @property
    def alone(self) -> str | None:
        """The statement that alone allows it; None where there are several or none."""
        names = {sid for sid, _ in self.allowing}
        return names.pop() if len(names) == 1 else None


def read(path: Path) -> Iterator[Refused | Decision]:
    """What emulator.py has written down."""
    for line in path.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        if "denied" in one:
            yield Refused(one["who"], one["action"], one["resource"])
        else:
            allowing = tuple((sid, pattern) for sid, pattern in one["allowing"])
            is_role = one["policy"] == "role"
            yield Decision(one["who"], is_role, one["action"], one["resource"], one["keys"], allowing)


@dataclass(frozen=True)
class Statement:
    """A deployed statement that allows something. `policy` is the logical id of whose it is; `conditions` are pairs of
    a condition key and a pattern that it may have."""

    policy: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...]

    def without_use(self, alone: Sequence[Decision]) -> Iterator[str]:
        """Its actions, resources and conditions' patterns that were of no use in the decisions that it `alone` made."""
        for action in self.actions:
            if not any(fnmatchcase(one.action.lower(), action.lower()) for one in alone):
                yield action
        for resource in self.resources if alone else ():
            if not any((self.sid, resource) in one.allowing for one in alone):
                yield resource
        for key, pattern in self.conditions if alone else ():
            if not any(
                fnmatchcase(value, pattern) for one in alone for value in _several(one.keys.get(key.lower(), ()))
            ):
                yield f"{key}={pattern}"


def statements(stack: Deployed) -> list[Statement]:
    """Every statement that allows something, as deployed."""
    return [
        Statement(policy, one["Sid"], _several(one["Action"]), _several(one["Resource"]), tuple(_conditions(one)))
        for policy, document in _documents(stack)
        for one in document["Statement"]
        if one["Effect"] == "Allow"
    ]


def _conditions(statement: Json) -> Iterator[tuple[str, str]]:
    for wanted in statement.get("Condition", {}).values():
        for key, patterns in wanted.items():
            for pattern in _several(patterns):
                yield key, pattern


def _documents(stack: Deployed) -> Iterator[tuple[str, Json]]:
    iam, s3, sqs, sns = (stack.client(name) for name in ("iam", "s3", "sqs", "sns"))
    functions, kms = stack.client("lambda"), stack.client("kms")
    for name, (kind, id) in stack.resources.items():
        match kind:
            case "AWS::IAM::Role":
                for policy in iam.list_role_policies(RoleName=id)["PolicyNames"]:
                    yield name, iam.get_role_policy(RoleName=id, PolicyName=policy)["PolicyDocument"]
            case "AWS::S3::Bucket":
                yield name, json.loads(s3.get_bucket_policy(Bucket=id)["Policy"])
            case "AWS::SQS::Queue":
                asked = sqs.get_queue_attributes(QueueUrl=id, AttributeNames=["Policy"])
                yield name, json.loads(asked["Attributes"]["Policy"])
            case "AWS::SNS::Topic":
                yield name, json.loads(sns.get_topic_attributes(TopicArn=id)["Attributes"]["Policy"])
            case "AWS::KMS::Key":
                yield name, json.loads(kms.get_key_policy(KeyId=id, PolicyName="default")["Policy"])
            case "AWS::Lambda::Function":
                try:
                    found = functions.get_policy(FunctionName=id, Qualifier="live")["Policy"]
                except functions.exceptions.ResourceNotFoundException:
                    continue
                yield name, json.loads(found)


def _several(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def unneeded(deployed: Sequence[Statement], decisions: Sequence[Decision], ids: Mapping[str, str]) -> list[str]:
    """What the walk has had no need of, as `policy/statement: part`. `ids`: physical ids by logical ones."""
    found = []
    for one in deployed:
        alone = [each for each in decisions if each.alone == one.sid and _is_of(each, one, ids)]
        found += [f"{one.policy}/{one.sid}: {part}" for part in one.without_use(alone)]
    return found


def _is_of(decision: Decision, one: Statement, ids: Mapping[str, str]) -> bool:
    if decision.is_role:
        return decision.who == ids[one.policy]
    if one.resources == ("*",):  # a key's own policy
        return decision.resource.rpartition("/")[2] == ids[one.policy]
    return any(pattern in one.resources for _, pattern in decision.allowing)


def on_list(part: str) -> str | None:
    """By which of STAYS something without use stays; None where it has no business to."""
    return next((which for which in STAYS if fnmatchcase(part, which)), None)
