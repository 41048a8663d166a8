"""Has checkov and cfn-lint look at template.yaml, as it is written and as CloudFormation gets it (`make audit`).

What they find is put right, or stands in exceptions.toml with the reason why not, by resource. An exception that
nothing is found for any more is a finding as well: nobody has to wonder later whether it still counts.
"""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from infra.local.template import transformed
from infra.template import read_template

ROOT = Path(__file__).resolve().parents[2]
EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
FOLDER = ROOT / ".build/audit"  # what they are shown


class Found(NamedTuple):
    """What one of them says of one resource: its check's id, the resource's logical id (or the section of a template
    that it is about), and in words."""

    check: str
    resource: str
    words: str


class AuditError(Exception):
    """An exception that cannot be read, or a program that has not done its work; the message says which and why."""


def excepted(text: str) -> dict[tuple[str, str], str]:
    """The reasons in a file such as exceptions.toml, by check and resource.

    Raises AuditError for one that names no check, no resource or no reason, twice the same, or every resource at once.
    """
    reasons: dict[tuple[str, str], str] = {}
    for each in tomllib.loads(text).get("exception", []):
        match each:
            case {"check": str() as check, "resources": [_, *_] as names, "reason": str() as reason, **rest}:
                if rest or not check or len(reason.split()) < 4 or not all(str(name).isalnum() for name in names):
                    raise AuditError(f"the exception of {check}: resources by their logical ids, and a reason in words")
            case _:
                raise AuditError(f"an exception says check, resources and reason, and nothing else: {each!r}")
        for name in names:
            if (check, name) in reasons:
                raise AuditError(f"{check} is excepted twice for {name}")
            reasons[check, name] = reason
    return reasons


def complaints(found: Iterable[Found], reasons: Mapping[tuple[str, str], str]) -> list[str]:
    """What is to be put right, sorted: findings without an exception, and exceptions without a finding."""
    by_key = {(one.check, one.resource): one for one in found}
    new = [f"{one.resource}: {one.check} {one.words}" for key, one in by_key.items() if key not in reasons]
    stale = [
        f"{name}: {check} is not found any more; take out its exception" for check, name in reasons.keys() - by_key
    ]
    return sorted(new) + sorted(stale)


def from_checkov(report: Any, files: Iterable[str]) -> Iterator[Found]:
    """What `checkov -o json` says of files. Raises AuditError where it has found nothing to praise in one: then it has
    not looked."""
    results = report.get("results", {})
    seen = {Path(each["file_path"]).name for each in results.get("passed_checks", [])}
    if unseen := set(files) - seen or results["parsing_errors"]:
        raise AuditError(f"checkov has not looked at {', '.join(sorted(unseen))}")
    for each in results["failed_checks"]:
        yield Found(each["check_id"], each["resource"].rpartition(".")[2], each["check_name"])


def from_cfn_lint(report: Any) -> Iterator[Found]:
    """What `cfn-lint --format json` says. `resource` is the logical id, or the name of another section."""
    for each in report:
        path = each["Location"]["Path"] or ["Template"]
        where = path[1] if path[0] == "Resources" and path[1:] else path[0]
        yield Found(each["Rule"]["Id"], str(where), each["Message"])


def shown(template: Mapping[str, Any]) -> str:
    """A template as JSON without the exceptions that it holds itself: they have to stand in exceptions.toml too."""
    copy = json.loads(json.dumps(template))
    for resource in copy["Resources"].values():
        resource.get("Metadata", {}).pop("cfn-lint", None)
        resource.get("Metadata", {}).pop("checkov", None)
    return json.dumps(copy, indent=1)


def main(arguments: list[str]) -> int:
    """`python -m infra.build.audit <the program checkov>`: says what is to be put right; exit code 1 if anything is."""
    if len(arguments) != 1:
        print("usage: python -m infra.build.audit CHECKOV", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    source = read_template()
    templates = {"template": shown(source), "transformed": shown(transformed(source))}
    files = [FOLDER / f"{name}.json" for name in templates]
    for file, text in zip(files, templates.values(), strict=True):
        file.write_text(text)
    # Both at once, and each once for both templates: most of their time is for starting.
    lint = _begin([str(Path(sys.executable).with_name("cfn-lint")), "--format", "json", "--", *map(str, files)])
    checks = ["--framework", "cloudformation", "--skip-download", "--output", "json"]
    checkov = _begin([*arguments, *checks, *(part for file in files for part in ("--file", str(file)))])
    try:
        found = [*from_checkov(_ended(checkov), [file.name for file in files]), *from_cfn_lint(_ended(lint))]
        wrong = complaints(found, excepted(EXCEPTIONS.read_text()))
    except AuditError as error:
        wrong = [str(error)]
    for each in wrong:
        print(each, file=sys.stderr)
    return 1 if wrong else 0


def _begin(command: list[str]) -> subprocess.Popen[str]:
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "LOG_LEVEL": "ERROR"}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)  # noqa: S603  # ours


def _ended(process: subprocess.Popen[str]) -> Any:
    """What it has said. Its exit code says only whether it has found anything."""
    out, err = process.communicate()
    try:
        return json.loads(out)
    except ValueError:
        raise AuditError(f"{process.args!r} has not said what it found: {(err or out).strip()[-2000:]}") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
