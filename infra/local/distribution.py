"""The template's distribution and functions as values of policies.py. What is not known is refused, never ignored."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.local.api_routes import routes_of
from infra.local.policies import (
    ApiOrigin,
    Behaviour,
    BucketOrigin,
    CachePolicy,
    Distribution,
    EdgeSource,
    ErrorPage,
    FunctionOrigin,
    OriginRequestPolicy,
    OriginShape,
    ResponseHeadersPolicy,
    Selection,
)
from infra.local.template import PSEUDO, REGION, Attribute, Template, TemplateError, only

# Properties that change nothing on this machine: where copies are kept, TLS, names, descriptions.
QUIET_OF_A_DISTRIBUTION: Final = frozenset(
    {"Enabled", "Comment", "HttpVersion", "IPV6Enabled", "PriceClass", "Aliases", "ViewerCertificate", "WebACLId"}
)
QUIET_OF_AN_ORIGIN: Final = frozenset({"OriginAccessControlId", "ConnectionTimeout", "S3OriginConfig", "OriginShield"})
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
MANAGED_CACHE_POLICIES: Final = {
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": CachePolicy(min_ttl=0, default_ttl=0, max_ttl=0),  # CachingDisabled
}
QUIET_OF_A_BEHAVIOUR: Final = frozenset({"ViewerProtocolPolicy"})  # this machine speaks plain HTTP


@dataclass(frozen=True)
class FunctionSpec:
    """A Lambda function of the template: what it runs, for how long at most (seconds), and with which variables."""

    logical_id: str
    name: str
    handler: str
    timeout: float
    memory: int
    environment: Mapping[str, str]


def functions(template: Template, attribute: Attribute) -> dict[str, FunctionSpec]:
    """The template's Lambda functions by logical id."""
    found = {}
    for logical_id, resource in template.of_type("AWS::Lambda::Function").items():
        properties = template.resolve(resource["Properties"], attribute)
        if not str(properties["Runtime"]).startswith("python3."):
            raise TemplateError(f"{logical_id} runs {properties['Runtime']}: this stack runs Python only")
        found[logical_id] = FunctionSpec(
            logical_id=logical_id,
            name=str(attribute(logical_id, None)),
            handler=properties["Handler"],
            timeout=float(properties.get("Timeout", 3)),
            memory=int(properties.get("MemorySize", 128)),
            environment={
                name: str(value) for name, value in properties.get("Environment", {}).get("Variables", {}).items()
            },
        )
    return found


def distribution(template: Template, attribute: Attribute) -> Distribution:
    """The template's one distribution; TemplateError where there are none or several, or for what is not known here."""
    found = template.of_type("AWS::CloudFront::Distribution")
    if len(found) != 1:
        raise TemplateError(f"the template must hold one distribution, and holds {len(found)}")
    (resource,) = found.values()
    config = template.resolve(resource["Properties"]["DistributionConfig"], attribute)
    known = {"CacheTagConfig", "Origins", "CacheBehaviors", "DefaultCacheBehavior", "CustomErrorResponses"}
    only("Distribution", config, known | QUIET_OF_A_DISTRIBUTION)
    reader = _Reader(template, attribute)
    origins = {origin["Id"]: reader.origin(origin) for origin in config["Origins"]}
    behaviours = [reader.behaviour(each["PathPattern"], each, origins) for each in config.get("CacheBehaviors", [])]
    errors = config.get("CustomErrorResponses", [])
    return Distribution(
        behaviours=(*behaviours, reader.behaviour("*", config["DefaultCacheBehavior"], origins)),
        error_ttls={
            int(error["ErrorCode"]): float(error["ErrorCachingMinTTL"])
            for error in errors
            if "ErrorCachingMinTTL" in error
        },
        tag_header=config["CacheTagConfig"]["HeaderName"].lower() if "CacheTagConfig" in config else None,
        error_pages=_error_pages(errors),
    )


def _error_pages(errors: Sequence[Mapping[str, Any]]) -> dict[int, ErrorPage]:
    pages = {}
    for error in errors:
        where = f"CustomErrorResponses, {error['ErrorCode']}"
        only(where, error, {"ErrorCode", "ErrorCachingMinTTL", "ResponsePagePath", "ResponseCode"})
        if ("ResponsePagePath" in error) != ("ResponseCode" in error):
            raise TemplateError(f"{where}: ResponsePagePath and ResponseCode are given together or not at all")
        if "ResponsePagePath" in error:
            pages[int(error["ErrorCode"])] = ErrorPage(error["ResponsePagePath"], int(error["ResponseCode"]))
    return pages


def function_behind(template: Template, logical_id: str) -> str:
    """The function that a logical id means, itself or by an alias."""
    if template.type_of(logical_id) == "AWS::Lambda::Alias":
        logical_id = str(template.resources[logical_id]["Properties"]["FunctionName"]["Ref"])
    if template.type_of(logical_id) != "AWS::Lambda::Function":
        raise TemplateError(f"a function URL or a queue's mapping points to {logical_id}, which is no function")
    return logical_id


