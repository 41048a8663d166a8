"""`frontline trust`: what it takes, what it writes, and what it says of issuers that it asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.ops.cli import app
from infra.ops.trust import Report, as_json, look_around, read_trust, set_trust
from shared.adapters.http_issuer_keys import HttpIssuerKeys
from shared.domain.refusals import DocumentChanged, UnusableTrust
from shared.domain.trust import TRUST_KEY, Audience, Trust
from shared.domain.trust_checks import parse_trust
from tests.issuers import an_issuer, jwk, key_set, private_key
from tests.misbehaving import misbehaving, says
from tests.ops.twin_stack import TwinStack
from tests.twins import MemoryDocuments

TRUST = Trust(issuers=(an_issuer(), an_issuer("https://other.example")), audiences=(Audience("forum"),))


def run(stack: Any, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["trust", *arguments], obj=stack)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "trust.json").write_bytes(as_json(TRUST))
    return tmp_path / "trust.json"


def test_what_is_set_is_shown_and_can_be_set_again(file: Path) -> None:
    stack = TwinStack()

    assert run(stack, "set", str(file)).exit_code == 0
    shown = run(stack, "show")

    assert parse_trust(shown.stdout.encode()) == TRUST == read_trust(stack.trust_documents())
    assert "says so already" in run(stack, "set", str(file)).output


def test_where_nothing_was_set_nobody_is_trusted_and_what_is_shown_can_be_set() -> None:
    shown = run(TwinStack(), "show")

    assert shown.exit_code == 0
    assert "Nobody" in shown.stderr
    assert parse_trust(shown.stdout.encode()) == Trust()


def test_nothing_is_written_of_a_file_with_faults_and_each_is_told(tmp_path: Path) -> None:
    stack, bad = TwinStack(), tmp_path / "bad.json"
    bad.write_text('{"issuers":[{"issuer":"http://id.example","typ":[]}],"colour":1}')

    for command in ("set", "check"):
        done = run(stack, command, str(bad))
        assert done.exit_code == 1
        assert all(
            words in done.output for words in ("issuers[0].issuer", "issuers[0].typ", "issuers[0].tiers", "colour")
        )
    assert read_trust(stack.trust_documents()) is None


def test_whoever_is_left_out_is_named(file: Path, tmp_path: Path) -> None:
    stack = TwinStack()
    run(stack, "set", str(file))
    (tmp_path / "less.json").write_bytes(as_json(Trust(issuers=(an_issuer(),))))

    done = run(stack, "set", str(tmp_path / "less.json"))

    assert "not trusted any more: https://other.example" in done.output
    assert "https://id.example" not in done.output


def test_what_lies_there_and_is_none_is_told_and_can_be_replaced(file: Path) -> None:
    stack = TwinStack()
    stack.trust_documents().write(TRUST_KEY, b"{", None)

    assert (run(stack, "show").exit_code, "unusable_trust" in run(stack, "show").output) == (1, True)
    with pytest.raises(UnusableTrust):
        read_trust(stack.trust_documents())
    assert run(stack, "set", str(file)).exit_code == 0
    assert read_trust(stack.trust_documents()) == TRUST


def test_of_two_who_set_it_at_once_one_is_refused() -> None:
    class Raced(MemoryDocuments):
        def before(self, step: str, key: str) -> None:
            if step == "write":
                self.raw[key] = b"{}"

    with pytest.raises(DocumentChanged):
        set_trust(Raced(), TRUST)


def test_a_file_that_is_not_there_is_mistyped(tmp_path: Path) -> None:
    assert run(TwinStack(), "set", str(tmp_path / "none.json")).exit_code == 2
    assert run(TwinStack(), "check", str(tmp_path)).exit_code == 2


def test_each_issuer_is_asked_and_what_was_found_is_told() -> None:
    published = key_set(jwk(private_key("ES256"), "k-1"), jwk(private_key("RS256"), "r"))
    with misbehaving(says(published)) as good, misbehaving(says(b"", "503 No")) as bad:
        both = Trust(issuers=tuple(an_issuer(one.url, jwks_url=f"{one.url}/k") for one in (good, bad)))
        reports = list(look_around(both, HttpIssuerKeys(schemes=("http",))))

    assert reports == [
        Report(good.url, ("k-1",), ("key 1: is not for ES256 signatures",)),
        Report(bad.url, failure="it answers 503"),
    ]


def test_an_issuer_that_does_not_answer_is_exit_code_1_and_needs_no_stack(tmp_path: Path) -> None:
    with misbehaving(says(b"")) as gone:
        pass
    here = an_issuer("https://id.example", jwks_url=gone.url.replace("http:", "https:") + "/k")
    (tmp_path / "trust.json").write_bytes(as_json(Trust(issuers=(here,))))

    done = CliRunner().invoke(app, ["trust", "check", str(tmp_path / "trust.json")])

    assert done.exit_code == 1
    assert "https://id.example: nothing of it is believed: it cannot be reached" in done.output


def test_an_id_that_would_steer_a_terminal_is_shown_without(tmp_path: Path) -> None:
    raw = json.loads(as_json(TRUST))
    raw["\x1b[31mred"] = 1
    (tmp_path / "trust.json").write_text(json.dumps(raw))

    done = run(TwinStack(), "check", str(tmp_path / "trust.json"))

    assert "[31mred" in done.output
    assert "\x1b" not in done.output
