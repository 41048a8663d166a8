"""What is read from template.yaml, and that nothing in it is passed over in silence."""

from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud import Cloud
from infra.local.distribution import distribution, functions
from infra.local.policies import ApiOrigin, BucketOrigin, Distribution, FunctionOrigin
from infra.local.template import PSEUDO, Template, TemplateError, begin_loading, load
from infra.template import TEMPLATE


@pytest.fixture(scope="module")
def template() -> Template:
    return load(TEMPLATE)


def named(logical_id: str, attribute: str | None) -> str:
    """Stands in for the cloud: every resource's values are told apart by its name."""
    return f"https://{logical_id}/" if attribute == "FunctionUrl" else f"{logical_id}.{attribute or 'Ref'}"


@pytest.fixture(scope="module")
def shape(template: Template) -> Distribution:
    return distribution(template, named)


# The paper's own template ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/api/articles", "/api/articles*"),
        ("/api/articles/a", "/api/articles*"),
        ("/api/sections", "/api/sections"),
        ("/api/sections/a", "*"),
        ("/media/member/x.mp3", "/media/*"),
        ("/media", "*"),
        ("/static/x.css", "/static/*"),
        ("/assets/site-0a1b2c3d.css", "/assets/*"),
        ("/articles/a", "*"),
        ("/feeds/authors/a/feed.json", "/feeds/*"),
        ("/sitemap.xml", "/sitemap*.xml"),
        ("/sitemaps/2026-12.xml", "/sitemap*.xml"),
        ("/API/articles", "*"),
        ("/", "*"),
        ("/media/../api/articles", "/api/articles*"),
        ("/static/./../media/x", "/media/*"),
    ],
)
def test_a_path_finds_its_behaviour(shape: Distribution, path: str, pattern: str) -> None:
    assert shape.behaviour_for(path).pattern == pattern


def test_a_read_is_keyed_by_tier_and_never_kept_against_the_origins_word(shape: Distribution) -> None:
    policy = shape.behaviour_for("/api/articles/a").cache
    assert policy.headers.picks("x-reader-tier")
    assert not policy.headers.picks("x-reader-pass")
    assert policy.cookies.kind == "none"
    assert policy.min_ttl == 0


def test_a_pass_is_sent_to_the_function_and_to_nobody_else(shape: Distribution) -> None:
    assert shape.behaviour_for("/api/articles/a").forwards.headers.names == {"x-reader-pass"}
    assert shape.behaviour_for("/media/member/a").forwards.headers.kind == "none"


def test_origins_are_the_functions_and_buckets_of_the_template(shape: Distribution) -> None:
    article, media = shape.behaviour_for("/api/articles/a").origin, shape.behaviour_for("/media/a/b").origin
    assert isinstance(article, FunctionOrigin)
    assert article.function == "ArticlesFunction"
    assert isinstance(media, BucketOrigin)
    assert media.bucket == "MediaBucket"


def test_no_server_error_is_kept(shape: Distribution) -> None:
    assert [shape.error_ttl(status) for status in (500, 502, 503, 504)] == [0, 0, 0, 0]


def test_a_failed_function_has_its_page_in_a_bucket(shape: Distribution) -> None:
    assert {code: page.status for code, page in shape.error_pages.items()} == {500: 500, 502: 502, 504: 504}
    for page in shape.error_pages.values():
        assert isinstance(shape.behaviour_for(page.path).origin, BucketOrigin)


def test_both_edge_functions_are_everywhere_that_is_shared(shape: Distribution) -> None:
    for behaviour in shape.behaviours:
        if isinstance(behaviour.origin, ApiOrigin):
            continue
        assert behaviour.viewer_request is not None, behaviour.pattern
        assert behaviour.viewer_request.store == "EdgeKeys"
        assert behaviour.viewer_response is not None, behaviour.pattern


def test_what_is_personal_goes_to_the_api_with_the_edges_proof_and_is_not_kept(shape: Distribution) -> None:
    for path in ("/api/members/sign-in", "/api/newsletters/daily/unsubscribe", "/account", "/account/devices"):
        behaviour = shape.behaviour_for(path)
        assert isinstance(behaviour.origin, ApiOrigin)
        assert behaviour.origin.headers == (("x-edge-proof", "EdgeProof.SecretString"),)
        behind = {route.function for route in behaviour.origin.routes}
        assert behind == {"MembersFunction", "ContributionsFunction", "WebhooksFunction"}
        assert not behaviour.keeps
        assert behaviour.forwards.headers.picks("authorization")
        assert not behaviour.forwards.headers.picks("host")
        assert behaviour.forwards.cookies.picks("__Host-session")
        assert behaviour.viewer_request is not None
        assert behaviour.viewer_request.logical_id == "PersonalRequestFunction"


