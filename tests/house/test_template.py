"""What template.yaml must keep true, whatever else is changed in it. Numbers R… are the lines of docs/security.md."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from graphlib import TopologicalSorter
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from infra.template import TEMPLATE
from shared.settings import settings
from tests.house.templates import (
    CACHING_DISABLED,
    NAMESPACE,
    READ_FUNCTIONS,
    ROOT,
    Behaviour,
    behaviours,
    distribution,
    listed,
    properties,
    resources,
    source,
    taken_from_queue,
    transformed,
)

EVERY_BEHAVIOUR = pytest.mark.parametrize("behaviour", behaviours(), ids=lambda behaviour: behaviour.pattern)
SHARED = pytest.mark.parametrize(
    "behaviour", [each for each in behaviours() if not each.is_personal], ids=lambda behaviour: behaviour.pattern
)
PERSONAL = pytest.mark.parametrize(
    "behaviour", [each for each in behaviours() if each.is_personal], ids=lambda behaviour: behaviour.pattern
)
READS = pytest.mark.parametrize(
    "behaviour", [each for each in behaviours() if each.reads], ids=lambda behaviour: behaviour.pattern
)


def test_cfn_lint_has_nothing_to_say() -> None:
    """SAM transform included; informational rules too."""
    args = ManualArgs(regions=["us-east-1", "eu-central-1"], include_checks=["I"])
    assert [str(match) for match in lint(TEMPLATE.read_text(), config=args)] == []


# The edge: what is kept, under what, and for whom --------------------------------------------------------------------


def test_the_paths_go_where_they_should() -> None:
    assert {each.pattern: each.origin["Id"] for each in behaviours()} == {
        "/api/articles*": "articles",
        "/api/sections": "articles",
        "/api/authors*": "articles",
        "/api/campaigns/*": "articles",
        "/feeds/*": "pages",
        "/sitemap*.xml": "pages",
        "/news-sitemap.xml": "pages",
        "/robots.txt": "pages",
        "/api/members/*": "personal",
        "/api/newsletters/*": "personal",
        "/account": "personal",
        "/account/*": "personal",
        "/.well-known/*": "personal",
        "/api/contributions": "personal",
        "/api/memberships": "personal",
        "/api/memberships/*": "personal",
        "/api/webhooks/*": "personal",
        "/media/*": "media",
        "/assets/*": "pages",
        "/static/*": "static",
        "*": "pages",
    }


@READS
def test_a_read_is_kept_by_tier_and_listed_query_and_by_no_person(behaviour: Behaviour) -> None:
    """R4."""
    key = behaviour.cache_policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["HeadersConfig"] == {"HeaderBehavior": "whitelist", "Headers": ["x-reader-tier"]}
    assert key["QueryStringsConfig"] == {
        "QueryStringBehavior": "whitelist",
        "QueryStrings": ["section", "author", "tag", "limit", "cursor", "next"],
    }


@READS
def test_the_origin_gets_the_pass_and_nothing_else_of_the_viewer(behaviour: Behaviour) -> None:
    """What reaches the origin beside the key could change the body without changing the key (R4), and the viewer's Host
    would break the signature on a function URL."""
    policy = properties(behaviour.settings["OriginRequestPolicyId"]["Ref"])["OriginRequestPolicyConfig"]
    assert policy["HeadersConfig"] == {"HeaderBehavior": "whitelist", "Headers": ["x-reader-pass"]}
    assert policy["CookiesConfig"] == {"CookieBehavior": "none"}
    assert policy["QueryStringsConfig"] == {"QueryStringBehavior": "none"}


@READS
def test_articles_may_be_kept_for_their_day_but_nothing_without_saying_so(behaviour: Behaviour) -> None:
    assert behaviour.cache_policy["DefaultTTL"] == 0
    assert behaviour.cache_policy["MaxTTL"] >= 86400


def test_files_are_kept_by_path_alone() -> None:
    files = [each for each in behaviours() if not each.reads and not each.is_personal]
    assert [each.pattern for each in files] == ["/media/*", "/assets/*", "/static/*"]
    for each in files:
        key = each.cache_policy["ParametersInCacheKeyAndForwardedToOrigin"]
        assert key["HeadersConfig"] == {"HeaderBehavior": "none"}
        assert key["QueryStringsConfig"] == {"QueryStringBehavior": "none"}
        assert "OriginRequestPolicyId" not in each.settings


@EVERY_BEHAVIOUR
def test_no_store_means_no_store(behaviour: Behaviour) -> None:
    """A MinTTL above 0 overrides `no-store` and `private`: one member's answer would be the next reader's."""
    assert behaviour.cache_policy["MinTTL"] == 0


@EVERY_BEHAVIOUR
def test_cookies_reach_no_key(behaviour: Behaviour) -> None:
    key = behaviour.cache_policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["CookiesConfig"] == {"CookieBehavior": "none"}
    assert "ForwardedValues" not in behaviour.settings


@SHARED
def test_cookies_reach_no_origin_whose_answers_are_kept(behaviour: Behaviour) -> None:
    policy = behaviour.settings.get("OriginRequestPolicyId")
    if policy is not None:
        config = properties(policy["Ref"])["OriginRequestPolicyConfig"]
        assert config["CookiesConfig"] == {"CookieBehavior": "none"}


@PERSONAL
def test_what_is_personal_is_never_kept(behaviour: Behaviour) -> None:
    """R5: its answers set cookies."""
    assert behaviour.settings["CachePolicyId"] == CACHING_DISABLED
    policy = properties(behaviour.settings["ResponseHeadersPolicyId"]["Ref"])["ResponseHeadersPolicyConfig"]
    assert policy["CustomHeadersConfig"]["Items"] == [
        {"Header": "cache-control", "Value": "no-store", "Override": False}
    ]


@PERSONAL
def test_a_personal_request_goes_on_whole_but_for_its_host(behaviour: Behaviour) -> None:
    policy = properties(behaviour.settings["OriginRequestPolicyId"]["Ref"])["OriginRequestPolicyConfig"]
    assert policy["HeadersConfig"] == {"HeaderBehavior": "allExcept", "Headers": ["host"]}
    assert policy["CookiesConfig"] == {"CookieBehavior": "all"}
    assert policy["QueryStringsConfig"] == {"QueryStringBehavior": "all"}


@PERSONAL
def test_a_personal_request_passes_the_edge_function_that_says_whose_it_is(behaviour: Behaviour) -> None:
    """R3, R17: without it the viewer could name any address as its own."""
    assert behaviour.settings["FunctionAssociations"] == [
        {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["PersonalRequestFunction", "FunctionARN"]}}
    ]


@SHARED
def test_both_edge_functions_stand_before_everything_that_is_shared(behaviour: Behaviour) -> None:
    """R3, R23, R24: a behaviour without the viewer-request function would believe the viewer's own tier header."""
    assert {each["EventType"]: each["FunctionARN"] for each in behaviour.settings["FunctionAssociations"]} == {
        "viewer-request": {"Fn::GetAtt": ["ViewerRequestFunction", "FunctionARN"]},
        "viewer-response": {"Fn::GetAtt": ["ViewerResponseFunction", "FunctionARN"]},
    }


