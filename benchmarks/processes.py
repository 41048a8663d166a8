"""Functions in processes of their own, and the CPU time that these use: under Lambda's runtime client, or called in a
loop."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

_ONE_AUTHORITY = Path(__file__).with_name("one-authority.pem")
PYTHON = str(getattr(sys, "_base_executable", sys.executable))


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process so far, with the kernel's precision (clock_getcpuclockid(3))."""
    return time.clock_gettime(((~pid) << 3) | 2)


def environment(path: Iterable[Path], endpoint: str) -> dict[str, str]:
    """What Lambda would set, and nothing of this shell's."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(str(folder) for folder in path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "LAMBDA_TASK_ROOT": str(next(iter(path))),
        "CONTENT_BUCKET": "content",
        "KEYRING_BUCKET": "keyring",
        "POWERTOOLS_SERVICE_NAME": "articles",
        "POWERTOOLS_METRICS_NAMESPACE": "Frontline",
        "TZ": ":UTC",
        # No figure has TLS in it: boto3 loads the machine's list of authorities with its first TLS request, our store
        # when it is made. Both are spared that; `ca_store_load` says what it is.
        "SSL_CERT_FILE": str(_ONE_AUTHORITY),
        "SSL_CERT_DIR": "/nonexistent",
    }


class _RuntimeApi(http.server.BaseHTTPRequestHandler):
    """The part of Lambda's Runtime API that the client uses: next, response, error."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # The client's parser wants an answer in one piece
    disable_nagle_algorithm = True
    server: ColdStart

    def do_GET(self) -> None:
        self.server.asked()
        body = self.server.event
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "1")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60_000))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:1:function:bench")
        self.send_header("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.answers.append((self.path, said))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


class ColdStart(http.server.ThreadingHTTPServer):
    """One start of a function under the real runtime client, with one invocation."""

    daemon_threads = True

    def __init__(self, event: Mapping[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _RuntimeApi)
        self.event = json.dumps(event).encode()
        self.answers: list[tuple[str, bytes]] = []
        self.marks: list[float] = []
        self._twice = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def asked(self) -> None:
        """The function asks for work: it has started, or it has answered. Its clock is read before it gets any."""
        assert self._process is not None
        self.marks.append(cpu_seconds(self._process.pid))
        if len(self.marks) >= 2:
            self._twice.set()
            time.sleep(3600)  # No more work: the process is ended below.

    def run(self, handler: str, variables: Mapping[str, str]) -> tuple[float, float]:
        """CPU seconds until it asks for work, and until it has answered. Raises RuntimeError when it answers
        wrongly."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        variables = {**variables, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server_address[1]}", "_HANDLER": handler}
        command = [PYTHON, "-S", "-P", "-m", "awslambdaric", handler]
        with subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            self._process = process
            try:
                if not self._twice.wait(60):
                    raise RuntimeError(f"{handler} did not answer: {self.answers}")
            finally:
                process.kill()
                self.shutdown()
                self.server_close()
        path, said = self.answers[0]
        if not path.endswith("/response") or json.loads(said)["statusCode"] not in (200, 204):
            raise RuntimeError(f"{handler} answered {path}: {said[:300]!r}")
        return self.marks[0], self.marks[1]


_LOOP = """
import importlib, json, operator, sys, time
out, sys.stdout = sys.stdout, open("/dev/null", "w")  # before a logger takes it
handler = importlib.import_module(sys.argv[1]).handler
events = json.loads(sys.stdin.readline())
for event, status in events:
    assert handler(event, None)["statusCode"] == status, handler(event, None)
for order in sys.stdin:
    number, calls, forget = map(int, order.split())
    event = events[number][0]
    kept = [operator.attrgetter(each)(sys.modules[sys.argv[1]]._doors) for each in sys.argv[2:]] if forget else []
    began = time.process_time()
    for _ in range(calls):
        for each in kept:
            each.clear()
        handler(event, None)
    print((time.process_time() - began) / calls, file=out, flush=True)
"""


class Loop:
    """A function in a process that stays, called when it is told to: so that two can take turns, and what slows the
    machine down for a second slows both. `keeps`: where its doors keep what a call is to `forget`."""

    def __init__(
        self,
        module: str,
        events: Sequence[tuple[Mapping[str, Any], int]],
        variables: Mapping[str, str],
        calls: int = 40,
        keeps: Sequence[str] = ("articles._kept",),
    ) -> None:
        command = [PYTHON, "-S", "-P", "-c", _LOOP, module, *keeps]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, env=dict(variables), text=True, **pipes)  # type: ignore[call-overload]
        self._calls = calls
        self._say(json.dumps(events))
        for number in range(len(events)):
            self.call(number)  # the first calls open what stays open

    def call(self, number: int = 0, *, forget: bool = False) -> float:
        """CPU seconds of one call with the event of that number, over some calls.

        `forget`: each is the function's first of that article or list, nothing is kept from the one before.
        """
        self._say(f"{number} {self._calls} {int(forget)}")
        return float(self._process.stdout.readline())

    def _say(self, line: str) -> None:
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def __enter__(self) -> Loop:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(10)