def test_a_secret_reaches_the_functions_environment(template: Template) -> None:
    assert functions(template, named)["MembersFunction"].environment["EDGE_PROOF"] == "EdgeProof.SecretString"


def test_a_function_gets_the_environment_that_the_template_gives_it(template: Template) -> None:
    articles = functions(template, named)["ArticlesFunction"]
    assert articles.handler == "functions.articles.handler.handler"
    assert articles.environment["CONTENT_BUCKET"] == "ContentBucket.Ref"
    assert articles.environment["POWERTOOLS_SERVICE_NAME"] == "articles"


def test_the_template_is_the_same_read_in_a_process_of_its_own(template: Template) -> None:
    assert begin_loading(TEMPLATE)() == template


# Intrinsics -----------------------------------------------------------------------------------------------------------


def _template(**parts: Any) -> Template:
    whole: dict[str, Any] = {"parameters": {}, "conditions": {}, "mappings": {}, "resources": {}, "outputs": {}}
    return Template(**(whole | parts))


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "AWS::Region"}, PSEUDO["AWS::Region"]),
        ({"Ref": "Size"}, 3),
        ({"Ref": "Thing"}, "<Thing>"),
        ({"Fn::GetAtt": ["Thing", "Arn"]}, "<Thing.Arn>"),
        ({"Fn::GetAtt": "Thing.Deep.Arn"}, "<Thing.Deep.Arn>"),
        ({"Fn::Sub": "${Thing}/${Thing.Arn}/${Size}/${!Left}"}, "<Thing>/<Thing.Arn>/3/${Left}"),
        ({"Fn::Sub": ["${x}-${Size}", {"x": {"Ref": "Thing"}}]}, "<Thing>-3"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Size"}]]}, "a-3"),
        ({"Fn::Select": [2, {"Fn::Split": ["/", "https://host/"]}]}, "host"),
        ({"Fn::If": ["Big", "yes", {"Ref": "AWS::NoValue"}]}, "yes"),
        ({"a": {"Fn::If": ["Small", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([{"Fn::If": ["Small", 1, {"Ref": "AWS::NoValue"}]}, 2], [2]),
        ({"Fn::FindInMap": ["Table", "row", "column"]}, 7),
    ],
)
def test_intrinsics_come_to_what_they_come_to_in_the_cloud(value: Any, resolved: Any) -> None:
    template = _template(
        parameters={"Size": 3},
        conditions={
            "Big": {"Fn::Equals": [{"Ref": "Size"}, 3]},
            "Small": {"Fn::And": [{"Condition": "Big"}, {"Fn::Not": [{"Condition": "Big"}]}]},
        },
        mappings={"Table": {"row": {"column": 7}}},
    )
    assert template.resolve(value, lambda name, wanted: f"<{name}{'.' + wanted if wanted else ''}>") == resolved


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Fn::Sub": "{{resolve:secretsmanager:${Proof}:SecretString}}"}, "<Proof.SecretString>"),
        ({"Fn::Sub": "a {{resolve:secretsmanager:${Proof}:SecretString:::}} b"}, "a <Proof.SecretString> b"),
        (
            {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Proof"}, ":SecretString}}"]]},
            "<Proof.SecretString>",
        ),
        (["{{resolve:secretsmanager:<Proof>:SecretString}}"], ["<Proof.SecretString>"]),
        ({"x": "{{resolve:secretsmanager:<Proof>:SecretString}}"}, {"x": "<Proof.SecretString>"}),
    ],
)
def test_a_dynamic_reference_comes_to_the_secret(value: Any, resolved: Any) -> None:
    template = _template(resources={"Proof": {"Type": "AWS::SecretsManager::Secret"}})
    assert template.resolve(value, lambda name, wanted: f"<{name}{'.' + wanted if wanted else ''}>") == resolved


@pytest.mark.parametrize(
    "text",
    ["{{resolve:ssm:name}}", "{{resolve:secretsmanager:other:SecretString}}", "{{resolve:secretsmanager:<Proof>}}"],
)
def test_another_dynamic_reference_is_refused(text: str) -> None:
    template = _template(resources={"Proof": {"Type": "AWS::SecretsManager::Secret"}})
    with pytest.raises(TemplateError, match="dynamic reference"):
        template.resolve(text, lambda name, wanted: f"<{name}>")


