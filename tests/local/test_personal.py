"""What is personal, from a viewer's socket to a function and back: a template with an API behind the edge."""

import base64
import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud import Cloud
from infra.local.distribution import distribution, functions
from infra.local.edge_cache import EdgeCache
from infra.local.edge_runtime import EdgeFunction
from infra.local.front_door import Edge
from infra.local.http_api import EDGE_ADDRESS, HttpApi
from infra.local.http_server import HttpServer
from infra.local.messages import Answer, Request
from infra.local.policies import ApiOrigin
from infra.local.template import load
from infra.local.workers import FunctionPool

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "infra/edge/personal_request.js").read_text(encoding="utf-8")
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Proof:
    Type: AWS::SecretsManager::Secret
    Properties: {GenerateSecretString: {PasswordLength: 43, ExcludePunctuation: true}}
  Tried:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Runtime: python3.13
      Handler: tests.local.handlers.personal
      Timeout: 5
      AutoPublishAlias: live
      Role: arn:aws:iam::123456789012:role/any
      Environment: {Variables: {EDGE_PROOF: !Sub "{{resolve:secretsmanager:${Proof}:SecretString}}"}}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: api, ProtocolType: HTTP}
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !Ref Tried.Alias, PayloadFormatVersion: "2.0"}
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: "ANY /account/{proxy+}", Target: !Sub "integrations/${Integration}"}
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: $default, AutoDeploy: true}
  Personal:
    Type: AWS::CloudFront::Function
    Properties:
      Name: personal
      FunctionConfig: {Runtime: cloudfront-js-2.0}
      FunctionCode: SOURCE
  Policy:
    Type: AWS::CloudFront::OriginRequestPolicy
    Properties:
      OriginRequestPolicyConfig:
        Name: policy
        HeadersConfig: {HeaderBehavior: allExcept, Headers: [host]}
        CookiesConfig: {CookieBehavior: all}
        QueryStringsConfig: {QueryStringBehavior: all}
  Distribution:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: personal
            DomainName: !Sub "${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
            CustomOriginConfig: {OriginProtocolPolicy: https-only}
            OriginCustomHeaders:
              - {HeaderName: X-Edge-Proof, HeaderValue: !Sub "{{resolve:secretsmanager:${Proof}:SecretString}}"}
        DefaultCacheBehavior:
          TargetOriginId: personal
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
          OriginRequestPolicyId: !Ref Policy
          ViewerProtocolPolicy: allow-all
          AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]
          FunctionAssociations: [{EventType: viewer-request, FunctionARN: !GetAtt Personal.FunctionARN}]
"""


Said = tuple[int, list[tuple[str, str]], bytes]  # status, headers, body


class Site:
    """The template at work."""

    def __init__(self, folder: Path) -> None:
        path = folder / "template.yaml"
        path.write_text(TEMPLATE.replace("SOURCE", json.dumps(SOURCE)), encoding="utf-8")
        template = load(path)
        self.cloud = Cloud(template, "site", lambda items: None)
        self.cloud.start()
        specs = functions(template, self.cloud.attribute)
        self.pools = {
            name: FunctionPool(spec, self.cloud.endpoint, folder / f"{name}.jsonl", 1) for name, spec in specs.items()
        }
        shape = distribution(template, self.cloud.attribute)
        origin = shape.behaviours[-1].origin
        assert isinstance(origin, ApiOrigin)
        self.api = HttpApi(self.pools, origin)
        edge = Edge(
            distribution=shape,
            distribution_id="D",
            functions={"Personal": EdgeFunction(SOURCE, lambda key: None)},
            origins={"personal": self.api},
            cache=EdgeCache(shape, lambda: 0.0),
            pages=lambda request: Answer(404),
        )
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        self.server = HttpServer(listening, edge.respond)
        self.server.start()

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Said:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def stop(self) -> None:
        self.server.stop()
        for pool in self.pools.values():
            pool.stop()
        self.cloud.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.stop()


def _event(said: Said) -> dict[str, Any]:
    status, _, body = said
    assert status == 201
    event: dict[str, Any] = json.loads(body)
    return event


def test_a_form_with_cookies_reaches_the_function_whole_and_its_cookies_come_back(site: Site) -> None:
    form = b"email=reader%40example.org&next=%2F"
    kind = "application/x-www-form-urlencoded"
    cookies = "__Host-session=abc; __Host-pass=x.y.z"
    said = site.ask("POST", "/account/form?t=1&t=2", form, Content_Type=kind, Cookie=cookies, Origin="http://site")
    event = _event(said)
    assert base64.b64decode(event["body"]) == form
    assert event["isBase64Encoded"] is True
    assert event["cookies"] == ["__Host-session=abc", "__Host-pass=x.y.z"]
    assert "cookie" not in event["headers"]
    assert (event["headers"]["origin"], event["headers"]["content-type"]) == ("http://site", kind)
    assert (event["rawPath"], event["rawQueryString"]) == ("/account/form", "t=1&t=2")
    assert (event["routeKey"], event["pathParameters"]) == ("ANY /account/{proxy+}", {"proxy": "form"})
    set_cookies = [value for name, value in said[1] if name == "set-cookie"]
    assert set_cookies == ["__Host-a=1; Path=/; Secure", "__Host-b=2; Path=/; Secure"]


def test_nothing_of_it_is_kept(site: Site) -> None:
    before = site.pools["Tried"].calls
    answers = [site.ask("GET", "/account/a"), site.ask("GET", "/account/a")]
    assert site.pools["Tried"].calls == before + 2
    assert [dict(headers)["x-cache"] for _, headers, _ in answers] == ["Miss from frontline"] * 2


def test_the_function_is_told_the_viewers_address_by_the_edge_whatever_the_viewer_says(site: Site) -> None:
    """R17."""
    claims = {"X-Viewer-Address": "203.0.113.9", "X-Edge-Proof": "guess", "X-Reader-Tier": "member"}
    headers = _event(site.ask("GET", "/account/a", None, **claims, X_Forwarded_For="203.0.113.9"))["headers"]
    assert headers["x-viewer-address"] == "127.0.0.1"
    assert headers["x-edge-proof"] != "guess"
    assert "x-reader-tier" not in headers
    assert headers["x-forwarded-for"] == f"203.0.113.9, 127.0.0.1, {EDGE_ADDRESS}"


def test_who_goes_round_the_edge_lacks_its_proof(site: Site) -> None:
    for claims in ((), (("x-edge-proof", "guess"),)):
        assert site.api.answer(Request("GET", "/account/a", headers=claims)).status == 403


def test_a_body_of_megabytes_is_for_the_function_to_refuse(site: Site) -> None:
    event = _event(site.ask("PUT", "/account/a", b"x" * 3_000_000, Content_Type="text/plain"))
    assert len(event["body"]) == 3_000_000
    assert site.ask("PUT", "/account/a", b"x" * (10 * 1024 * 1024 + 1), Content_Type="text/plain")[0] == 413


def test_what_the_api_has_no_route_for_is_its_own_404(site: Site) -> None:
    status, _, body = site.ask("GET", "/elsewhere")
    assert (status, body) == (404, b'{"message":"Not Found"}')
