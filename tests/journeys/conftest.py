"""One stack for all journeys, and a reader who walks through its front door."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest

from infra.ops.stack import Stack
from shared.domain.tiers import Tier
from tests.samples import closed_sentences

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = "ArticlesFunction"
PUBLISHING = "PublishingFunction"
NEWSLETTERS = "NewslettersFunction"
# A long article of the sample paper with gates of both tiers, one of them with sound in it.
SLUG = "the-night-ferry-question"
PATH = f"/api/articles/{SLUG}"
UNAVAILABLE = "<h1>This cannot be shown right now</h1>"  # what readers get while a function is not there


@dataclass(frozen=True)
class Reply:
    """What came back; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def outcome(self) -> str:
        """`Hit`, `Miss`, `Error`, …"""
        return self.headers.get("x-cache", "").partition(" ")[0]


class Paper:
    """The running stack, as its readers and its ops see it, and the two handles of walked_stack.py."""

    def __init__(self, process: "subprocess.Popen[str]", state: Path) -> None:
        self._process = process
        self.state = state
        assert process.stdout is not None
        self.info: dict[str, Any] = json.loads(process.stdout.readline())
        self.stack = Stack.at(self.info)
        self._passes = self.stack.passes()
        self._minted = 0

    # As a reader ------------------------------------------------------------------------------------------------------

    def get(self, path: str = PATH, tier: Tier | None = None, method: str = "GET", **headers: str) -> Reply:
        """Read as somebody of a tier, each time with a new pass. `a_b` names the header `a-b`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if tier is not None and tier is not Tier.ANONYMOUS:
            named["authorization"] = f"Bearer {self.mint(tier)}"
        connection = http.client.HTTPConnection(self.info["site_url"].removeprefix("http://"), timeout=20)
        try:
            connection.request(method, path, headers=named)
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def mint(self, tier: Tier, lifetime: int = 300, only: str | None = None) -> str:
        """A pass that no reader had before: lifetimes differ by a second."""
        self._minted += 1
        return self._passes.mint(tier, time.time(), lifetime - self._minted % 100, only)

    # As ops -----------------------------------------------------------------------------------------------------------

    def purge_everything(self) -> None:
        batch = {"CallerReference": str(time.time_ns()), "Paths": {"Quantity": 1, "Items": ["/*"]}}
        self.stack.client("cloudfront").create_invalidation(
            DistributionId=self.stack.output("DistributionId"), InvalidationBatch=batch
        )

    def frontline(
        self, *arguments: str, versions: Path | None = None, cwd: Path = ROOT
    ) -> "subprocess.CompletedProcess[str]":
        """The command, as one types it. `versions` is what this editor's machine remembers; by default all share one,
        and never that of whoever runs the tests."""
        remembered = versions or self.state.parent / "versions.json"
        return subprocess.run(
            [sys.executable, "-m", "infra.ops", "--local", *arguments],
            cwd=cwd,
            env={**os.environ, "FRONTLINE_LOCAL_STATE": str(self.state), "FRONTLINE_VERSIONS": str(remembered)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def settle(self) -> None:
        """Wait until what was published has been dealt with: the publishing queue is empty, nobody works on it."""
        give_up = time.monotonic() + 20
        while self.depth("PublishingQueueUrl"):
            assert time.monotonic() < give_up, self.queues
            time.sleep(0.02)

    def depth(self, output: str) -> int:
        """How many messages are in the queue of that output, waiting or with somebody."""
        name = self.stack.output(output).rpartition("/")[2]
        return sum(one["waiting"] + one["in_flight"] for one in self.queues if one["name"] == name)

    @property
    def queues(self) -> list[dict[str, Any]]:
        """The depth of every queue."""
        depths: list[dict[str, Any]] = self.get("/_local/queues.json").json
        return depths

    @contextlib.contextmanager
    def key_known_to_the_edge_alone(self) -> Iterator[Callable[[Tier], str]]:
        """Signs passes with a key that the edge knows of and the functions do not, as after a bad rotation."""
        kvs, arn = self.stack.client("cloudfront-keyvaluestore"), self.stack.output("EdgeKeysArn")
        ring, secret = kvs.get_key(KvsARN=arn, Key="keyring")["Value"], "s" * 43

        def put(value: str) -> None:
            etag = kvs.describe_key_value_store(KvsARN=arn)["ETag"]
            kvs.put_key(KvsARN=arn, Key="keyring", Value=value, IfMatch=etag)

        def sign(tier: Tier) -> str:
            now = int(time.time())
            claims = {"iss": json.loads(ring)["iss"], "aud": "edge", "tier": tier.value, "iat": now, "exp": now + 300}
            return jwt.encode(claims, secret, "HS256", headers={"typ": "pass+jwt", "kid": "edge-alone"})

        put(json.dumps(json.loads(ring) | {"keys": [*json.loads(ring)["keys"], ["edge-alone", secret]]}))
        try:
            yield sign
        finally:
            put(ring)

    # The handles ------------------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Let time pass for the cache."""
        self._order({"clock": seconds})

    @property
    def origin_calls(self) -> int:
        """How often the articles function has been called."""
        return self.calls(ARTICLES)

    def calls(self, function: str) -> int:
        """How often a function has been called."""
        return int(self._order({"calls": function}))

    @contextlib.contextmanager
    def outage(self, function: str = ARTICLES) -> Iterator[None]:
        """That function is not there."""
        self._order({"stop": function})
        try:
            yield
        finally:
            self._order({"start": function})

    def _order(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


@contextlib.contextmanager
def walked(state: Path) -> Iterator[Paper]:
    """A stack of one's own, which ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.walked_stack", str(state)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Paper(process, state)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    with walked(tmp_path_factory.mktemp("stack") / "stack.json") as walk:
        yield walk


@pytest.fixture
def paper(running: Paper) -> Paper:
    """The stack with an empty cache."""
    running.purge_everything()
    return running


@pytest.fixture(scope="session")
def secrets() -> dict[Tier, list[str]]:
    """Sentences of the article that open for a tier and for none below it."""
    return closed_sentences(SLUG)
