"""A deleted stack's data into a new stack: what it has left behind, the template that takes it in, and the import.

CloudFormation imports what it is told by name, into a stack of nothing else; `sam deploy` makes the rest around it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from botocore.exceptions import ClientError, WaiterError
from msgspec import Struct

from shared.domain.decoding import UNREADABLE
from shared.domain.refusals import NotAdopted

Json = dict[str, Any]
# By what CloudFormation finds one (the primary identifier of its schema); the value is what it calls its physical id.
IDENTIFIED_BY: Final[Mapping[str, str]] = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::KMS::Key": "KeyId",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SecretsManager::Secret": "Id",
}
KEPT: Final = "DELETE_SKIPPED"  # what CloudFormation says of a resource that it leaves behind
_named = re.compile(r"\$\{([A-Za-z0-9]+)[.}]")


class Left(Struct, frozen=True, rename="pascal"):
    """A resource that a stack has left behind, as CreateChangeSet takes it."""

    logical_resource_id: str
    resource_type: str
    resource_identifier: dict[str, str]

    @property
    def name(self) -> str:
        return next(iter(self.resource_identifier.values()))


class Deleted(Struct, frozen=True):
    """A stack that was deleted; `at` in seconds, of its making where CloudFormation does not say of its deletion."""

    stack_id: str
    at: float


class Stacks(Protocol):
    """CloudFormation's stacks of one account and region."""

    def is_there(self, name: str) -> bool:
        """Whether there is a stack of that name."""

    def deleted(self, name: str) -> Iterator[Deleted]:
        """The stacks of that name that were deleted within 90 days; CloudFormation forgets them then."""

    def left_by(self, stack_id: str) -> Iterator[tuple[str, str, str]]:
        """Logical id, type and physical id of what was kept when that stack was deleted."""

    def take_in(self, name: str, template: Json, left: Collection[Left]) -> None:
        """Make a stack of that name of the template, of resources that are there already. Returns when it is made.
        Raises NotAdopted."""


# What is taken in -----------------------------------------------------------------------------------------------------


def kept_in(template: Json) -> dict[str, str]:
    """What the template keeps when its stack is deleted: the type of each, by logical id."""
    return {
        name: one["Type"]
        for name, one in template["Resources"].items()
        if one.get("DeletionPolicy", "Delete") == "Retain"
    }


def last_left(stacks: Stacks, name: str, stack_id: str | None) -> tuple[Deleted, tuple[Left, ...]]:
    """The stack of that name that was deleted last and has left something, or the one that is named; and what it left.
    Raises NotAdopted."""
    known = sorted(stacks.deleted(name), key=lambda one: -one.at)
    for one in known:
        if stack_id in (None, one.stack_id):
            found = tuple(
                Left(logical, kind, {IDENTIFIED_BY[kind]: physical})
                for logical, kind, physical in stacks.left_by(one.stack_id)
                if kind in IDENTIFIED_BY
            )
            if found:
                return one, found
    raise NotAdopted(
        f"CloudFormation knows of no stack “{stack_id or name}” that was deleted within 90 days and has left anything "
        "behind. Say what there is by --from FILE: docs/operations.md shows how."
    )


