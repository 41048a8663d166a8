"""The real template in the emulator: built for this machine, deployed by the SAM CLI, and what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import boto3
import urllib3
from typer.testing import CliRunner

from infra.local.template import REGION, STACK_NAME
from infra.local.workers import ROOT
from infra.ops.cli import app
from infra.ops.stack import Stack
from infra.ops.terminal import Chosen
from infra.template import read_template

WORK: Final = ROOT / ".local" / "e2e"
BUILD: Final = WORK / "build"
DECISIONS: Final = WORK / "decisions.jsonl"
SAM: Final = ROOT / ".frontline" / "sam" / "bin" / "sam"
PYTHON: Final = ROOT / ".frontline" / "ministack" / "bin" / "python"
PARAMETERS: Final = {"MailFrom": "post@paper.example"}
OURS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}  # the root's
STORES: Final = "cloudfront-keyvaluestore"
UP_SECONDS: Final = 30.0
# boto3 puts the account's number before the host of a key-value store's endpoint: this one, read as an octal number, is
# the 127 before 0.0.1, which is this machine without a name service.
ACCOUNT: Final = "000000000177"
Json = dict[str, Any]

# The template is deployed as it is: nothing is taken out, not even what the emulator cannot do. What differs from a
# deployment into AWS, and why. Faults of the emulator are mended in emulator.py.
DIFFERS: Final = (
    ("wheels", "zips hold wheels of this machine, not of arm64: the emulator runs them as processes of this machine"),
    ("http", "functions reach AWS by AWS_ENDPOINT_URL and Stripe by STRIPE_API, both on this machine, without TLS"),
    ("edge", "the front door of `make run` stands for CloudFront: the emulator's cannot run our edge functions"),
    ("MailFrom", "the one parameter that is given; the emulator's SES takes whoever sends as confirmed"),
)


class Failed(Exception):
    """The run has failed; its words say why."""


def environment(endpoint: str, **more: str) -> dict[str, str]:
    """What programs are started with that talk to the emulator: no credentials or settings of whoever runs this."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FRONTLINE_", "STRIPE_"))}
    stores = {"AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE": endpoint.replace("127.", "")}
    return {**kept, **OURS, "AWS_ENDPOINT_URL": endpoint, **stores, "SAM_CLI_TELEMETRY": "0", **more}


def build() -> None:
    """`sam build` with wheels of this machine, beside the build that is deployed into AWS."""
    _run("build", [str(SAM), "build", "--parallel", "--build-dir", str(BUILD)], {**os.environ, "BUNDLE_FOR": "here"})


def template(removed: str | None, folder: Path = BUILD) -> Path:
    """The template that was built into a folder; without one statement, or one action of it, where `removed` names it:
    `Role/Sid[/action]`. `Resource` alone takes a Lambda permission away. Raises Failed for what is not there.
    """
    built = folder / "template.yaml"
    if removed is None:
        return built
    source: Json = read_template(built)
    _take(source["Resources"], *removed.split("/", 2))
    changed = folder / "without.json"
    changed.write_text(json.dumps(source), encoding="utf-8")
    return changed


def _take(resources: Json, logical_id: str, sid: str | None = None, action: str | None = None) -> None:
    resource = resources.get(logical_id)
    if resource is None:
        raise Failed(f"the template has no {logical_id}")
    if sid is None:
        if resource["Type"] != "AWS::Lambda::Permission":
            raise Failed(f"say which statement of {logical_id} is to go: {logical_id}/SID")
        del resources[logical_id]
        return
    properties = resource["Properties"]
    documents = [each["PolicyDocument"] for each in properties.get("Policies", [])]
    documents += [properties[name] for name in ("PolicyDocument", "KeyPolicy") if name in properties]
    for document in documents:
        for statement in document["Statement"]:
            if statement.get("Sid") == sid:
                _take_from(document["Statement"], statement, action)
                return
    raise Failed(f"{logical_id} has no statement {sid}")


def _take_from(statements: list[Json], statement: Json, action: str | None) -> None:
    if action is None:
        statements.remove(statement)
        return
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    if action not in actions:
        raise Failed(f"{statement['Sid']} does not allow {action}")
    statement["Action"] = [each for each in actions if each != action]