def function_meant(template: Template, value: Mapping[str, Any]) -> str:
    """The function that a value of the template means: a Ref or GetAtt of its own or of an alias."""
    match value:
        case {"Ref": str() as logical_id} | {"Fn::GetAtt": [str() as logical_id, _]}:
            return function_behind(template, logical_id)
    raise TemplateError(f"a function named in a way that this stack does not know: {value!r}")


@dataclass(frozen=True)
class _Reader:
    """Reads parts of one distribution, following what they refer to."""

    template: Template
    attribute: Attribute

    def _properties(self, logical_id: str) -> dict[str, Any]:
        properties: dict[str, Any] = self.template.resolve(
            self.template.resources[logical_id]["Properties"], self.attribute
        )
        return properties

    def _who_is(self, kind: str, wanted: Any, attribute: str | None) -> str:
        """The logical id of the resource of a type that has this value."""
        for logical_id in self.template.of_type(kind):
            if self.attribute(logical_id, attribute) == wanted:
                return logical_id
        raise TemplateError(
            f"no {kind} of this template is {wanted!r} (of managed policies, this stack knows CachingDisabled)"
        )

    def origin(self, origin: Mapping[str, Any]) -> OriginShape:
        """A function's URL, an HTTP API or a bucket, recognised by its domain."""
        where, domain = f"origin {origin['Id']}", origin["DomainName"]
        known = {"Id", "DomainName", "OriginPath", "ConnectionAttempts", "CustomOriginConfig", "OriginCustomHeaders"}
        only(where, origin, known | QUIET_OF_AN_ORIGIN)
        if "S3OriginConfig" in origin:
            bucket = self._who_is("AWS::S3::Bucket", domain, "RegionalDomainName")
            return BucketOrigin(origin["Id"], domain, bucket, origin.get("OriginPath", ""), _headers(where, origin))
        if origin.get("OriginPath"):
            raise TemplateError(f"{where}: OriginPath is known for buckets only")
        custom = origin.get("CustomOriginConfig", {})
        only(
            where,
            custom,
            {"OriginReadTimeout", "OriginKeepaliveTimeout", "OriginProtocolPolicy", "OriginSSLProtocols", "HTTPSPort"},
        )
        patience = (float(custom.get("OriginReadTimeout", 30)), int(origin.get("ConnectionAttempts", 3)))
        for api in self.template.of_type("AWS::ApiGatewayV2::Api"):
            if domain == f"{self.attribute(api, None)}.execute-api.{REGION}.{PSEUDO['AWS::URLSuffix']}":
                routes = routes_of(self.template, self.attribute, api, function_meant)
                return ApiOrigin(origin["Id"], domain, routes, *patience, _headers(where, origin))
        url = self._who_is("AWS::Lambda::Url", f"https://{domain}/", "FunctionUrl")
        function = function_meant(self.template, self.template.resources[url]["Properties"]["TargetFunctionArn"])
        return FunctionOrigin(origin["Id"], domain, function, *patience, _headers(where, origin))

    def behaviour(self, pattern: str, behaviour: Mapping[str, Any], origins: Mapping[str, OriginShape]) -> Behaviour:
        """A cache behaviour with its policies and edge functions."""
        where = f"behaviour {pattern}"
        known = {
            *("PathPattern", "TargetOriginId", "AllowedMethods", "CachedMethods", "Compress", "CachePolicyId"),
            *("OriginRequestPolicyId", "ResponseHeadersPolicyId", "FunctionAssociations"),
        }
        only(where, behaviour, known | QUIET_OF_A_BEHAVIOUR)
        if behaviour["TargetOriginId"] not in origins:
            raise TemplateError(f"{where}: no origin is called {behaviour['TargetOriginId']}")
        edge: dict[str, EdgeSource] = {}
        for association in behaviour.get("FunctionAssociations", []):
            edge[association["EventType"]] = self._edge_source(association["FunctionARN"])
        only(f"{where}, FunctionAssociations", edge, {"viewer-request", "viewer-response"})
        return Behaviour(
            pattern=pattern,
            origin=origins[behaviour["TargetOriginId"]],
            methods=frozenset(behaviour.get("AllowedMethods", ["GET", "HEAD"])),
            cached_methods=frozenset(behaviour.get("CachedMethods", ["GET", "HEAD"])),
            compress=bool(behaviour.get("Compress", False)),
            cache=self._cache_policy(behaviour["CachePolicyId"]),
            forwards=self._origin_request_policy(behaviour.get("OriginRequestPolicyId")),
            response_headers=self._response_headers_policy(behaviour.get("ResponseHeadersPolicyId")),
            viewer_request=edge.get("viewer-request"),
            viewer_response=edge.get("viewer-response"),
        )

    def _edge_source(self, arn: str) -> EdgeSource:
        logical_id = self._who_is("AWS::CloudFront::Function", arn, "FunctionARN")
        properties = self._properties(logical_id)
        config = properties["FunctionConfig"]
        if config["Runtime"] != "cloudfront-js-2.0":
            raise TemplateError(f"{logical_id}: this stack runs cloudfront-js-2.0, not {config['Runtime']}")
        stores = [
            self._who_is("AWS::CloudFront::KeyValueStore", one["KeyValueStoreARN"], "Arn")
            for one in config.get("KeyValueStoreAssociations", [])
        ]
        return EdgeSource(logical_id, properties["FunctionCode"], stores[0] if stores else None)

    def _cache_policy(self, policy_id: str) -> CachePolicy:
        if policy_id in MANAGED_CACHE_POLICIES:
            return MANAGED_CACHE_POLICIES[policy_id]
        logical_id = self._who_is("AWS::CloudFront::CachePolicy", policy_id, None)
        config = self._properties(logical_id)["CachePolicyConfig"]
        known = {"Name", "Comment", "MinTTL", "DefaultTTL", "MaxTTL", "ParametersInCacheKeyAndForwardedToOrigin"}
        only(logical_id, config, known)
        key = config["ParametersInCacheKeyAndForwardedToOrigin"]
        encodings = {"EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli"}
        only(logical_id, key, {"HeadersConfig", "CookiesConfig", "QueryStringsConfig"} | encodings)
        return CachePolicy(
            min_ttl=float(config["MinTTL"]),
            default_ttl=float(config["DefaultTTL"]),
            max_ttl=float(config["MaxTTL"]),
            **_selections(logical_id, key),
            gzip=bool(key.get("EnableAcceptEncodingGzip")),
            brotli=bool(key.get("EnableAcceptEncodingBrotli")),
        )

    def _origin_request_policy(self, policy_id: str | None) -> OriginRequestPolicy:
        if policy_id is None:
            return OriginRequestPolicy()
        logical_id = self._who_is("AWS::CloudFront::OriginRequestPolicy", policy_id, None)
        config = self._properties(logical_id)["OriginRequestPolicyConfig"]
        only(logical_id, config, {"Name", "Comment", "HeadersConfig", "CookiesConfig", "QueryStringsConfig"})
        return OriginRequestPolicy(**_selections(logical_id, config))

    def _response_headers_policy(self, policy_id: str | None) -> ResponseHeadersPolicy:
        if policy_id is None:
            return ResponseHeadersPolicy()
        logical_id = self._who_is("AWS::CloudFront::ResponseHeadersPolicy", policy_id, None)
        config = self._properties(logical_id)["ResponseHeadersPolicyConfig"]
        parts = {"SecurityHeadersConfig", "CustomHeadersConfig", "RemoveHeadersConfig"}
        only(logical_id, config, {"Name", "Comment"} | parts)
        custom = config.get("CustomHeadersConfig", {}).get("Items", [])
        return ResponseHeadersPolicy(
            sets=(
                *_security_headers(logical_id, config.get("SecurityHeadersConfig", {})),
                *((each["Header"].lower(), each["Value"], bool(each["Override"])) for each in custom),
            ),
            removes=frozenset(
                each["Header"].lower() for each in config.get("RemoveHeadersConfig", {}).get("Items", [])
            ),
        )