@EVERY_BEHAVIOUR
def test_every_method_reaches_the_edge_function_and_two_are_kept(behaviour: Behaviour) -> None:
    """R36: CloudFront's own refusal is a 403 without `allow`; the edge function answers 405."""
    assert set(behaviour.settings["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}
    assert behaviour.settings["CachedMethods"] == ["GET", "HEAD"]


@SHARED
def test_answers_are_compressed(behaviour: Behaviour) -> None:
    key = behaviour.cache_policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert behaviour.settings["Compress"] is True
    assert (key["EnableAcceptEncodingGzip"], key["EnableAcceptEncodingBrotli"]) == (True, True)


@EVERY_BEHAVIOUR
def test_security_headers_are_on_every_status(behaviour: Behaviour) -> None:
    """R35: by policy, because viewer-response functions do not run for errors."""
    policy = properties(behaviour.settings["ResponseHeadersPolicyId"]["Ref"])["ResponseHeadersPolicyConfig"]
    headers = dict(policy["SecurityHeadersConfig"])
    csp = headers.pop("ContentSecurityPolicy")["ContentSecurityPolicy"]
    assert csp == "default-src 'none'; frame-ancestors 'none'"
    assert headers == {
        "StrictTransportSecurity": {"AccessControlMaxAgeSec": 63072000, "IncludeSubdomains": True, "Override": True},
        "ContentTypeOptions": {"Override": True},
        "ReferrerPolicy": {"ReferrerPolicy": "strict-origin-when-cross-origin", "Override": True},
        "FrameOptions": {"FrameOption": "DENY", "Override": True},
    }


@SHARED
def test_browsers_ask_again_for_what_a_pass_opened(behaviour: Behaviour) -> None:
    policy = properties(behaviour.settings["ResponseHeadersPolicyId"]["Ref"])["ResponseHeadersPolicyConfig"]
    headers = {each["Header"]: each for each in policy["CustomHeadersConfig"]["Items"]}
    if behaviour.pattern not in ("/static/*", "/assets/*"):
        expected = {"Header": "cache-control", "Value": "private, no-cache", "Override": True}
        assert headers["cache-control"] == expected


def test_one_visitors_error_is_never_the_next_ones() -> None:
    """R22. A 404 without a word of its own may be kept for a moment: a mistyped link does not cost a call each time."""
    kept = {each["ErrorCode"]: each["ErrorCachingMinTTL"] for each in distribution()["CustomErrorResponses"]}
    assert 0 < kept.pop(404) <= 10
    assert kept == dict.fromkeys([400, 403, 405, 414, 500, 501, 502, 503, 504], 0)


def test_what_no_function_has_put_into_words_is_answered_by_a_page_from_a_bucket() -> None:
    """A function that fails cannot say so itself; a 503 is one that did."""
    named = {each["ErrorCode"]: each for each in distribution()["CustomErrorResponses"] if "ResponsePagePath" in each}
    assert sorted(named) == [500, 502, 504]
    for code, each in named.items():
        assert each["ResponseCode"] == code
        taken = next(one for one in behaviours() if fnmatchcase(each["ResponsePagePath"], one.pattern))
        assert (taken.pattern, taken.origin["Id"]) == ("/static/*", "static")


def test_the_edge_waits_for_a_personal_answer_as_long_as_the_function_may_take() -> None:
    [personal] = [each for each in distribution()["Origins"] if each["Id"] == "personal"]
    slowest = max(properties(f"{name}Function")["Timeout"] for name in ("Members", "Contributions", "Webhooks"))
    assert personal["CustomOriginConfig"]["OriginReadTimeout"] > slowest
    assert slowest < 30  # that the API itself waits


def test_purges_find_their_tags() -> None:
    assert distribution()["CacheTagConfig"] == {"HeaderName": "cache-tag"}


def test_a_stale_copy_comes_before_the_reader_has_gone() -> None:
    for origin in distribution()["Origins"]:
        config = origin.get("CustomOriginConfig") or origin["S3OriginConfig"]
        assert config["OriginReadTimeout"] <= 5 or origin["Id"] == "personal"  # of which there are no copies
    assert all(properties(f"{name}Function")["Timeout"] <= 5 for name in READ_FUNCTIONS)


def test_the_edge_function_can_read_the_keyring() -> None:
    config = properties("ViewerRequestFunction")["FunctionConfig"]
    assert config["Runtime"] == "cloudfront-js-2.0"
    assert config["KeyValueStoreAssociations"] == [{"KeyValueStoreARN": {"Fn::GetAtt": ["EdgeKeys", "Arn"]}}]
    assert properties("ViewerRequestFunction")["AutoPublish"] is True
    assert properties("ViewerResponseFunction")["AutoPublish"] is True


def test_the_personal_edge_function_reads_no_key() -> None:
    config = properties("PersonalRequestFunction")["FunctionConfig"]
    assert config["Runtime"] == "cloudfront-js-2.0"
    assert "KeyValueStoreAssociations" not in config
    assert properties("PersonalRequestFunction")["AutoPublish"] is True


# The functions -------------------------------------------------------------------------------------------------------


def test_functions_run_where_the_dependencies_are_locked_for() -> None:
    for function in resources("AWS::Lambda::Function").values():
        assert function["Properties"]["Runtime"] == "python3.13"
        assert function["Properties"]["Architectures"] == ["arm64"]


def test_functions_log_json_to_a_group_that_forgets() -> None:
    for function in resources("AWS::Lambda::Function").values():
        logging = function["Properties"]["LoggingConfig"]
        assert logging["LogFormat"] == "JSON"
        assert properties(logging["LogGroup"]["Ref"])["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_handlers_are_where_the_template_says() -> None:
    for function in resources("AWS::Lambda::Function").values():
        module, _, name = function["Properties"]["Handler"].rpartition(".")
        assert f"def {name}(" in ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text()


def test_the_template_gives_each_read_function_the_settings_that_it_reads() -> None:
    given = {name: properties(f"{name}Function")["Environment"]["Variables"] for name in READ_FUNCTIONS}
    for name, variables in given.items():
        assert variables.pop("POWERTOOLS_SERVICE_NAME") == name.lower()
        assert variables.pop("POWERTOOLS_METRICS_NAMESPACE") == NAMESPACE
        assert variables.pop("POWERTOOLS_LOG_LEVEL") == "INFO"
    assert given == {
        "Articles": {"CONTENT_BUCKET": {"Ref": "ContentBucket"}, "KEYRING_BUCKET": {"Ref": "KeyringBucket"}},
        "Pages": {"CONTENT_BUCKET": {"Ref": "ContentBucket"}, "KEYRING_BUCKET": {"Ref": "KeyringBucket"}},
    }
    region = {"AWS_REGION": "eu-central-1"}
    for variables in given.values():
        read = settings({**dict.fromkeys(variables, "given"), **region})
        assert (read.content_bucket, read.keyring_bucket) == ("given", "given")


def test_the_template_gives_the_publishing_function_what_it_reads_and_writes() -> None:
    assert properties("PublishingFunction")["Environment"]["Variables"] == {
        "CONTENT_BUCKET": {"Ref": "ContentBucket"},
        "MEDIA_BUCKET": {"Ref": "MediaBucket"},
        "DISTRIBUTION_ID": {"Ref": "Distribution"},
        "ANNOUNCEMENTS_QUEUE": {"Ref": "AnnouncementsQueue"},
        "PUBLISHING_QUEUE": {"Ref": "PublishingQueue"},
        "PUBLISHING_QUEUE_ARN": {"Fn::GetAtt": ["PublishingQueue", "Arn"]},
        "SCHEDULE_GROUP": {"Ref": "ScheduleGroup"},
        "SCHEDULE_ROLE_ARN": {"Fn::GetAtt": ["ScheduleRole", "Arn"]},
        "POWERTOOLS_SERVICE_NAME": "publishing",
        "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


@pytest.mark.parametrize("name", READ_FUNCTIONS)
def test_snapstart_is_off_unless_asked_for(name: str) -> None:
    assert source()["Parameters"]["SnapStart"]["Default"] == "off"
    assert properties(f"{name}Function")["SnapStart"] == {
        "ApplyOn": {"Fn::If": ["HasSnapStart", "PublishedVersions", "None"]}
    }
    assert all(version["DeletionPolicy"] == "Delete" for version in resources("AWS::Lambda::Version").values())


def test_functions_are_traced_unless_somebody_says_no() -> None:
    assert source()["Parameters"]["Traces"]["Default"] == "on"
    traced = {"Mode": {"Fn::If": ["HasTraces", "Active", "PassThrough"]}}
    functions = resources("AWS::Lambda::Function").items()
    assert [name for name, each in functions if each["Properties"]["TracingConfig"] != traced] == []


# Publishing ----------------------------------------------------------------------------------------------------------


def test_every_change_of_an_article_goes_to_the_publishing_queue_and_nothing_else_does() -> None:
    """What publishing writes must not come back to it: that would never end."""
    notified = {
        name: each["Properties"]["NotificationConfiguration"]
        for name, each in resources("AWS::S3::Bucket").items()
        if "NotificationConfiguration" in each["Properties"]
    }
    assert notified == {"ContentBucket": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}}
    rule = resources("AWS::Events::Rule")["ArticleChanges"]
    assert rule["Properties"]["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted"],
        "detail": {"bucket": {"name": [{"Ref": "ContentBucket"}]}, "object": {"key": [{"prefix": "articles/"}]}},
    }
    assert rule["Properties"]["Targets"] == [
        {
            "Id": "publishing",
            "Arn": {"Fn::GetAtt": ["PublishingQueue", "Arn"]},
            "SqsParameters": {"MessageGroupId": "paper"},
            "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
            "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["UndeliveredChanges", "Arn"]}},
        }
    ]
    assert set(rule["Properties"]) == {"Description", "EventPattern", "Targets"}  # on the default bus, and enabled


def test_the_publishing_function_takes_from_its_queue_by_the_alias_and_says_what_failed() -> None:
    assert taken_from_queue("Publishing") == {
        "BatchSize": 10,
        "EventSourceArn": {"Fn::GetAtt": ["PublishingQueue", "Arn"]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }


def test_mails_and_newsletters_are_taken_from_their_queues_few_at_a_time() -> None:
    assert taken_from_queue("Mail") == {
        "BatchSize": 5,
        "EventSourceArn": {"Fn::GetAtt": ["MailQueue", "Arn"]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 5},
    }
    assert taken_from_queue("Newsletters") == {
        "BatchSize": 1,
        "EventSourceArn": {"Fn::GetAtt": ["AnnouncementsQueue", "Arn"]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 2},
    }


def test_nobody_else_gets_a_message_while_the_function_may_still_work_on_it() -> None:
    for mapping in resources("AWS::Lambda::EventSourceMapping").values():
        queue = properties(mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0])
        alias = properties(mapping["Properties"]["FunctionName"]["Ref"])
        assert queue["VisibilityTimeout"] >= 6 * properties(alias["FunctionName"]["Ref"])["Timeout"]


def test_a_message_that_cannot_be_handled_is_kept_longer_than_it_waited() -> None:
    queues = {name: each["Properties"] for name, each in resources("AWS::SQS::Queue").items()}
    dead = {name: each["RedrivePolicy"] for name, each in queues.items() if "RedrivePolicy" in each}
    assert dead == {
        f"{name}Queue": {"deadLetterTargetArn": {"Fn::GetAtt": [f"{name}DeadLetters", "Arn"]}, "maxReceiveCount": 5}
        for name in ("Announcements", "Mail", "Payments", "Publishing")
    }
    for name, redrive in dead.items():
        letters = queues[redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]
        days = 4 if name == "MailQueue" else 14  # an order of a mail holds an address, and is worth nothing soon
        assert letters["MessageRetentionPeriod"] == days * 86400 >= queues[name]["MessageRetentionPeriod"]
        assert letters.get("FifoQueue") == queues[name].get("FifoQueue")


def test_publishing_is_in_order_and_loses_no_change_for_looking_like_another() -> None:
    """EventBridge sends to such a queue only where it compares contents, and every event's id is its own."""
    queue = properties("PublishingQueue")
    assert (queue["FifoQueue"], queue["ContentBasedDeduplication"]) == (True, True)
    assert "DeduplicationScope" not in queue


def test_old_lists_go_at_once_and_old_articles_when_the_editors_say() -> None:
    rules = {rule["Id"]: rule for rule in properties("ContentBucket")["LifecycleConfiguration"]["Rules"]}
    lists = rules.pop("forget-old-lists-at-once")
    assert (lists["Prefix"], lists["NoncurrentVersionExpiration"]) == ("lists/", {"NoncurrentDays": 1})
    assert lists["ExpiredObjectDeleteMarker"] is True
    standings = rules.pop("forget-old-standings-at-once")
    assert (standings["Prefix"], standings["NoncurrentVersionExpiration"]) == ("campaigns/", {"NoncurrentDays": 1})
    [rest] = rules.values()
    assert "Prefix" not in rest
    assert rest["NoncurrentVersionExpiration"] == {"NoncurrentDays": {"Ref": "NoncurrentVersionDays"}}


# The template itself -------------------------------------------------------------------------------------------------


def test_every_parameter_is_described_and_used() -> None:
    for name, parameter in source()["Parameters"].items():
        assert parameter["Description"]
        assert "Default" in parameter
        assert {"Ref": name} in list(_values({key: source()[key] for key in ("Resources", "Conditions")})), name


def test_the_outputs_are_those_that_ops_and_the_local_stack_read() -> None:
    assert set(source()["Outputs"]) >= {
        "SiteUrl",
        "DistributionId",
        "ContentBucket",
        "MediaBucket",
        "StaticBucket",
        "KeyringBucket",
        "EdgeKeysArn",
        "ArticlesFunction",
        "PublishingFunction",
        "PublishingQueueUrl",
        "PublishingQueueArn",
        "PublishingDeadLettersUrl",
        "AnnouncementsDeadLettersUrl",
        "AnnouncementsQueueUrl",
        "ScheduleGroup",
        "ScheduleRoleArn",
        "MembersTable",
        "SignInsTable",
        "MailingsTable",
        "IdentityKeyArn",
        "MembersFunction",
        "MailFunction",
        "NewslettersFunction",
        "PersonalApiUrl",
        "MailQueueUrl",
        "MailDeadLettersUrl",
        "MailFeedbackTopic",
        "MailConfiguration",
        "MailFrom",
        "LedgerTable",
        "RequestsTable",
        "StripeMode",
        "StripeKeyArn",
        "WebhookSecretArn",
        "PaymentsQueueUrl",
        "PaymentsDeadLettersUrl",
        "ContributionsFunction",
        "WebhooksFunction",
        "PaymentsFunction",
        "ReconcileFunction",
    }
    assert all(output["Description"] for output in source()["Outputs"].values())


def test_the_template_is_small_enough_to_be_sent() -> None:
    """CloudFormation takes a megabyte from S3 after the transform."""
    assert len(json.dumps(transformed())) < 1_000_000 // 2


def test_no_resource_waits_for_itself() -> None:
    """CloudFormation would make none of them. What an update needs (UpdatePolicy) has to be there before, too; cfn-lint
    does not look at that."""
    made = transformed()["Resources"]
    needs = {
        name: {
            *(one for key in ("Properties", "UpdatePolicy") for one in _named(resource.get(key)) if one in made),
            *listed(resource.get("DependsOn", [])),
        }
        for name, resource in made.items()
    }
    assert sorted(TopologicalSorter(needs).static_order()) == sorted(made)


def _named(tree: Any) -> Iterator[str]:
    """Every resource or parameter that a part of the template names."""
    for value in _values(tree):
        match value:
            case {"Ref": str() as name} | {"Fn::GetAtt": [str() as name, _]}:
                yield name
            case {"Fn::Sub": str() as text} | {"Fn::Sub": [str() as text, _]}:
                yield from (one.partition(".")[0] for one in re.findall(r"\$\{([^!}]+)\}", text))


def _values(tree: Any) -> list[Any]:
    """Every value in the tree, branches too."""
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return [tree, *(value for each in inner for value in _values(each))]
