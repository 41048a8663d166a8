"""A function's process: imports the handler as Lambda does, then answers one event after the other. Run as a program.

Its environment is the function's own; it speaks with workers.py over a socket that it inherits.
"""

import json
import os
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

LENGTH = struct.Struct("!I")


@dataclass(frozen=True)
class Context:
    """What Lambda's Python runtime hands to a handler beside the event."""

    aws_request_id: str
    deadline: float  # Unix seconds
    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    function_version: str = "$LATEST"
    log_group_name: str = ""
    log_stream_name: str = "this-machine"
    identity: None = None
    client_context: None = None
    tenant_id: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end this invocation."""
        return max(int((self.deadline - time.time()) * 1000), 0)


def packed(message: Any) -> bytes:
    """One message: its length and its JSON. Raises TypeError or ValueError for what JSON cannot hold."""
    payload = json.dumps(message).encode()
    return LENGTH.pack(len(payload)) + payload


def receive(channel: socket.socket) -> Any:
    """The next message; EOFError when the other side has gone, TimeoutError after the socket's time-out."""
    (length,) = LENGTH.unpack(_exactly(channel, LENGTH.size))
    return json.loads(_exactly(channel, length))


def _exactly(channel: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = channel.recv(min(count - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def load(path: str) -> Callable[[Any, Any], Any]:
    """The handler that `package.module.function` names."""
    module, _, name = path.replace("/", ".").rpartition(".")
    handler: Callable[[Any, Any], Any] = getattr(import_module(module), name)
    return handler


def serve(channel: socket.socket, handler: Callable[[Any, Any], Any]) -> None:
    """Answer until the other side hangs up. What a handler raises is told on stderr and to the other side."""
    while True:
        try:
            call = receive(channel)
        except (EOFError, ConnectionError):
            return
        try:
            reply = packed({"answer": handler(call["event"], Context(**call["context"]))})
        except Exception as error:  # noqa: BLE001  # Lambda's runtime reports whatever a handler raises
            traceback.print_exc()
            reply = packed({"error": type(error).__name__})
        sys.stdout.flush()
        channel.sendall(reply)


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    handler = load(os.environ["_HANDLER"])
    channel.sendall(packed({"ready": True}))
    serve(channel, handler)


if __name__ == "__main__":
    main()