def _headers(where: str, origin: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    given = origin.get("OriginCustomHeaders", [])
    for each in given:
        only(f"{where}, OriginCustomHeaders", each, {"HeaderName", "HeaderValue"})
    return tuple((each["HeaderName"].lower(), each["HeaderValue"]) for each in given)


def _selections(where: str, config: Mapping[str, Any]) -> dict[str, Selection]:
    def selection(part: str, kind: str, names: str) -> Selection:
        given = config[part]
        only(f"{where}, {part}", given, {kind, names})
        match = re.fullmatch("none|whitelist|allExcept|all", given[kind].replace("allViewer", "all"))
        if match is None:
            raise TemplateError(f"{where}, {part}: {given[kind]} is not known")
        listed = [name.lower() if part == "HeadersConfig" else name for name in given.get(names, [])]
        return Selection(match[0], frozenset(listed))  # type: ignore[arg-type]  # one of the four, as just matched

    return {
        "headers": selection("HeadersConfig", "HeaderBehavior", "Headers"),
        "query": selection("QueryStringsConfig", "QueryStringBehavior", "QueryStrings"),
        "cookies": selection("CookiesConfig", "CookieBehavior", "Cookies"),
    }


def _security_headers(where: str, config: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    headers = []
    for name, part in config.items():
        match name:
            case "StrictTransportSecurity":
                value = f"max-age={part['AccessControlMaxAgeSec']}"
                value += "; includeSubDomains" if part.get("IncludeSubdomains") else ""
                value += "; preload" if part.get("Preload") else ""
                header = "strict-transport-security"
            case "ContentTypeOptions":
                header, value = "x-content-type-options", "nosniff"
            case "ReferrerPolicy":
                header, value = "referrer-policy", part["ReferrerPolicy"]
            case "FrameOptions":
                header, value = "x-frame-options", part["FrameOption"]
            case "ContentSecurityPolicy":
                header, value = "content-security-policy", part["ContentSecurityPolicy"]
            case _:
                raise TemplateError(f"{where}: the security header {name} is not known")
        headers.append((header, value, bool(part["Override"])))
    return headers
