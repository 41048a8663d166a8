"""Lambda on this machine: each function in processes of its own, one invocation per process at a time."""

import os
import queue
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from infra.local.distribution import FunctionSpec
from infra.local.template import ACCOUNT, REGION
from infra.local.worker import packed, receive

ROOT: Final = Path(__file__).resolve().parents[2]
INIT_SECONDS: Final = 10.0  # Lambda's limit for importing a handler
PROCESSES: Final = 2  # of each function


class FunctionTimedOutError(Exception):
    """The function did not answer within its time; its process is gone."""


class FunctionFailedError(Exception):
    """The handler raised, its process died, or what it returned is no JSON."""


class FunctionStoppedError(Exception):
    """The function has been stopped, as for an outage: nobody is there to answer."""


class _Process:
    """One process. Starts importing the handler at once; is used by one thread at a time."""

    def __init__(self, spec: FunctionSpec, environment: Mapping[str, str], log: Path) -> None:
        self._spec = spec
        self._channel, theirs = socket.socketpair()
        with theirs, log.open("ab") as stdout:
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-m", "infra.local.worker", str(theirs.fileno())],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the stack, which then ends this
            )
        self._ready = False

    def invoke(self, event: Mapping[str, Any], seconds: float) -> Any:
        """What the handler returns. After FunctionTimedOutError, or a death, this process is of no more use."""
        try:
            if not self._ready:
                self._channel.settimeout(INIT_SECONDS)
                receive(self._channel)
                self._ready = True
            context = {
                "aws_request_id": str(uuid.uuid4()),
                "deadline": time.time() + self._spec.timeout,
                "function_name": self._spec.name,
                "invoked_function_arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self._spec.name}",
                "memory_limit_in_mb": str(self._spec.memory),
                "log_group_name": f"/aws/lambda/{self._spec.name}",
            }
            self._channel.settimeout(seconds)
            self._channel.sendall(packed({"event": event, "context": context}))
            reply = receive(self._channel)
        except TimeoutError:
            raise FunctionTimedOutError(f"{self._spec.logical_id} took longer than {seconds:g} s") from None
        except (EOFError, OSError):
            self.end()  # its end may be under way still: nobody else is to be given this process
            raise FunctionFailedError(f"{self._spec.logical_id} ended without an answer") from None
        if "error" in reply:
            raise FunctionFailedError(f"{self._spec.logical_id} raised {reply['error']}")
        return reply["answer"]

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._channel.close()
        self._process.kill()
        self._process.wait()


class FunctionPool:
    """The processes of one function. More calls than processes wait for one, as Lambda would have started more.

    `stripe`: where Stripe is. Processes start with the first calls, as Lambda's do. `called` hears of each call how
    many seconds it took, and whether it failed.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        endpoint: str,
        log: Path,
        size: int = PROCESSES,
        stripe: str | None = None,
        called: Callable[[float, bool], object] = lambda seconds, failed: None,
    ) -> None:
        self.spec = spec
        self._called = called
        self._environment = environment(spec, endpoint, stripe)
        self._log = log
        self._idle: queue.LifoQueue[_Process] = queue.LifoQueue()
        self._lock = threading.Lock()
        self._all: set[_Process] = set()
        self._size = size
        self.calls = 0  # invocations since the start
        self.start()

    def start(self) -> None:
        """Be there (again) for calls."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._stopped = False

    def stop(self) -> None:
        """End the processes; calls fail with FunctionStoppedError until `start`."""
        with self._lock:
            self._stopped = True
            ended, self._all = self._all, set()
        for process in ended:
            process.end()

    @property
    def is_there(self) -> bool:
        """Whether it has not been stopped."""
        return not self._stopped

    def invoke(self, event: Mapping[str, Any], patience: float) -> Any:
        """What the handler returns for an event. `patience` (seconds) is the caller's; the function's limit holds too.

        Raises FunctionTimedOutError, FunctionFailedError, FunctionStoppedError.
        """
        give_up = time.monotonic() + patience
        process = self._take(give_up)
        with self._lock:
            self.calls += 1
        began = time.monotonic()
        try:
            answer = process.invoke(event, min(self.spec.timeout, max(give_up - began, 0.001)))
        except FunctionTimedOutError:
            self._called(time.monotonic() - began, True)
            self._replace(process)
            raise
        except FunctionFailedError:
            self._called(time.monotonic() - began, True)
            if process.is_alive:
                self._idle.put(process)
            else:
                self._replace(process)
            raise
        self._called(time.monotonic() - began, False)
        self._idle.put(process)
        return answer

    def _take(self, give_up: float) -> _Process:
        while not self._stopped:
            if self._idle.empty() and len(self._all) < self._size:
                self._add()
            try:
                process = self._idle.get(timeout=max(give_up - time.monotonic(), 0))
            except queue.Empty:
                raise FunctionTimedOutError(f"every process of {self.spec.logical_id} is busy") from None
            if process in self._all and process.is_alive:
                return process
            if process in self._all:
                self._replace(process)
        raise FunctionStoppedError(f"{self.spec.logical_id} is stopped")

    def _replace(self, process: _Process) -> None:
        with self._lock:
            self._all.discard(process)
        process.end()
        self._add()

    def _add(self) -> None:
        with self._lock:
            if self._stopped or len(self._all) >= self._size:
                return
            process = _Process(self.spec, self._environment, self._log)
            self._all.add(process)
        self._idle.put(process)


def environment(spec: FunctionSpec, endpoint: str, stripe: str | None = None) -> dict[str, str]:
    """A function's environment: Lambda's own variables, the template's, and where AWS is on this machine; for one that
    has Stripe's key, where Stripe is, too.

    Nothing else of this machine's environment, least of all anybody's AWS credentials.
    """
    at_stripe = {"STRIPE_API": stripe} if stripe and "STRIPE_KEY" in spec.environment else {}
    passed_on = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {
        **passed_on,
        "_HANDLER": spec.handler,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "this-machine",
        "LAMBDA_TASK_ROOT": str(ROOT),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",  # object stores written in Rust insist on TLS otherwise
        **at_stripe,
        **spec.environment,
    }
