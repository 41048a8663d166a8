"""An S3 that does next to nothing: GET from memory, keep-alive, in a process of its own; only the reader is measured.

moto closes every connection and costs more than what is measured. There is no TLS: neither side's figures hold any.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection

_MISSING = b"<Error><Code>NoSuchKey</Code><Message>none</Message><Key>k</Key></Error>"


ASKED = "/asked"
"""Tells how many GETs there have been."""


async def _serve(objects: Mapping[str, bytes], ready: Connection) -> None:
    asked = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].partition(b"?")[0].decode()
                asked += path != ASKED
                body = str(asked).encode() if path == ASKED else objects.get(path)
                status = b"200 OK" if body is not None else b"404 Not Found"
                kind = b"application/json" if body is not None else b"application/xml"
                tag = b'"%032x"' % abs(hash(path))  # as long as S3's, and its own for each object
                if body is not None and tag in head:  # If-None-Match
                    writer.write(b"HTTP/1.1 304 Not Modified\r\nETag: " + tag + b"\r\n\r\n")
                    await writer.drain()
                    continue
                body = _MISSING if body is None else body
                writer.write(
                    b"HTTP/1.1 "
                    + status
                    + b"\r\nETag: "
                    + tag
                    + b"\r\nLast-Modified: Mon, 23 Nov 2026 00:00:00 GMT\r\n"
                    b"Content-Type: " + kind + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(objects: Mapping[str, bytes], ready: Connection) -> None:
    asyncio.run(_serve(objects, ready))


@contextmanager
def s3_server(objects: Mapping[str, bytes]) -> Iterator[str]:
    """The address of a server that holds these objects (`/bucket/key` → bytes)."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(dict(objects), there), daemon=True)
    process.start()
    there.close()  # or nobody would notice that the process has died
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
