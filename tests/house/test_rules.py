"""The rules of docs/architecture.md that no linter knows."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest

from infra.ops.openapi import OPENAPI_PATH, as_yaml, openapi
from infra.ops.schema import SCHEMA_PATH, article_schema
from shared import http
from shared.domain import refusals
from shared.domain.articles import Article
from shared.domain.refusals import Refusal
from tests.samples import SAMPLE, raw_article

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.split(
    "\n"
)
PYTHON = [ROOT / name for name in TRACKED if name.endswith(".py") and (ROOT / name).is_file()]
TEXTS = [
    ROOT / n for n in TRACKED if Path(n).suffix in {".py", ".js", ".md", ".yaml", ".toml", ".txt", ".mk", ""} and n
]


def test_every_refusal_has_a_status_and_a_code_of_its_own() -> None:
    ours = [
        one
        for one in vars(refusals).values()
        if isinstance(one, type) and issubclass(one, Refusal) and one is not Refusal
    ]

    assert set(http.STATUS) == set(ours)
    assert len({one.code for one in ours}) == len(ours)
    assert all(re.fullmatch(r"[a-z_]+", one.code) and one.title for one in ours)


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_opens_with_what_is_in_it(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert not source.strip() or ast.get_docstring(ast.parse(source))


def test_only_the_settings_read_the_environment_of_a_function() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in PYTHON
        if path.is_relative_to(ROOT / "shared") or path.is_relative_to(ROOT / "functions")
        if re.search(r"os\.environ|getenv", path.read_text(encoding="utf-8"))
    ]

    assert readers == ["shared/settings.py"]


def test_no_deployed_code_knows_whether_it_runs_here_or_there() -> None:
    for path in PYTHON:
        if path.is_relative_to(ROOT / "functions") or path.is_relative_to(ROOT / "shared"):
            names = {node.id.lower() for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
            assert not {name for name in names if "local" in name or "moto" in name}, path


def test_no_file_records_where_packages_came_from_or_where_it_was_written() -> None:
    told = re.compile(r"(--index-url|--find-links|files\.pythonhosted|registry\.npmjs|/(home|root|work)/[a-z])")
    for path in TEXTS:
        if path.is_file() and path.parent != Path(__file__).parent:  # these tests name what they look for
            assert not told.search(path.read_text(encoding="utf-8", errors="replace")), path
    assert not [name for name in TRACKED if name.endswith(("uv.lock", "package-lock.json", "poetry.lock"))]


@pytest.mark.parametrize("lock", sorted(ROOT.glob("functions/*/requirements.txt")), ids=lambda path: path.parent.name)
def test_a_function_s_lock_file_has_hashes_and_nothing_slow(lock: Path) -> None:
    names = set(re.findall(r"^([a-z0-9_-]+)==", lock.read_text(), re.MULTILINE))

    assert lock.read_text().count("--hash=sha256:") >= len(names) > 0
    # Stripe's library speaks HTTP by requests, and nobody reads an article through that function.
    assert not names & ({"pydantic", "aws-xray-sdk"} | (set() if "stripe" in names else {"requests"}))
    # Other issuers sign with keys that only cryptography can read, and members alone has to do with them.
    assert "cryptography" not in names or lock.parent.name == "members"
    if lock.parent.name in ("articles", "pages"):  # what readers wait for
        assert not names & {"boto3", "botocore"}


def test_the_schema_on_disk_is_the_one_of_the_types() -> None:
    assert json.loads(SCHEMA_PATH.read_text(encoding="utf-8")) == article_schema(), "make schema"


def test_the_api_s_description_on_disk_is_the_one_of_the_types() -> None:
    assert OPENAPI_PATH.read_text(encoding="utf-8") == as_yaml(openapi()), "make schema"


@pytest.mark.parametrize("path", sorted((SAMPLE / "articles").glob("*.json")), ids=lambda path: path.stem)
def test_the_sample_paper_is_valid_to_an_editor_s_tool_too(path: Path) -> None:
    jsonschema.Draft202012Validator(article_schema()).validate(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("change", [{"slug": "A B"}, {"colour": "red"}, {"body": []}, {"schema": 2}, {"title": ...}])
def test_the_schema_refuses_what_publishing_refuses(change: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(article_schema()).validate(raw_article(**change))


def test_the_words_page_has_every_field_of_an_article() -> None:
    page = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")

    assert not [name for name in Article.__struct_fields__ if f"`{name}`" not in page]


def test_every_command_of_the_makefile_that_the_papers_name_is_there() -> None:
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text() + (ROOT / "build.mk").read_text(), re.MULTILINE)
    )
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")]:
        named = set(re.findall(r"`make ([a-z0-9-]+)", page.read_text(encoding="utf-8")))
        assert named <= targets, (page, named - targets)


def test_links_between_the_papers_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), (page, link)
