"""How `make e2e` judges policies: what it calls without use, and what it takes away."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.template import TEMPLATE
from tests.e2e.deployed import Failed, template
from tests.e2e.policies import Decision, Statement, on_list, unneeded

IDS = {"ARole": "stack-ARole-1", "AKey": "key-1"}
TABLE = "arn:table/a"


def statement(sid: str, *actions: str, keys: tuple[tuple[str, str], ...] = ()) -> Statement:
    return Statement("ARole", sid, actions, (TABLE,), keys)


def asked(action: str, *sids: str, **keys: Any) -> Decision:
    return Decision("stack-ARole-1", True, action, TABLE, keys, tuple((sid, TABLE) for sid in sids))


def test_a_statement_that_alone_allows_each_of_its_actions_is_needed() -> None:
    held = [statement("Read", "db:Get", "db:Query")]
    assert unneeded(held, [asked("db:Get", "Read"), asked("db:Query", "Read")], IDS) == []


def test_an_action_that_nobody_asks_for_is_without_use() -> None:
    held = [statement("Read", "db:Get", "db:Query")]
    assert unneeded(held, [asked("db:Get", "Read")], IDS) == ["ARole/Read: db:Query"]


def test_of_two_statements_that_allow_the_same_neither_is_needed() -> None:
    held = [statement("Read", "db:Get"), statement("Keep", "db:Get")]
    assert unneeded(held, [asked("db:Get", "Read", "Keep")], IDS) == ["ARole/Read: db:Get", "ARole/Keep: db:Get"]


def test_a_condition_s_pattern_that_no_request_fits_is_without_use() -> None:
    held = [statement("Read", "db:Get", keys=(("db:LeadingKeys", "order#*"), ("db:LeadingKeys", "payer#*")))]
    found = unneeded(held, [asked("db:Get", "Read", **{"db:leadingkeys": ["order#1"]})], IDS)
    assert found == ["ARole/Read: db:LeadingKeys=payer#*"]


def test_what_another_role_or_another_key_asks_for_is_no_use_to_this_one() -> None:
    other = Decision("stack-BRole-1", True, "db:Get", TABLE, {}, (("Read", TABLE),))
    of_key = Decision("stack-ARole-1", False, "kms:Sign", "arn:key/key-2", {}, (("IamDecides", "*"),))
    held = [statement("Read", "db:Get"), Statement("AKey", "IamDecides", ("kms:*",), ("*",), ())]
    assert unneeded(held, [other, of_key], IDS) == ["ARole/Read: db:Get", "AKey/IamDecides: kms:*"]


def test_only_what_has_a_reason_stays() -> None:
    assert on_list("DeploymentRole/MoveAliases: lambda:GetAlias") is not None
    assert on_list("ArticlesRole/ReadKeyring: s3:GetObject") is None


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder with the template, as if it had been built."""
    (tmp_path / "template.yaml").write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def statements_of(path: Path, role: str) -> dict[str, Any]:
    document = json.loads(path.read_text(encoding="utf-8"))["Resources"][role]["Properties"]["Policies"][0]
    return {one["Sid"]: one for one in document["PolicyDocument"]["Statement"]}


def test_one_action_is_taken_away_and_nothing_else(built: Path) -> None:
    whole = statements_of(template("ReconcileRole/OrderMails", built), "PublishingRole")
    less = statements_of(template("PublishingRole/ReadAndDeleteWaitingMedia/s3:DeleteObject", built), "PublishingRole")
    assert whole.pop("ReadAndDeleteWaitingMedia")["Action"] == ["s3:GetObject", "s3:DeleteObject"]
    assert less.pop("ReadAndDeleteWaitingMedia")["Action"] == ["s3:GetObject"]
    assert less == whole


def test_one_statement_is_taken_away(built: Path) -> None:
    left = statements_of(template("ReconcileRole/OrderMails", built), "ReconcileRole")
    assert "OrderMails" not in left
    assert "KeepLedger" in left


@pytest.mark.parametrize("nothing", ["ArticlesRole/NoSid", "ArticlesRole", "ArticlesRole/ReadKeyring/s3:No"])
def test_what_is_not_there_cannot_be_taken_away(built: Path, nothing: str) -> None:
    with pytest.raises(Failed):
        template(nothing, built)


def test_without_a_wish_the_template_is_deployed_as_it_is(built: Path) -> None:
    assert template(None, built) == built / "template.yaml"
