"""Runs a CloudFront function's very source on this machine: QuickJS with the modules of runtime cloudfront-js-2.0.

What the runtime offers: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
"""

import base64
import hashlib
import hmac
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import quickjs

LOG: Final = logging.getLogger(__name__)  # what a function hands to console.log
SHIMS: Final = Path(__file__).with_name("edge_runtime.js").read_text(encoding="utf-8")
IMPORT: Final = re.compile(r"^import (\w+) from ['\"](\w+)['\"];?", re.MULTILINE)
MEMORY_BYTES: Final = 4 * 1024 * 1024  # CloudFront gives a function 2 MB; the engine and the shims need some of this
CPU_SECONDS: Final = 1.0  # counted over all threads of this process, so far above CloudFront's own millisecond
MOST_STEPS: Final = 32  # keys read and digests taken by one run; ours takes four at most


class EdgeError(Exception):
    """The function threw, gave no answer, or used up its time or memory: CloudFront would answer 503."""


class EdgeFunction:
    """One CloudFront function, ready to run, on as many threads as one likes.

    `source` is the function's text as it is deployed, `read_key` the associated key-value store (`None` for a key that
    is not there; what it raises reaches the function as a rejected promise), `now` the clock in seconds.
    """

    def __init__(
        self,
        source: str,
        read_key: Callable[[str], str | None],
        now: Callable[[], float] = time.time,
        *,
        cpu_seconds: float = CPU_SECONDS,
    ) -> None:
        self._source = IMPORT.sub(r"const \1 = __modules.\2;", source)
        self._read_key = read_key
        self._now = now
        self._cpu_seconds = cpu_seconds
        self._threads = threading.local()  # a QuickJS context belongs to the thread that made it

    def run(self, event: dict[str, Any]) -> dict[str, Any]:
        """Give the function an event of CloudFront's shape; returns the request or the response that it returns.

        Raises EdgeError when the function throws or runs away.
        """
        try:
            engine: _Engine = getattr(self._threads, "engine", None) or _Engine(self._source, self._cpu_seconds)
            self._threads.engine = engine
            # As a float: a whole number would reach JavaScript cut to 32 bits.
            return engine.run(json.dumps(event), float(self._now() * 1000), self._read_key)
        except EdgeError:
            self._threads.engine = None  # whatever is left of the run must not reach into the next
            raise
        except (quickjs.JSException, quickjs.StackOverflow, MemoryError) as error:
            self._threads.engine = None
            # An engine without memory for an error's text throws `null`.
            raise EdgeError("out of memory" if str(error).strip() in ("", "null") else str(error)) from error


class _Engine:
    """A context with the shims and the function in it.

    QuickJS does not let a script call Python while its time is limited. So the function is run until it wants
    something from outside; a key of the store is handed in through the promise it waits for, a digest (which a function
    takes without waiting) by running it again from the start with the digest at hand. A function keeps no state and its
    clock stands still, so the second run goes the way of the first.
    """

    def __init__(self, source: str, cpu_seconds: float) -> None:
        self._context = quickjs.Context()
        self._context.set_memory_limit(MEMORY_BYTES)
        self._context.set_time_limit(cpu_seconds)
        self._context.eval(SHIMS)
        self._start, self._look, self._tell, self._keep = map(
            self._context.get, ("__start", "__look", "__tell", "__keep")
        )
        # On one line with the source, so that line numbers in errors are the source's own.
        self._context.eval(f"__load(function (__modules) {{ 'use strict'; {source}\nreturn handler; }})")

    def run(self, event: str, milliseconds: float, read_key: Callable[[str], str | None]) -> dict[str, Any]:
        read: dict[str, Sequence[str | None]] = {}
        self._start(event, milliseconds)
        for _ in range(MOST_STEPS):
            while self._context.execute_pending_job():
                pass
            seen: dict[str, Any] = json.loads(self._look())
            if "wanted" in seen:
                self._keep(seen["wanted"], _digest(*json.loads(seen["wanted"])))
                self._start(event, milliseconds)
            elif "keys" in seen:
                read.update({key: _read(read_key, key) for key in seen["keys"] if key not in read})
                self._tell(json.dumps([read[key] for key in seen["keys"]]))
            else:
                return _answer(seen)
        raise EdgeError(f"the function asked for keys or digests more than {MOST_STEPS} times")


def _answer(seen: dict[str, Any]) -> dict[str, Any]:
    for line in seen.get("logs", ()):
        LOG.info("%s", line)
    if "error" in seen:
        raise EdgeError(seen["error"])
    answer = seen.get("answer")
    if not isinstance(answer, dict):
        raise EdgeError("the function returned neither a request nor a response")
    return answer


def _read(read_key: Callable[[str], str | None], key: str) -> Sequence[str | None]:
    try:
        return (read_key(key), None)
    except Exception as error:  # noqa: BLE001  # whatever the store raises is the function's to handle
        return (None, f"{type(error).__name__}: {error}")


def _digest(encoding: str, algorithm: str, key: str | None, *parts: str) -> str:
    """The hash of the parts, or with a key their HMAC."""
    data = b"".join(map(_bytes, parts))
    if key is None:
        digest = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    else:
        digest = hmac.digest(_bytes(key), data, algorithm)
    if encoding == "hex":
        return digest.hex()
    if encoding == "base64url":
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return base64.b64encode(digest).decode()


def _bytes(part: str) -> bytes:
    kind, text = part[0], part[1:]
    if kind == "h":
        return bytes.fromhex(text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
