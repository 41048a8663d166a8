"""What template.yaml comes to when it is deployed one way or another: transformed, conditions decided, names filled in.

The other files of this folder say of each resource what it is. Here stands what holds for all there are, also for those
that somebody will add: who is let in from outside, what a role may do, what is kept and what is said to viewers.
Numbers R… are the lines of docs/security.md.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest

from infra.local.template import ACCOUNT, REGION, Template, load
from infra.template import TEMPLATE
from tests.house.templates import Json, listed

CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/0a1b2c3d"
GIVEN: dict[str, dict[str, str]] = {
    "a domain": {"DomainName": "paper.example", "CertificateArn": CERTIFICATE},
    "mail": {"MailFrom": "post@paper.example"},
    "a firewall": {"Waf": "on"},
    "snapstart": {"SnapStart": "on"},
    "no traces": {"Traces": "off"},
    "live money": {"StripeMode": "live"},
    "an event bus": {"StripeEventBus": "aws.partner/stripe.com/ed_1"},
    "alarms by mail": {"AlarmEmail": "Desk@paper.example"},
    "no canary": {"Canary": "AllAtOnce"},
}
EVERYTHING = {name: value for each in GIVEN.values() for name, value in each.items()}
VARIANTS = {"nothing": {}, **GIVEN, "everything": EVERYTHING}
DEPLOYED_WITH = pytest.mark.parametrize("variant", VARIANTS)

# Which service may do what to something of ours by a policy that is not a role's, when it comes from the source named.
LET_IN = {
    "apigateway.amazonaws.com": {"lambda:InvokeFunction"},
    "cloudfront.amazonaws.com": {"lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "s3:GetObject"},
    "cloudwatch.amazonaws.com": {"sns:Publish"},
    "events.amazonaws.com": {"lambda:InvokeFunction", "sqs:SendMessage"},
    "ses.amazonaws.com": {"sns:Publish"},
    "sns.amazonaws.com": {"lambda:InvokeFunction"},
}
# What a role may do without saying to which, and why (R28).
NO_RESOURCE = {
    "xray:PutTraceSegments": "X-Ray knows no resources for it",
    "xray:PutTelemetryRecords": "X-Ray knows no resources for it",
    "cloudwatch:DescribeAlarms": "whoever asks about several alarms at once has to be let see all of the account's",
    "ses:GetAccount": "it is about the account: how many mails it may send in a second",
}
# What a role has been handed that others have written, and why.
MANAGED: dict[str, str] = {}
DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/<Distribution>"


class Statement(NamedTuple):
    """One sentence of a policy, and whose it is."""

    owner: str
    effect: str
    principal: Any
    actions: list[str]
    resources: list[str]
    conditions: Json


class Deployed:
    """The template with one variant's parameters: `<Name>` and `<Name.Attribute>` stand for what AWS would make up."""

    def __init__(self, template: Template) -> None:
        self.all: dict[str, Json] = {
            name: template.resolve(dict(resource), _named)
            for name, resource in template.resources.items()
            if template.holds(resource.get("Condition"))
        }

    def of(self, *kinds: str) -> dict[str, Json]:
        """The properties of the resources of these types."""
        return {name: each.get("Properties", {}) for name, each in self.all.items() if each["Type"] in kinds}

    def outside(self) -> Iterator[Statement]:
        """What the policies say that are not a role's: of buckets, queues, topics, keys; and functions' permissions."""
        for name, each in self.of(*POLICIES).items():
            yield from _statements(name, each.get("PolicyDocument") or each["KeyPolicy"])
        for name, each in self.of("AWS::Lambda::Permission").items():
            source = {"ArnLike": {"aws:SourceArn": each.get("SourceArn", "*")}}
            principal = {"Service": each["Principal"]}
            yield Statement(name, "Allow", principal, [each["Action"]], [each["FunctionName"]], source)

    def roles(self) -> Iterator[Statement]:
        """What roles may do."""
        for name, each in self.of("AWS::IAM::Role").items():
            for policy in each.get("Policies", []):
                yield from _statements(name, policy["PolicyDocument"])
        for name, each in self.of("AWS::IAM::Policy").items():
            assert set(each) == {"PolicyName", "PolicyDocument", "Roles"}
            assert {role[1:-1] for role in each["Roles"]} <= set(self.of("AWS::IAM::Role"))
            yield from _statements(name, each["PolicyDocument"])


POLICIES = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::KMS::Key")


def _named(owner: str, attribute: str | None) -> str:
    named = f"<{owner}.{attribute}>" if attribute else f"<{owner}>"
    return f"https://{named}/" if attribute == "FunctionUrl" else named


def _statements(owner: str, document: Json) -> Iterator[Statement]:
    known = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
    for each in listed(document["Statement"]):
        assert set(each) <= known, f"{owner}: no NotAction, NotResource or NotPrincipal, which let in all the rest"
        actions, resources = listed(each["Action"]), listed(each["Resource"])
        yield Statement(owner, each["Effect"], each.get("Principal"), actions, resources, each.get("Condition", {}))


@cache
def deployed(variant: str) -> Deployed:
    return Deployed(load(TEMPLATE, VARIANTS[variant]))


