"""`frontline adopt`: what a deleted stack has left goes into a new one, whole, or nothing does."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from infra.ops.adopt import (
    IDENTIFIED_BY,
    CloudFormationStacks,
    Deleted,
    Json,
    Left,
    chosen,
    import_template,
    kept_in,
)
from infra.ops.cli import app
from infra.template import read_template
from shared.domain.refusals import NotAdopted

TEMPLATE = read_template()
KEPT = kept_in(TEMPLATE)
ALL = tuple(Left(name, kind, {IDENTIFIED_BY[kind]: f"paper-{name}"}) for name, kind in sorted(KEPT.items()))


@dataclass
class MemoryStacks:
    """`Stacks` in memory: those of one name; what each deleted one has left."""

    left: dict[Deleted, tuple[Left, ...]] = field(default_factory=dict)
    there: dict[str, tuple[Json, tuple[Left, ...]]] = field(default_factory=dict)

    def stacks(self) -> tuple[str, MemoryStacks]:
        """Stands where `Chosen` does, too."""
        return "paper", self

    def is_there(self, name: str) -> bool:
        return name in self.there

    def deleted(self, name: str) -> Iterator[Deleted]:
        yield from self.left

    def left_by(self, stack_id: str) -> Iterator[tuple[str, str, str]]:
        for stack, left in self.left.items():
            if stack.stack_id == stack_id:
                yield from ((one.logical_resource_id, one.resource_type, one.name) for one in left)

    def take_in(self, name: str, template: Json, left: Collection[Left]) -> None:
        self.there[name] = (template, tuple(left))


@pytest.fixture
def stacks() -> MemoryStacks:
    return MemoryStacks({Deleted("arn:paper/1", 10.0): ALL})


def adopt(stacks: MemoryStacks, *arguments: str, typed: str | None = None) -> Result:
    meant: Any = stacks
    return CliRunner().invoke(app, ["adopt", *arguments], obj=meant, input=typed)


def test_all_that_was_left_is_taken_in_and_nothing_else_is_made(stacks: MemoryStacks) -> None:
    ended = adopt(stacks, "--yes")

    assert ended.exit_code == 0, ended.output
    template, left = stacks.there["paper"]
    assert left == ALL
    assert template["Resources"].keys() == KEPT.keys()
    assert "sam deploy" in ended.stderr


def test_an_import_says_of_each_what_the_template_says_and_adds_no_output() -> None:
    """CloudFormation refuses an import with outputs, with a transform, or of what would be deleted with its stack."""
    made = import_template(TEMPLATE, ALL)

    assert made.keys() == {"AWSTemplateFormatVersion", "Description", "Parameters", "Resources"}
    assert all(one == TEMPLATE["Resources"][name] for name, one in made["Resources"].items())
    assert {one["DeletionPolicy"] for one in made["Resources"].values()} == {"Retain"}
    assert made["Parameters"] == {"NoncurrentVersionDays": TEMPLATE["Parameters"]["NoncurrentVersionDays"]}
    assert all("Default" in one for one in made["Parameters"].values())
    assert len(json.dumps(made)) < 51_200  # as much as is sent without a bucket


def test_nothing_is_done_before_somebody_says_yes(stacks: MemoryStacks) -> None:
    assert adopt(stacks, typed="n\n").exit_code == 1
    assert adopt(stacks, typed="").exit_code == 1
    assert stacks.there == {}
    assert adopt(stacks, typed="y\n").exit_code == 0
    assert "paper" in stacks.there


def test_a_stack_that_is_there_is_left_alone(stacks: MemoryStacks) -> None:
    stacks.there["paper"] = ({}, ())

    ended = adopt(stacks, "--yes")

    assert (ended.exit_code, "is there" in ended.stderr) == (1, True)
    assert stacks.there["paper"] == ({}, ())


def test_of_several_the_last_that_has_left_something_is_meant_or_the_one_that_is_named() -> None:
    older = tuple(replace(one, resource_identifier=dict.fromkeys(one.resource_identifier, "old")) for one in ALL)
    known = {Deleted("arn:1", 1.0): older, Deleted("arn:2", 2.0): ALL, Deleted("arn:3", 3.0): ()}
    last, named = MemoryStacks(dict(known)), MemoryStacks(dict(known))

    assert adopt(last, "--yes").exit_code == 0
    assert last.there["paper"][1] == ALL
    assert adopt(named, "--yes", "--deleted", "arn:1").exit_code == 0
    assert named.there["paper"][1] == older
    assert adopt(MemoryStacks(dict(known)), "--yes", "--deleted", "arn:3").exit_code == 1


def test_what_is_missing_is_made_anew_only_if_somebody_says_so() -> None:
    fewer = tuple(one for one in ALL if one.logical_resource_id != "LedgerTable")
    stacks = MemoryStacks({Deleted("arn:1", 1.0): fewer})

    refused = adopt(stacks, "--yes")
    assert (refused.exit_code, "--without LedgerTable" in refused.stderr, stacks.there) == (1, True, {})
    assert adopt(stacks, "--yes", "--without", "LedgerTable").exit_code == 0
    assert "LedgerTable" not in stacks.there["paper"][0]["Resources"]


def test_what_another_needs_cannot_be_left_out() -> None:
    with pytest.raises(NotAdopted, match="KeyringKey"):
        import_template(TEMPLATE, [one for one in ALL if one.logical_resource_id != "KeyringKey"])


def test_what_was_written_down_is_taken_in_again(stacks: MemoryStacks, tmp_path: Path) -> None:
    """As after 90 days, when CloudFormation has forgotten the stack."""
    folder = tmp_path / "adopted"
    assert adopt(stacks, "--to", str(folder)).exit_code == 0
    assert stacks.there == {}

    later = MemoryStacks()
    assert adopt(later, "--yes").exit_code == 1
    assert adopt(later, "--yes", "--from", str(folder / "resources.json")).exit_code == 0
    assert later.there["paper"] == (json.loads((folder / "template.json").read_text()), ALL)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"LogicalResourceId": "Distribution"}, "keeps no Distribution"),
        ({"ResourceType": "AWS::S3::Bucket"}, "is a AWS::DynamoDB::Table"),
        ({"ResourceIdentifier": {"Arn": "x"}}, "found by its TableName"),
        ({"ResourceIdentifier": {"TableName": ""}}, "found by its TableName"),
        ({"ResourceIdentifier": {}}, "found by its TableName"),
        ({"ResourceIdentifier": {"TableName": 3}}, "does not say"),
        ({"LogicalResourceId": None}, "does not say"),
    ],
)
def test_a_file_that_says_something_else_is_refused(
    stacks: MemoryStacks, tmp_path: Path, change: Json, words: str
) -> None:
    table: Json = {
        "LogicalResourceId": "LedgerTable",
        "ResourceType": "AWS::DynamoDB::Table",
        "ResourceIdentifier": {"TableName": "x"},
    }
    file = tmp_path / "resources.json"
    file.write_text(json.dumps([{**table, **change}]))

    ended = adopt(stacks, "--yes", "--from", str(file))

    assert (ended.exit_code, words in ended.stderr, stacks.there) == (1, True, {}), ended.stderr


@pytest.mark.parametrize("text", ["", "{", "{}", "[3]", "\xff"])
def test_a_file_that_cannot_be_read_is_refused(stacks: MemoryStacks, tmp_path: Path, text: str) -> None:
    file = tmp_path / "resources.json"
    file.write_bytes(text.encode("latin-1"))

    ended = adopt(stacks, "--yes", "--from", str(file))

    assert (ended.exit_code, "not_adopted" in ended.stderr, stacks.there) == (1, True, {}), ended.output


def test_a_file_that_is_not_there_and_a_name_that_means_nothing_are_refused(stacks: MemoryStacks) -> None:
    assert "cannot be read" in adopt(stacks, "--from", "no-such-file.json").stderr
    assert "keeps no Ledger." in adopt(stacks, "--without", "Ledger").stderr
    assert adopt(stacks, "--to", "/dev/null/folder").exit_code == 1
    assert stacks.there == {}


def test_one_that_is_named_twice_is_refused() -> None:
    with pytest.raises(NotAdopted, match="twice"):
        chosen(TEMPLATE, (*ALL, ALL[0]), ())


def test_the_stack_on_this_machine_keeps_nothing() -> None:
    for arguments in (["--local", "adopt"], ["adopt"]):
        ended = CliRunner().invoke(app, arguments, env={"FRONTLINE_STACK": ""})
        assert (ended.exit_code, "--stack NAME" in ended.stderr) == (2, True)


def test_cloudformation_is_asked_what_is_there_and_what_was_deleted(client: Any) -> None:
    """On moto, which imports nothing: what an import is answered is for an emulator that does, and for AWS."""
    cloud = client("cloudformation")
    stacks = CloudFormationStacks(cloud)
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})

    assert stacks.is_there("adopt-me") is False
    cloud.create_stack(StackName="adopt-me", TemplateBody=template)
    assert stacks.is_there("adopt-me") is True
    assert list(stacks.deleted("adopt-me")) == []
    cloud.delete_stack(StackName="adopt-me")
    assert stacks.is_there("adopt-me") is False
    [one] = stacks.deleted("adopt-me")
    assert ":stack/adopt-me/" in one.stack_id
    assert list(stacks.left_by(one.stack_id)) == []
