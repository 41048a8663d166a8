"""The front door of `make run` before the deployed stack: CloudFront's part, with the origins that were deployed."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import urllib3
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from infra.local import distribution as views
from infra.local.edge_cache import EdgeCache
from infra.local.edge_runtime import EdgeFunction
from infra.local.front_door import Edge
from infra.local.http_server import HttpServer
from infra.local.messages import Answer, OriginUnreachableError, Request, edge_error
from infra.local.origins import HOP_BY_HOP, Origin
from infra.local.policies import ApiOrigin, BucketOrigin, Distribution
from infra.local.template import REGION, Template
from infra.local.till.frame import BASE
from infra.local.till.till import Till
from infra.local.till.webhooks import Target
from shared.adapters.cloudfront_kvs import KVS_KEY
from tests.e2e.deployed import ACCOUNT, OURS, STORES, Deployed

CLOUDFRONT: Final = "cloudfront.amazonaws.com"
_ROOT: Final = Credentials(OURS["AWS_ACCESS_KEY_ID"], OURS["AWS_SECRET_ACCESS_KEY"])
_http: Final = urllib3.PoolManager(maxsize=16, retries=False)


class Nearby(Till):
    """A till whose webhooks come to the front door: the paper's own address is nowhere. While `is_ill`, its API takes
    nothing."""

    is_ill = False

    def answer(self, request: Request) -> Answer:
        if self.is_ill and request.path.startswith(f"{BASE}/v1/"):
            return Answer(503, (("content-type", "application/json"),), b'{"error":{"type":"api_error"}}')
        return super().answer(request)

    def _targets(self) -> list[Target]:
        return [Target(self.hook, one.secret, one.types) for one in super()._targets()]


class Door:
    """Listens when it has been made; serves the paper after `open`. `purge` does to its cache what the stack asked of
    CloudFront since the last time."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.till = Nearby(self.url, lambda: None)
        self._edge: Edge | None = None
        self._purged: set[str] = set()
        self._server = HttpServer(self._listening, self._respond)
        self._server.start()

    def open(self, stack: Deployed, template: Template) -> None:
        """From now on what is asked for is asked of that stack."""
        self._stack = stack
        self.till.account.base = f"{stack.outputs['SiteUrl']}{BASE}"  # where its pages would be, as links say
        shape = views.distribution(template, _attributes(stack, template))
        self._cache = EdgeCache(shape, time.time)
        self._edge = Edge(
            distribution=shape,
            distribution_id=stack.outputs["DistributionId"],
            functions=_edge_functions(shape, stack),
            origins=_origins(shape, stack),
            cache=self._cache,
            pages=self._local,
        )

    def stop(self) -> None:
        self.till.stop()
        self._server.stop()

    def purge(self) -> list[str]:
        """What was purged."""
        cloudfront, distribution = self._stack.client("cloudfront"), self._stack.outputs["DistributionId"]
        found = cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", [])
        items: list[str] = []
        for one in found:
            if one["Id"] not in self._purged:
                self._purged.add(one["Id"])
                asked = cloudfront.get_invalidation(DistributionId=distribution, Id=one["Id"])["Invalidation"]
                items += asked["InvalidationBatch"]["Paths"]["Items"]
        self._cache.purge(items)
        return items

    def forget(self) -> None:
        """Have no copies."""
        self._cache.purge(["/*"])

    def _respond(self, request: Request, address: str) -> Answer:
        if request.path.startswith(BASE):
            return self.till.answer(request)
        if self._edge is None:
            return edge_error(503, "Service Unavailable", "The paper is not deployed yet.")
        # Whoever asks says from where: readers of one machine would be one reader to what counts requests.
        return self._edge.respond(request, request.header("x-walk-from") or address)

    def _local(self, request: Request) -> Answer:
        return edge_error(404, "Not Found", "There is only the till here.")


