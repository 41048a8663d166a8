"""A backup as it lies in a folder, for its owner's eyes alone.

    manifest.json      what there is, with checksums. Written last: a folder without it is no backup
    members.jsonl …    an item of a table a line, as DynamoDB writes items
    media.jsonl …      an object of a bucket a line: its key, what it says of itself, its checksum
    objects/<sha256>   what is in an object, by its checksum, so that the same is there once
    unfinished.json    of which stack, while the manifest is not there: who is cut off goes on where they were

Nothing in it leads out of it: files have fixed names or checksums for names, and keys are never paths here.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeVar

import msgspec
from msgspec import Struct

from infra.ops.stores import CHUNK, HEADERS, Item, Told
from shared.domain.decoding import UNREADABLE
from shared.domain.refusals import FolderTaken, UnusableBackup

SCHEMA: Final = 1
TABLES: Final = ("members", "mailings", "ledger")
BUCKETS: Final = ("keyring", "media", "static", "content")
_OURS: Final = {
    "keyring": re.compile(r"(keyring|trust)\.json"),
    "media": re.compile(r"(media|waiting)/.+", re.DOTALL),
    "static": re.compile(r"static/.+", re.DOTALL),
    "content": re.compile(r"paper\.json|(articles|announced|campaigns)/.+", re.DOTALL),
}
KEYRING: Final = "keyring.json"
_MANIFEST: Final = "manifest.json"
_UNFINISHED: Final = "unfinished.json"
_OBJECTS: Final = "objects"
_MOST: Final = 1_000_000  # bytes of a manifest
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_ATTRIBUTES: Final = frozenset({"S", "N", "BOOL", "NULL", "SS", "NS", "L", "M"})
_encode = msgspec.json.Encoder(order="sorted").encode
T = TypeVar("T")


class Noted(Struct, frozen=True, forbid_unknown_fields=True):
    """A file as it was written."""

    lines: int
    sha256: str


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup holds. Moments are seconds since 1970: nothing in it is from before the one or after the other.
    `objects`, `bytes`: of all buckets together, the same content once."""

    schema: Literal[1]
    stack: str
    livemode: bool
    began_at: int
    ended_at: int
    files: dict[str, Noted]
    objects: int
    bytes: int


class Kept(Struct, frozen=True, forbid_unknown_fields=True):
    """An object of a bucket. `size` in bytes; `tag`: its entity tag, by which who goes on knows it again."""

    key: str
    sha256: str
    size: int
    tag: str
    told: Told


class Unfinished(Struct, frozen=True, forbid_unknown_fields=True):
    """Which stack a backup is being made of, and since when."""

    instance: str
    began_at: int


_manifests: Final[msgspec.json.Decoder[Manifest]] = msgspec.json.Decoder(Manifest)
_kept: Final[msgspec.json.Decoder[Kept]] = msgspec.json.Decoder(Kept)
_items: Final[msgspec.json.Decoder[Item]] = msgspec.json.Decoder(Item)
_unfinished: Final[msgspec.json.Decoder[Unfinished]] = msgspec.json.Decoder(Unfinished)


def is_ours(bucket: str, key: str) -> bool:
    """Whether an object of that bucket belongs in a backup. Whatever else lies there is made anew from these, or was
    not put there by us."""
    return _OURS[bucket].fullmatch(key) is not None and not {"", ".", ".."} & set(key.split("/"))


def _opened(path: Path, flags: int) -> BinaryIO:
    """A file of the folder, never what a link leads to."""
    return os.fdopen(os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "r+b" if flags & os.O_RDWR else "rb")