@DEPLOYED_WITH
def test_every_condition_is_seen_both_ways(variant: str) -> None:
    """Or what follows would say nothing of a resource that nobody here deploys."""
    there = set(deployed(variant).all)
    assert there <= set(deployed("everything").all)
    assert variant != "everything" or there == set(load(TEMPLATE).resources)


# Who is let in (R9) --------------------------------------------------------------------------------------------------


@DEPLOYED_WITH
def test_whoever_is_let_in_from_outside_is_a_service_with_a_source_of_ours(variant: str) -> None:
    for each in deployed(variant).outside():
        if each.effect == "Deny" or each.principal == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}:
            continue  # the latter: a key leaves the decision to this account's roles
        [service] = listed(each.principal["Service"])
        assert set(each.actions) <= LET_IN[service], each
        [source] = [
            value
            for operator, pairs in each.conditions.items()
            for key, value in pairs.items()
            if key.lower() == "aws:sourcearn" and operator in ("StringEquals", "ArnEquals", "ArnLike")
        ]
        assert re.fullmatch(r"<\w+(\.Arn)?>|arn:aws:[\w-]+:[\w-]*:" + ACCOUNT + r":[\w:/<>.*-]+", source), each
        if service == "cloudfront.amazonaws.com":
            assert source == DISTRIBUTION


@DEPLOYED_WITH
def test_nobody_else_is_let_in_by_any_other_means(variant: str) -> None:
    """Another kind of policy has to be read by the tests here before there is one."""
    this = deployed(variant)
    of_policies = {each["Type"] for each in this.all.values() if re.search("Polic|Permission|Grant", each["Type"])}
    of_our_own = {f"AWS::CloudFront::{kind}Policy" for kind in ("Cache", "OriginRequest", "ResponseHeaders")}
    assert of_policies - of_our_own <= {*POLICIES, "AWS::Lambda::Permission", "AWS::IAM::Policy"}
    for url in this.of("AWS::Lambda::Url").values():
        assert (url["AuthType"], "Cors" in url) == ("AWS_IAM", False)
    for each in this.outside():
        if "lambda:InvokeFunctionUrl" in each.actions:
            assert this.all[each.owner]["Properties"]["FunctionUrlAuthType"] == "AWS_IAM"
    for bucket in this.of("AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert not {"AccessControl", "WebsiteConfiguration", "CorsConfiguration", "ReplicationConfiguration"} & set(
            bucket
        )
    for kind in ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"):
        assert not any("ResourcePolicy" in each or "ReplicaRegions" in each for each in this.of(kind).values())


@DEPLOYED_WITH
def test_what_strangers_can_reach_asks_for_the_edges_proof(variant: str) -> None:
    """An HTTP API cannot refuse them itself."""
    this = deployed(variant)
    functions, aliases = this.of("AWS::Lambda::Function"), this.of("AWS::Lambda::Alias")
    behind = [aliases[each["IntegrationUri"][1:-1]] for each in this.of("AWS::ApiGatewayV2::Integration").values()]
    assert behind
    for alias in behind:
        variables = functions[alias["FunctionName"][1:-1]]["Environment"]["Variables"]
        assert variables["EDGE_PROOF"] == "<EdgeProof.SecretString>"


@DEPLOYED_WITH
def test_whoever_does_not_come_by_tls_is_turned_away(variant: str) -> None:
    """Said by each bucket, queue and topic itself."""
    this = deployed(variant)
    refusing = {
        name
        for each in this.outside()
        if each.effect == "Deny" and each.principal == "*"
        if each.conditions == {"Bool": {"aws:SecureTransport": False}}
        for name in re.findall(r"<(\w+)", " ".join(each.resources))
    }
    assert refusing == set(this.of("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic"))


# What roles may do (R28) ---------------------------------------------------------------------------------------------


@DEPLOYED_WITH
def test_a_role_may_do_named_things_to_named_resources(variant: str) -> None:
    one_of_ours = re.compile(
        r"<\w+(\.Arn)?>(:live|(/[\w.-]+)*(/\*)?)|arn:aws:[\w-]+:("
        + REGION
        + r")?:"
        + ACCOUNT
        + r":[\w-]+/[\w<>@.-]*(/\*)?"
    )
    unnamed = set()
    for each in deployed(variant).roles():
        assert each.effect == "Allow"
        assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action) for action in each.actions), each
        if any(resource == "*" or resource.endswith(":*") for resource in each.resources):
            unnamed |= set(each.actions)
        else:
            assert all(one_of_ours.fullmatch(resource) for resource in each.resources), each
    assert unnamed == set(NO_RESOURCE)


@DEPLOYED_WITH
def test_no_role_is_handed_what_others_have_written(variant: str) -> None:
    """SAM's own roles write to every log group of the account. And roles are all there is: no users, groups or keys."""
    this = deployed(variant)
    roles = this.of("AWS::IAM::Role")
    kinds = {each["Type"] for each in this.all.values() if each["Type"].startswith("AWS::IAM::")}
    assert kinds <= {"AWS::IAM::Role", "AWS::IAM::Policy"}
    assert {name for name, each in roles.items() if "ManagedPolicyArns" in each} == set(MANAGED)
    given = [each["Role"] for each in this.of("AWS::Lambda::Function").values()]
    assert len(set(given)) == len(given)
    assert {role[1:].split(".")[0] for role in given} == set(roles) - {"DeploymentRole", "ScheduleRole"}