def _attributes(stack: Deployed, template: Template) -> Callable[[str, str | None], Any]:
    """What the template's resources are called. Whatever nobody but the template itself compares has a made-up name."""
    functions = stack.client("lambda")

    def attribute(logical_id: str, name: str | None) -> Any:
        if name is None:
            return stack.ids[logical_id]
        if name == "FunctionUrl":
            meant = template.resources[logical_id]["Properties"]["TargetFunctionArn"]
            function = stack.ids[views.function_meant(template, meant)]
            return functions.get_function_url_config(FunctionName=function, Qualifier="live")["FunctionUrl"]
        if name == "SecretString":
            return stack.client("secretsmanager").get_secret_value(SecretId=stack.ids[logical_id])["SecretString"]
        return f"{logical_id}.{name}"

    return attribute


def _edge_functions(shape: Distribution, stack: Deployed) -> dict[str, EdgeFunction]:
    """The edge's functions. Their store is the deployed one, read each time."""
    store, arn = stack.client(STORES), stack.outputs["EdgeKeysArn"]

    def read(key: str) -> str | None:
        if key != KVS_KEY:
            return None
        try:
            return str(store.get_key(KvsARN=arn, Key=key)["Value"])
        except store.exceptions.ResourceNotFoundException:
            return None

    sources = [each for one in shape.behaviours for each in (one.viewer_request, one.viewer_response) if each]
    return {one.logical_id: EdgeFunction(one.source, read) for one in sources}


def _origins(shape: Distribution, stack: Deployed) -> Mapping[str, Origin]:
    source = f"arn:aws:cloudfront::{ACCOUNT}:distribution/{stack.outputs['DistributionId']}"
    made: dict[str, Origin] = {}
    for origin in (behaviour.origin for behaviour in shape.behaviours):
        if isinstance(origin, ApiOrigin):  # which proves itself by a header, and is not signed
            host = f"{origin.domain.partition('.')[0]}.execute-api.localhost"
            made[origin.origin_id] = DeployedOrigin(stack.endpoint, host)
        elif isinstance(origin, BucketOrigin):
            bucket = stack.ids[origin.bucket]
            made[origin.origin_id] = DeployedOrigin(stack.endpoint, None, f"/{bucket}{origin.path}", "s3", source)
        else:
            made[origin.origin_id] = DeployedOrigin(stack.endpoint, origin.domain, "", "lambda", source)
    return made


class DeployedOrigin:
    """An `Origin` in the emulator, under the host that it has there.

    CloudFront signs as a service of AWS, which nobody else can: here the root signs, and two headers say for whom
    (emulator.py has the function's or bucket's policy decide about that).
    """

    def __init__(self, endpoint: str, host: str | None, prefix: str = "", signs: str = "", source: str = "") -> None:
        self._endpoint, self._host, self._prefix = endpoint, host or endpoint.removeprefix("http://"), prefix
        self._signs, self._source = signs, source

    def answer(self, request: Request) -> Answer:
        """Its answer; OriginUnreachableError where there is none."""
        url = f"{self._endpoint}{self._prefix}{request.url}"
        headers = {name: value for name, value in request.headers if name != "host"}
        if request.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in request.cookies)
        try:
            found = _http.request(
                request.method,
                url,
                headers={**headers, **self._signature(request.method, url, request.body), "host": self._host},
                body=request.body or None,
                redirect=False,
                timeout=60,
            )
        except urllib3.exceptions.HTTPError as error:
            raise OriginUnreachableError(502, type(error).__name__) from error
        kept = [(name.lower(), value) for name, value in found.headers.items() if name.lower() not in HOP_BY_HOP]
        return Answer(found.status, tuple(kept), found.data)

    def _signature(self, method: str, url: str, body: bytes) -> dict[str, str]:
        if not self._signs:
            return {}
        asked = AWSRequest(method, url, data=body, headers={"host": self._host})
        (S3SigV4Auth if self._signs == "s3" else SigV4Auth)(_ROOT, self._signs, REGION).add_auth(asked)
        signed = {name.lower(): value for name, value in asked.headers.items() if name.lower() != "host"}
        return {**signed, "x-e2e-service": CLOUDFRONT, "x-e2e-source": self._source}