class Lines:
    """A file that is written a line at a time. It has its name once it is whole."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path, self._part = folder / f"{name}.jsonl", folder / f"{name}.jsonl.part"
        self._part.unlink(missing_ok=True)
        self._file = _opened(self._part, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        self._digest, self._lines = hashlib.sha256(), 0

    def add(self, value: object) -> None:
        line = _encode(value) + b"\n"
        self._digest.update(line)
        self._lines += 1
        self._file.write(line)

    def flush(self) -> None:
        """So that whoever goes on finds it."""
        self._file.flush()

    def end(self) -> Noted:
        _close(self._file)
        self._part.replace(self._path)
        return Noted(self._lines, self._digest.hexdigest())


def _close(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


class NewFolder:
    """A backup that is being written. Raises FolderTaken for a folder that holds anything but the beginning of one of
    the same stack."""

    def __init__(self, path: Path, instance: str, now: int) -> None:
        self._path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except FileExistsError:
            raise FolderTaken("This is a file: take a folder that is empty or new.") from None
        present = {each.name for each in path.iterdir()}
        if _MANIFEST in present:
            raise FolderTaken("There is a whole backup in this folder already: it stays as it is.")
        if not present:
            self._write(_UNFINISHED, Unfinished(instance, now))
        elif _UNFINISHED not in present:
            raise FolderTaken("There is something in this folder, and it is no backup: take one that is empty or new.")
        self.begun = _decoded(_unfinished, _small(path / _UNFINISHED), _UNFINISHED)
        if self.begun.instance != instance:
            raise FolderTaken("In this folder is the beginning of another stack's backup.")
        (path / _OBJECTS).mkdir(mode=0o700, exist_ok=True)

    def lines(self, name: str) -> Lines:
        """A file of that name, from its beginning."""
        return Lines(self._path, name)

    def earlier(self, bucket: str) -> dict[str, Kept]:
        """What whoever was cut off has already of that bucket, by key."""
        found: dict[str, Kept] = {}
        for name in (f"{bucket}.jsonl", f"{bucket}.jsonl.part"):
            try:
                lines = _opened(self._path / name, os.O_RDONLY)
            except FileNotFoundError:
                continue
            with lines:
                for line in lines:
                    try:
                        one = _kept.decode(line)
                    except UNREADABLE:
                        break  # the last one, which was cut off
                    if self._holds(one):
                        found[one.key] = one
        return found

    def keep(self, read: Callable[[BinaryIO], T | None]) -> tuple[T, str, int] | None:
        """Keep what `read` writes into a file, under its checksum. Returns what `read` returned, the checksum and the
        size; None where that was None."""
        part = self._path / _OBJECTS / f"{os.urandom(8).hex()}.part"
        with _opened(part, os.O_RDWR | os.O_CREAT | os.O_EXCL) as file:
            found = read(file)
            size = file.tell()
            file.seek(0)
            sha256 = _sum(file)
            file.flush()
            os.fsync(file.fileno())
        if found is None:
            part.unlink()
            return None
        part.replace(part.with_name(sha256))
        return found, sha256, size

    def end(self, stack: str, livemode: bool, now: int, files: dict[str, Noted], kept: dict[str, int]) -> Manifest:
        """All of it is there: say so. `kept`: the sizes of objects, by checksum."""
        for left in (self._path / _OBJECTS).iterdir():
            if left.name not in kept:
                left.unlink()
        manifest = Manifest(SCHEMA, stack, livemode, self.begun.began_at, now, files, len(kept), sum(kept.values()))
        self._write(_MANIFEST, manifest)
        (self._path / _UNFINISHED).unlink()
        return manifest

    def _holds(self, one: Kept) -> bool:
        path = self._path / _OBJECTS / one.sha256
        return bool(_SHA256.fullmatch(one.sha256)) and path.is_file() and path.stat().st_size == one.size

    def _write(self, name: str, value: object) -> None:
        part = self._path / f"{name}.part"
        part.unlink(missing_ok=True)
        file = _opened(part, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        file.write(msgspec.json.format(_encode(value), indent=2) + b"\n")
        _close(file)
        part.replace(self._path / name)


class WholeFolder:
    """A backup that is whole, and of which every byte is as it was written. Raises UnusableBackup.

    All of it is read once for that before anything is given out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            text = _small(path / _MANIFEST)
        except OSError:
            is_begun = (path / _UNFINISHED).exists()
            cure = "It was cut off: `frontline backup` with the same folder completes it."
            raise UnusableBackup(cure if is_begun else "There is no backup in this folder.") from None
        schema = _decoded(msgspec.json.Decoder(dict[str, Any]), text, _MANIFEST).get("schema")
        if schema != SCHEMA:
            raise UnusableBackup(f"Its form is {schema!r}, and this version of Frontline reads {SCHEMA}.")
        self.manifest = _decoded(_manifests, text, _MANIFEST)
        if set(self.manifest.files) != {*TABLES, *BUCKETS}:
            raise UnusableBackup("Its manifest names other files than a backup has.")

    def verify(self, step: Callable[[], None]) -> None:
        """Read all of it; `step` is called after each file and object."""
        sizes: dict[str, int] = {}
        for name, noted in self.manifest.files.items():
            digest, lines = hashlib.sha256(), 0
            for line in self._lines(name):
                digest.update(line)
                lines += 1
            if (lines, digest.hexdigest()) != (noted.lines, noted.sha256):
                raise UnusableBackup(f"{name}.jsonl is not as it was written.")
            step()
        for table in TABLES:
            for _ in self.items(table):
                pass
        for bucket in BUCKETS:
            sizes |= {each.sha256: each.size for each in self.objects(bucket)}
        if (len(sizes), sum(sizes.values())) != (self.manifest.objects, self.manifest.bytes):
            raise UnusableBackup("Its manifest and its lists of objects differ.")
        for sha256 in sizes:
            with self.content(sha256) as file:
                if _sum(file) != sha256:
                    raise UnusableBackup(f"{_OBJECTS}/{sha256} is not as it was written.")
            step()

    def items(self, table: str) -> Iterator[Item]:
        """A table's items."""
        for line in self._lines(table):
            item = _decoded(_items, line, f"{table}.jsonl")
            keys = [item.get(name, {}).get("S") for name in ("pk", "sk")]
            known = all(len(each) == 1 and each.keys() <= _ATTRIBUTES for each in item.values())
            if not known or not all(isinstance(key, str) and key for key in keys):
                raise UnusableBackup(f"{table}.jsonl holds what is no item of ours.")
            yield item

    def objects(self, bucket: str) -> Iterator[Kept]:
        """A bucket's objects."""
        for line in self._lines(bucket):
            one = _decoded(_kept, line, f"{bucket}.jsonl")
            if (
                not is_ours(bucket, one.key)
                or not _SHA256.fullmatch(one.sha256)
                or not one.told.headers.keys() <= set(HEADERS)
            ):
                raise UnusableBackup(f"{bucket}.jsonl holds what is no object of ours.")
            yield one

    def content(self, sha256: str) -> BinaryIO:
        """What is in an object."""
        return self._open(self._path / _OBJECTS / sha256)

    def _lines(self, name: str) -> Iterator[bytes]:
        with self._open(self._path / f"{name}.jsonl") as file:
            yield from file

    def _open(self, path: Path) -> BinaryIO:
        try:
            return _opened(path, os.O_RDONLY)
        except OSError as error:
            raise UnusableBackup(f"{path.relative_to(self._path)} cannot be read: {error.strerror}.") from None


def _sum(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _small(path: Path) -> bytes:
    with _opened(path, os.O_RDONLY) as file:
        return file.read(_MOST)


def _decoded(decoder: msgspec.json.Decoder[T], text: bytes, name: str) -> T:
    try:
        return decoder.decode(text)
    except UNREADABLE:
        raise UnusableBackup(f"{name} is not as it was written.") from None