@DEPLOYED_WITH
def test_a_role_is_passed_on_by_one_to_one_service(variant: str) -> None:
    passed = [each for each in deployed(variant).roles() if "iam:PassRole" in each.actions]
    assert [(each.owner, each.actions, each.resources) for each in passed] == [
        ("PublishingRole", ["iam:PassRole"], ["<ScheduleRole.Arn>"])
    ]
    assert passed[0].conditions == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}


# What is kept (R29) --------------------------------------------------------------------------------------------------


@DEPLOYED_WITH
def test_what_cannot_be_made_again_stays_when_the_stack_goes(variant: str) -> None:
    this = deployed(variant)
    kept = {name for name, each in this.all.items() if each.get("DeletionPolicy") == "Retain"}
    assert kept == {name for name, each in this.all.items() if each.get("UpdateReplacePolicy") == "Retain"}
    stores = {*this.of("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::SecretsManager::Secret")}
    assert kept == stores - {"EdgeProof"}  # which is made anew, and given to both sides


@DEPLOYED_WITH
def test_what_is_stored_is_encrypted_and_comes_back(variant: str) -> None:
    this = deployed(variant)
    for bucket in this.of("AWS::S3::Bucket").values():
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in ("AES256", "aws:kms")
    for table in this.of("AWS::DynamoDB::Table").values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"]["SSEEnabled"] is True
        assert table["DeletionProtectionEnabled"] is True
    for queue in this.of("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
    for group in this.of("AWS::Logs::LogGroup").values():
        assert 1 <= group["RetentionInDays"] <= 365
    for function in this.of("AWS::Lambda::Function").values():
        assert function["LoggingConfig"]["LogGroup"][1:-1] in this.of("AWS::Logs::LogGroup")


# What viewers are told (R35) -----------------------------------------------------------------------------------------


def _behaviours(this: Deployed) -> list[tuple[Json, Json]]:
    """Every behaviour with its response headers policy."""
    config = this.all["Distribution"]["Properties"]["DistributionConfig"]
    policies = this.of("AWS::CloudFront::ResponseHeadersPolicy")
    every = [*config["CacheBehaviors"], config["DefaultCacheBehavior"]]
    return [(each, policies[each["ResponseHeadersPolicyId"][1:-1]]["ResponseHeadersPolicyConfig"]) for each in every]


@DEPLOYED_WITH
def test_every_answer_says_how_it_may_be_shown(variant: str) -> None:
    for behaviour, policy in _behaviours(deployed(variant)):
        assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
        said = policy["SecurityHeadersConfig"]
        assert said["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31536000
        assert said["ContentTypeOptions"] == {"Override": True}
        assert said["ReferrerPolicy"]["ReferrerPolicy"] == "strict-origin-when-cross-origin"
        assert said["FrameOptions"]["FrameOption"] == "DENY"
        assert "frame-ancestors 'none'" in said["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        assert "CorsConfig" not in policy


@DEPLOYED_WITH
def test_no_answer_says_what_is_the_origins_own_affair(variant: str) -> None:
    of_functions = {"x-amzn-requestid", "x-amzn-trace-id"}
    of_the_api = {*of_functions, "apigw-requestid"}
    of_buckets = {"x-amz-request-id", "x-amz-id-2", "x-amz-version-id", "x-amz-server-side-encryption"}
    own = {"personal": of_the_api, "media": of_buckets, "static": of_buckets}
    for behaviour, policy in _behaviours(deployed(variant)):
        gone = {each["Header"] for each in policy["RemoveHeadersConfig"]["Items"]}
        assert gone >= own.get(behaviour["TargetOriginId"], {*of_functions, "cache-tag"})
        assert len(gone) <= 10  # CloudFront's limit


@DEPLOYED_WITH
def test_nothing_is_said_in_the_clear_or_by_old_tls(variant: str) -> None:
    config = deployed(variant).all["Distribution"]["Properties"]["DistributionConfig"]
    for origin in config["Origins"]:
        if custom := origin.get("CustomOriginConfig"):
            assert (custom["OriginProtocolPolicy"], custom["OriginSSLProtocols"]) == ("https-only", ["TLSv1.2"])
    certificate = config["ViewerCertificate"]
    if "DomainName" in VARIANTS[variant]:
        assert config["Aliases"] == ["paper.example"]
        assert (certificate["AcmCertificateArn"], certificate["SslSupportMethod"]) == (CERTIFICATE, "sni-only")
        assert certificate["MinimumProtocolVersion"] == "TLSv1.2_2021"
    else:  # CloudFront's own name, for which it takes no word
        assert certificate == {"CloudFrontDefaultCertificate": True}
    assert ("WebACLId" in config) == ("Waf" in VARIANTS[variant])
