"""template.yaml as CloudFormation gets it: transformed by SAM's own translator, with every `!Tag` in its long form."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from infra.local import template
from infra.template import read_template

ROOT = Path(__file__).resolve().parents[2]
Json = dict[str, Any]
# CloudFront's own policy by which nothing is kept.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
NOTHING_KEPT: Json = {
    "MinTTL": 0,
    "DefaultTTL": 0,
    "MaxTTL": 0,
    "ParametersInCacheKeyAndForwardedToOrigin": {
        "EnableAcceptEncodingGzip": False,
        "EnableAcceptEncodingBrotli": False,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    },
}
NAMESPACE = {"Fn::Sub": "Frontline/${AWS::StackName}"}  # of what is counted: each stack has its own
READ_FUNCTIONS = ["Articles", "Pages"]  # behind the cache, each by a URL of its own; logical ids begin like this


class Behaviour(NamedTuple):
    """A cache behaviour with what it points at."""

    pattern: str
    settings: Json
    cache_policy: Json
    origin: Json

    @property
    def reads(self) -> bool:
        """Whether its answers come from a function, and so depend on the tier. Style and script do not."""
        return "CustomOriginConfig" in self.origin and self.pattern != "/assets/*" and not self.is_personal

    @property
    def is_personal(self) -> bool:
        """Whether its answers are for one person, and nobody keeps them."""
        return bool(self.origin["Id"] == "personal")


@cache
def source() -> Json:
    """The template as it is written."""
    return read_template()


@cache
def transformed() -> Json:
    """What SAM makes of it."""
    return template.transformed(source())


def resources(kind: str) -> dict[str, Json]:
    """The transformed template's resources of one type, by logical id."""
    return {name: resource for name, resource in transformed()["Resources"].items() if resource["Type"] == kind}


def properties(logical_id: str) -> Json:
    """The properties of one resource of the transformed template."""
    found: Json = transformed()["Resources"][logical_id]["Properties"]
    return found


def distribution() -> Json:
    """The distribution's configuration."""
    found: Json = properties("Distribution")["DistributionConfig"]
    return found


def behaviours() -> list[Behaviour]:
    """Every cache behaviour, the default one (pattern `*`) too."""
    config = distribution()
    origins = {origin["Id"]: origin for origin in config["Origins"]}
    every = [*config["CacheBehaviors"], {"PathPattern": "*", **config["DefaultCacheBehavior"]}]
    return [
        Behaviour(
            pattern=each["PathPattern"],
            settings=each,
            cache_policy=_cache_policy(each["CachePolicyId"]),
            origin=origins[each["TargetOriginId"]],
        )
        for each in every
    ]


def _cache_policy(stated: str | Json) -> Json:
    if stated == CACHING_DISABLED:
        return NOTHING_KEPT
    assert isinstance(stated, dict)
    found: Json = properties(stated["Ref"])["CachePolicyConfig"]
    return found


def statements(logical_id: str) -> list[Json]:
    """The statements of a bucket policy, key policy or role's inline policies, those that stand apart from it too."""
    found = properties(logical_id)
    if "KeyPolicy" in found:
        documents = [found["KeyPolicy"]]
    elif "PolicyDocument" in found:
        documents = [found["PolicyDocument"]]
    else:
        apart = [one["Properties"] for one in resources("AWS::IAM::Policy").values()]
        theirs = [*found.get("Policies", []), *(one for one in apart if {"Ref": logical_id} in one["Roles"])]
        documents = [policy["PolicyDocument"] for policy in theirs]
    return [statement for document in documents for statement in document["Statement"]]


def content(*folders: str) -> list[dict[str, str]]:
    """Folders of the content bucket, as a statement names them."""
    return [{"Fn::Sub": f"${{ContentBucket.Arn}}/{folder}/*"} for folder in folders]


def arn(logical_id: str) -> dict[str, list[str]]:
    """A resource, as a statement names it."""
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def allowed(name: str) -> dict[str, tuple[object, ...]]:
    """What a function's role allows, by the statements' names, without what each may do: its logs, its traces."""
    assert "ManagedPolicyArns" not in properties(f"{name}Role")
    assert {each["Effect"] for each in statements(f"{name}Role")} == {"Allow"}
    found: dict[str, tuple[object, ...]] = {
        each["Sid"]: (each["Action"], each["Resource"], each.get("Condition")) for each in statements(f"{name}Role")
    }
    assert len(found) == len(statements(f"{name}Role"))
    if name not in ("Schedule", "Deployment"):  # those are no functions
        assert found.pop("WriteOwnLogs") == (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            {"Fn::GetAtt": [f"{name}LogGroup", "Arn"]},
            None,
        )
        assert found.pop("WriteTraces") == (["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*", None)
    return found


def taken_from_queue(name: str) -> Json:
    """How a function takes from its queue, which it does by its alias."""
    [found] = [
        dict(each["Properties"])
        for each in resources("AWS::Lambda::EventSourceMapping").values()
        if each["Properties"]["FunctionName"] == {"Ref": f"{name}FunctionAliaslive"}
    ]
    found.pop("FunctionName")
    return found


def listed(value: object) -> list[Any]:
    """What IAM lets one write as a single value or as a list, as a list."""
    return value if isinstance(value, list) else [value]
