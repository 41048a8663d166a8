"""What `make audit` takes for wrong. The audit itself runs with `make build`."""

import pytest

from infra.build.audit import EXCEPTIONS, AuditError, Found, complaints, excepted, from_cfn_lint, from_checkov, shown
from tests.house.templates import source

REASON = "a reason that one can read"
ONE = Found("CKV_1", "ContentBucket", "is too round")


def _written(resources: str = '["ContentBucket"]', reason: str = REASON, more: str = "") -> str:
    return f'[[exception]]\ncheck = "CKV_1"\nresources = {resources}\nreason = "{reason}"\n{more}'


def test_what_is_found_is_told_unless_it_is_excepted_for_this_resource_and_this_check() -> None:
    told = ["ContentBucket: CKV_1 is too round"]
    assert complaints([ONE, ONE], {}) == told
    assert complaints([ONE], {("CKV_1", "ContentBucket"): REASON}) == []
    for other in (("CKV_2", "ContentBucket"), ("CKV_1", "MediaBucket")):
        assert told[0] in complaints([ONE], {other: REASON})


def test_an_exception_that_nothing_is_found_for_is_told() -> None:
    [told] = complaints([ONE], {("CKV_1", "ContentBucket"): REASON, ("CKV_1", "GoneBucket"): REASON})
    assert told == "GoneBucket: CKV_1 is not found any more; take out its exception"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(_written('["*"]'), id="for everything"),
        pytest.param(_written("[]"), id="for nothing"),
        pytest.param(_written(reason=""), id="without a reason"),
        pytest.param(_written(reason="not now"), id="with hardly a reason"),
        pytest.param(_written(more="until = 2030"), id="with what nobody reads"),
        pytest.param(_written() + _written(), id="twice"),
        pytest.param(_written().replace('check = "CKV_1"', ""), id="of no check"),
    ],
)
def test_an_exception_names_check_and_resources_and_says_why(text: str) -> None:
    with pytest.raises(AuditError):
        excepted(text)


def test_exceptions_can_be_read_and_are_of_resources_that_are_there() -> None:
    assert {resource for _, resource in excepted(EXCEPTIONS.read_text())} <= set(source()["Resources"])
    assert excepted(_written()) == {("CKV_1", "ContentBucket"): REASON}


def test_silence_about_a_file_is_not_taken_for_praise() -> None:
    praise = {"file_path": "/.build/audit/template.json"}
    blame = {"check_id": "CKV_1", "resource": "AWS::S3::Bucket.ContentBucket", "check_name": "is too round"}
    report = {"results": {"passed_checks": [praise], "failed_checks": [blame], "parsing_errors": []}}
    assert list(from_checkov(report, ["template.json"])) == [ONE]
    for wrong, files in (
        (report, ["template.json", "transformed.json"]),
        ({"results": {**report["results"], "parsing_errors": ["template.json"]}}, ["template.json"]),
        ({"passed": 0, "failed": 0}, ["template.json"]),
    ):
        with pytest.raises(AuditError):
            list(from_checkov(wrong, files))


def test_a_finding_of_cfn_lint_is_of_a_resource_or_of_a_section() -> None:
    def said(*path: str) -> Found:
        [found] = from_cfn_lint([{"Rule": {"Id": "W1"}, "Message": "is odd", "Location": {"Path": list(path)}}])
        return found

    assert said("Resources", "ContentBucket", "Properties") == Found("W1", "ContentBucket", "is odd")
    assert said("Parameters", "DomainName").resource == "Parameters"
    assert said().resource == "Template"


def test_what_they_are_shown_excepts_nothing_by_itself() -> None:
    assert "cfn-lint" in source()["Resources"]["Distribution"]["Metadata"]
    assert "cfn-lint" not in shown(source())
