"""An issuer on this machine that does to whoever asks for its keys what the test says."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Manner = Callable[[socket.socket, str], None]
"""What is done with a connection on which a path was asked for."""


def says(body: bytes, status: str = "200 OK", *headers: str) -> Manner:
    """A whole answer."""

    def answer(connection: socket.socket, _: str) -> None:
        head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers]
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    return answer


def sends(raw: bytes, seconds: float = 0) -> Manner:
    """These bytes and, after so much time, the end."""

    def answer(connection: socket.socket, _: str) -> None:
        connection.sendall(raw)
        time.sleep(seconds)

    return answer


def drips(raw: bytes, seconds: float) -> Manner:
    """These bytes, one by one, with so much time after each."""

    def answer(connection: socket.socket, _: str) -> None:
        for byte in raw:
            connection.sendall(bytes([byte]))
            time.sleep(seconds)

    return answer


def late(seconds: float, manner: Manner) -> Manner:
    def answer(connection: socket.socket, path: str) -> None:
        time.sleep(seconds)
        manner(connection, path)

    return answer


def pours(head: bytes, seconds: float) -> Manner:
    """A body without end."""

    def answer(connection: socket.socket, _: str) -> None:
        connection.sendall(head)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            connection.sendall(b" " * 65_536)

    return answer


@dataclass
class Misbehaving:
    """An issuer. `manner` is how it answers any path, `paths` how these; `asked` what it was asked, `cut` how many
    connections were taken from it while it still answered."""

    url: str
    manner: Manner
    paths: dict[str, Manner] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cut: int = 0


class Authority:
    """One that certifies hosts, and whom those trust who are given `client()`."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._signed("an authority", self._key, is_authority=True)

    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self._certificate.public_bytes(Encoding.PEM).decode())

    def server(self, host: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.write(self._signed(host, key, is_authority=False).public_bytes(Encoding.PEM))
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _signed(self, name: str, key: ec.EllipticCurvePrivateKey, *, is_authority: bool) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority")])
        made = (
            x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if is_authority:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            made = made.add_extension(usage, critical=True)
        else:
            made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return made.sign(self._key, SHA256())


@contextmanager
def misbehaving(
    manner: Manner, tls: ssl.SSLContext | None = None, before: Manner | None = None
) -> Iterator[Misbehaving]:
    """An issuer as long as the block lasts; by TLS where it has a certificate. `before`: what it does first."""
    listener = socket.create_server(("127.0.0.1", 0))
    issuer = Misbehaving(f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}", manner)

    def serve(plain: socket.socket) -> None:
        try:
            if before is not None:
                before(plain, "")
            with tls.wrap_socket(plain, server_side=True) if tls else plain as connection:
                answer(connection)
        except OSError:  # whoever asked does not trust us, or has had enough
            issuer.cut += 1

    def answer(connection: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            if not (more := connection.recv(65_536)):
                return
            request += more
        path = request.split(b" ")[1].decode()
        issuer.asked.append(path)
        issuer.paths.get(path, issuer.manner)(connection, path)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed: the test is over
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield issuer
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
