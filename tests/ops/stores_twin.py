"""Tables and buckets in memory, as `infra.ops.stores` promises them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from infra.ops.stores import Item, Told


def _nothing() -> None:
    pass


class MemoryTable:
    """`Table`. `before` is called before each write: whoever raises there cuts it off."""

    def __init__(self, *items: Item, before: Callable[[], None] = _nothing) -> None:
        self.rows = {_key(item): item for item in items}
        self.before = before

    def items(self, beginning: str = "") -> Iterator[Item]:
        return iter([item for (pk, _), item in self.rows.items() if pk.startswith(beginning)])

    def get(self, item: Item) -> Item | None:
        return self.rows.get(_key(item))

    def put(self, item: Item) -> Item | None:
        self.before()
        there = self.rows.setdefault(_key(item), item)
        return None if there is item else there

    def replace(self, item: Item) -> None:
        self.before()
        self.rows[_key(item)] = item


class MemoryBucket:
    """`Bucket`. `before` is called before each read and write with the key."""

    def __init__(self, objects: dict[str, tuple[bytes, Told]], before: Callable[[str], None] = lambda _: None) -> None:
        self.objects = dict(objects)
        self.before = before

    def listed(self) -> Iterator[tuple[str, str]]:
        return iter([(key, _tag(body)) for key, (body, _) in self.objects.items()])

    def read(self, key: str, into: BinaryIO) -> tuple[Told, str] | None:
        self.before(key)
        if key not in self.objects:
            return None
        body, told = self.objects[key]
        into.write(body)
        return told, _tag(body)

    def digest(self, key: str) -> str | None:
        return hashlib.sha256(self.objects[key][0]).hexdigest() if key in self.objects else None

    def put(self, key: str, body: BinaryIO, told: Told) -> bool:
        self.before(key)
        made = (body.read(), told)
        return self.objects.setdefault(key, made) is made

    def replace(self, key: str, body: BinaryIO, told: Told) -> None:
        self.before(key)
        self.objects[key] = (body.read(), told)


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