@pytest.mark.parametrize("value", [{"Fn::ImportValue": "x"}, {"Fn::GetAZs": ""}, {"Fn::If": ["Missing", 1, 2]}])
def test_an_unknown_intrinsic_is_refused(value: Any) -> None:
    with pytest.raises(TemplateError):
        _template().resolve(value, lambda name, wanted: "")


# What is not known ----------------------------------------------------------------------------------------------------


def _changed(tmp_path: Path, old: str, new: str) -> Template:
    text = TEMPLATE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "template.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load(path)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("        CacheTagConfig: {HeaderName: cache-tag}", "        Staging: true", "Staging"),
        (
            "            Compress: true\n",
            "            Compress: true\n            SmoothStreaming: true\n",
            "SmoothStreaming",
        ),
        ("{EventType: viewer-request,", "{EventType: origin-request,", "origin-request"),
        ("TargetOriginId: media", "TargetOriginId: nowhere", "nowhere"),
        ("        SecurityHeadersConfig:\n", "        CorsConfig: {}\n        SecurityHeadersConfig:\n", "CorsConfig"),
        ("{HeaderBehavior: whitelist, Headers: [x-reader-tier]}", "{HeaderBehavior: sometimes}", "sometimes"),
        ("CachePolicyId: !Ref ReadCachePolicy", "CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6", "658327ea"),
        ("- {ErrorCode: 400, ErrorCachingMinTTL: 0}", "- {ErrorCode: 400, ResponseCode: 200}", "ResponseCode"),
        ("            ResponseCode: 500\n", "", "ResponsePagePath"),
        ("- {ErrorCode: 400, ErrorCachingMinTTL: 0}", "- {ErrorCode: 400, Retries: 2}", "Retries"),
        ("{HeaderName: x-edge-proof,", "{Other: 1, HeaderName: x-edge-proof,", "Other"),
        ("${PersonalApi}.execute-api.", "${PersonalApi}.elsewhere.", "AWS::Lambda::Url"),
        ("ProtocolType: HTTP\n", "ProtocolType: WEBSOCKET\n", "HTTP APIs only"),
        ("ProtocolType: HTTP\n", "ProtocolType: HTTP\n      CorsConfiguration: {}\n", "CorsConfiguration"),
        ("IntegrationType: AWS_PROXY", "IntegrationType: HTTP_PROXY", "AWS_PROXY"),
        ('PayloadFormatVersion: "2.0"', 'PayloadFormatVersion: "1.0"', "2.0"),
        ('PayloadFormatVersion: "2.0"', 'PayloadFormatVersion: "2.0"\n      TimeoutInMillis: 31000', "TimeoutInMillis"),
        ("RouteKey: ANY /account\n", "RouteKey: ANY account\n", "ANY account"),
        ("RouteKey: ANY /account\n", "RouteKey: ANY /{a+}/account\n", "no key"),
        ("RouteKey: ANY /account\n", "RouteKey: ANY /account/{proxy+}\n", "same key"),
        ("RouteKey: ANY /account\n", "RouteKey: ANY /account\n      AuthorizationType: JWT\n", "authorizer"),
        ("StageName: $default", "StageName: live", "one stage"),
        ("AutoDeploy: true", "AutoDeploy: false", "one stage"),
    ],
)
def test_what_the_front_door_does_not_know_stops_it(tmp_path: Path, old: str, new: str, told: str) -> None:
    template = _changed(tmp_path, old, new)
    with pytest.raises(TemplateError, match=told):
        distribution(template, named)


def test_a_type_of_resource_that_nobody_makes_stops_the_stack(tmp_path: Path) -> None:
    template = _changed(tmp_path, "Resources:\n", "Resources:\n  Queue:\n    Type: AWS::MQ::Broker\n")
    cloud = Cloud(template, "x", lambda items: None)
    with pytest.raises(TemplateError, match="AWS::MQ::Broker"):
        cloud.start()
    cloud.stop()


def test_a_parameter_without_a_value_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="NoDefault"):
        _changed(tmp_path, "Parameters:\n", "Parameters:\n  NoDefault: {Type: String}\n")


def test_a_wrong_template_in_a_process_of_its_own_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        TEMPLATE.read_text(encoding="utf-8").replace("Outputs:\n", "Hooks: {}\nOutputs:\n"), encoding="utf-8"
    )
    with pytest.raises(TemplateError, match="Hooks"):
        begin_loading(path)()