def read_left(path: Path) -> tuple[Left, ...]:
    """What a file says is there, in the words of `--resources-to-import`. Raises NotAdopted."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Left, ...])
    except OSError as error:
        raise NotAdopted(f"{path} cannot be read: {error.strerror or error}.") from error
    except UNREADABLE as error:
        raise NotAdopted(f"{path} does not say what is to be taken in: {error}.") from error


def chosen(template: Json, left: Collection[Left], without: Collection[str]) -> tuple[Left, ...]:
    """What of that the template can take in: all that it keeps, but for what somebody wants to be without.

    Raises NotAdopted where something is missing, or is none of the template's: a new, empty one would stand in its
    place, and nobody would have said so.
    """
    kept = kept_in(template)
    if strange := sorted(set(without) - kept.keys()):
        raise NotAdopted(f"The template keeps no {', '.join(strange)}. It keeps {', '.join(sorted(kept))}.")
    by_id = {one.logical_resource_id: one for one in left}
    if len(by_id) != len(left):
        raise NotAdopted("One of them is named twice.")
    for one in left:
        kind = kept.get(one.logical_resource_id)
        if kind is None:
            raise NotAdopted(f"The template keeps no {one.logical_resource_id}. Take it out of the file.")
        if one.resource_type != kind or list(one.resource_identifier) != [IDENTIFIED_BY[kind]] or not one.name:
            raise NotAdopted(f"{one.logical_resource_id} is a {kind}, and is found by its {IDENTIFIED_BY[kind]}.")
    if missing := sorted(kept.keys() - by_id.keys() - set(without)):
        raise NotAdopted(
            f"Nothing is known of {', '.join(missing)}. If it shall be made anew, empty, say so: "
            f"{' '.join(f'--without {name}' for name in missing)}."
        )
    return tuple(by_id[name] for name in sorted(by_id.keys() - set(without)))


def import_template(template: Json, left: Collection[Left]) -> Json:
    """A template of these resources alone, each as `template` has it. Raises NotAdopted where one needs another that is
    not among them.

    Without outputs, which an import may not add; with the parameters that these name, as they are where nobody says.
    """
    resources = {one.logical_resource_id: template["Resources"][one.logical_resource_id] for one in left}
    named = {name for one in resources.values() for name in _names(one.get("Properties", {}))}
    if lacking := sorted(name for name in named & template["Resources"].keys() if name not in resources):
        raise NotAdopted(f"What is to be taken in needs {', '.join(lacking)}, too.")
    parameters = {name: one for name, one in template["Parameters"].items() if name in named}
    return {
        "AWSTemplateFormatVersion": template["AWSTemplateFormatVersion"],
        "Description": template["Description"],
        **({"Parameters": parameters} if parameters else {}),
        "Resources": resources,
    }


def _names(tree: Any) -> Iterator[str]:
    """Every resource and parameter that a part of the template names."""
    match tree:
        case {"Ref": str() as name} | {"Fn::GetAtt": [str() as name, _]}:
            yield name
        case {"Fn::GetAtt": str() as text}:
            yield text.partition(".")[0]
        case {"Fn::Sub": str() as text}:
            yield from _named.findall(text)
        case dict():
            yield from (name for one in tree.values() for name in _names(one))
        case list():
            yield from (name for one in tree for name in _names(one))


# CloudFormation -------------------------------------------------------------------------------------------------------


class CloudFormationStacks:
    """`Stacks` by boto3's client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def is_there(self, name: str) -> bool:
        try:
            found = self._client.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":  # its word for what does not exist
                return False
            raise
        return bool(found["StackStatus"] != "REVIEW_IN_PROGRESS")  # only tried, so far

    def deleted(self, name: str) -> Iterator[Deleted]:
        pages = self._client.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
        for page in pages:
            for one in page["StackSummaries"]:
                if one["StackName"] == name:
                    yield Deleted(one["StackId"], one.get("DeletionTime", one["CreationTime"]).timestamp())

    def left_by(self, stack_id: str) -> Iterator[tuple[str, str, str]]:
        seen = set()  # of one that was replaced before, too, the last word counts; events come newest first
        for page in self._client.get_paginator("describe_stack_events").paginate(StackName=stack_id):
            for one in page["StackEvents"]:
                if one["ResourceStatus"] == KEPT and one["LogicalResourceId"] not in seen:
                    seen.add(one["LogicalResourceId"])
                    yield one["LogicalResourceId"], one["ResourceType"], one["PhysicalResourceId"]

    def take_in(self, name: str, template: Json, left: Collection[Left]) -> None:
        change = f"adopt-{int(time.time())}"
        self._client.create_change_set(
            StackName=name,
            ChangeSetName=change,
            ChangeSetType="IMPORT",
            TemplateBody=json.dumps(template),
            ResourcesToImport=[msgspec.to_builtins(one) for one in left],
        )
        of = {"StackName": name, "ChangeSetName": change}
        try:
            self._client.get_waiter("change_set_create_complete").wait(**of, WaiterConfig={"Delay": 5})
        except WaiterError as error:
            reason = self._client.describe_change_set(**of).get("StatusReason", "it does not say why")
            raise NotAdopted(f"CloudFormation does not take it in: {reason}") from error
        found = self._client.describe_change_set(**of)
        if found["ExecutionStatus"] != "AVAILABLE":
            raise NotAdopted(f"CloudFormation does not take it in: {found.get('StatusReason')}")
        self._client.execute_change_set(**of)
        try:
            self._client.get_waiter("stack_import_complete").wait(StackName=name, WaiterConfig={"Delay": 5})
        except WaiterError as error:
            raise NotAdopted(f"Taking it in did not succeed: {self._why(name)}") from error

    def _why(self, name: str) -> str:
        """The first reason that the stack's events give."""
        events = self._client.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [one["ResourceStatusReason"] for one in events if "FAILED" in one["ResourceStatus"]]
        return reasons[-1] if reasons else "its events say why"