@contextlib.contextmanager
def emulator(stripe: str) -> Iterator[str]:
    """The emulator, up for as long as the block; yields its address. `stripe`: where functions find Stripe."""
    port = _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    temporary = WORK / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "IOT_MTLS_ENABLED": "0",  # it would listen on a port of its own
        "TMPDIR": str(temporary),
        "STRIPE_API": stripe,  # its processes inherit it: no variable of the template's
    }
    environ = environment(endpoint, **settings)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del environ[name]  # functions have their roles'
    with (WORK / "emulator.log").open("w") as log:
        process = subprocess.Popen(
            [str(PYTHON), str(Path(__file__).with_name("emulator.py")), str(DECISIONS)],
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us, who then end it with all its workers
        )
    try:
        _await(process, endpoint)
        yield endpoint
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(temporary, ignore_errors=True)


def _await(process: subprocess.Popen[bytes], endpoint: str) -> None:
    give_up = time.monotonic() + UP_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            if urllib3.request("GET", f"{endpoint}/_ministack/health", retries=False, timeout=2).status == 200:
                return
        time.sleep(0.1)
    raise Failed(f"the emulator does not come up: {WORK / 'emulator.log'}")


def deploy(endpoint: str, path: Path) -> None:
    """`sam deploy`, as docs/operations.md has it."""
    given = [f"{name}={value}" for name, value in PARAMETERS.items()]
    command = [str(SAM), "deploy", "--config-file", str(ROOT / "samconfig.toml"), "--template-file", str(path)]
    command += ["--stack-name", STACK_NAME, "--no-confirm-changeset"]
    _run("deploy", [*command, "--parameter-overrides", *given], environment(endpoint))


def _run(name: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
    log = WORK / f"{name}.log"
    with log.open("w") as out:
        ended = subprocess.run(command, cwd=ROOT, env=environ, stdout=out, stderr=subprocess.STDOUT, check=False)
    if ended.returncode:
        said = "\n".join(log.read_text(errors="replace").strip().splitlines()[-8:])
        raise Failed(f"sam {name} has failed ({log}):\n{said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Deployed:
    """The stack that was deployed: its resources (type, physical id) by their logical ids, and the root's clients."""

    def __init__(self, endpoint: str, stripe: str) -> None:
        self.endpoint, self._stripe = endpoint, stripe
        self._clients: dict[str, Any] = {}
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
        self.resources: dict[str, tuple[str, str]] = {
            each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
            for page in pages
            for each in page["StackResourceSummaries"]
        }
        self.ids = {name: id for name, (_, id) in self.resources.items()}
        described = self.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        self.outputs: dict[str, str] = {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}

    def client(self, service: str) -> Any:
        """A boto3 client of the root's."""
        if service not in self._clients:
            self._clients[service] = boto3.client(  # type: ignore[call-overload]
                service,
                endpoint_url=self.endpoint.replace("127.", "") if service == STORES else self.endpoint,
                region_name=REGION,
                aws_access_key_id=OURS["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=OURS["AWS_SECRET_ACCESS_KEY"],
            )
        return self._clients[service]

    def as_service(self, service: str, asked: str, source: str) -> Any:
        """A client by which a service of AWS asks, on behalf of one of its resources: see emulator.py."""
        client = boto3.client(asked, endpoint_url=self.endpoint, region_name=REGION)  # type: ignore[call-overload]

        def say(request: Any, **_: Any) -> None:
            request.headers["x-e2e-service"] = f"{service}.amazonaws.com"
            request.headers["x-e2e-source"] = f"arn:aws:{service}:{REGION}:{ACCOUNT}:{source}"

        client.meta.events.register("before-send", say)
        return client

    def opened(self) -> Stack:
        """The stack as ops' tools see it."""
        return _Chosen(False, STACK_NAME, None, self._stripe).open()

    def frontline(self, *arguments: str, said: str = "") -> str:
        """The command as ops types it, for the deployed stack; returns what it printed. Raises Failed.

        In this process, which stands in the emulator's environment; only where Stripe is it cannot learn from there.
        """
        chosen = _Chosen(False, STACK_NAME, None, self._stripe)
        ended = CliRunner().invoke(app, [*arguments], input=said, obj=chosen, catch_exceptions=False)
        if ended.exit_code:
            raise Failed(f"frontline {' '.join(arguments[:2])} ({ended.exit_code}): {ended.output.strip()}")
        return ended.output


@dataclass(frozen=True)
class _Chosen(Chosen):
    """`--stack frontline`, whose Stripe is the till."""

    stripe: str = ""

    def open(self) -> Stack:
        return replace(super().open(), endpoints={"stripe": self.stripe})
