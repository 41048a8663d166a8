"""Making and rotating the keys that passes are signed with."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain import keyrings
from shared.domain.keyrings import Keyring, PassKey
from shared.domain.refusals import UnusableKeyring
from shared.ports.publishing import EdgeKeys, KeyringShelf


def new_key(now: float) -> PassKey:
    """A key with 256 random bits; its id tells the day it was made."""
    return PassKey(f"p{int(now):x}-{secrets.token_hex(2)}", secrets.token_urlsafe(32), int(now))


def init_keys(shelf: KeyringShelf, edge: EdgeKeys, issuer: str, now: float) -> tuple[Keyring, bool]:
    """Make the ring, or, when there is one, put its copy at the edge again. Returns it, and whether it was made now."""
    found = shelf.read_version()
    ring = keyrings.begin(issuer, new_key(now)) if found is None else found[0]
    if found is None:
        shelf.write(ring, None)
    edge.put(ring)
    return ring, found is None


def rotate_keys(shelf: KeyringShelf, edge: EdgeKeys, now: float, settle: Callable[[], None]) -> Keyring:
    """Sign with a new key from now on; passes of the present one stay good.

    The new key is accepted everywhere first, then `settle` waits until that is known everywhere, then it becomes
    current.
    Whatever step this ends after, passes verify; running it again completes it. Raises UnusableKeyring, KeyringChanged.
    """
    ring, version = _present(shelf)
    ahead = next((key for key in ring.keys if key.made_at > ring.current_key.made_at), None)
    if ahead is None:  # Otherwise an earlier rotation was cut off after its first step: its key is taken to the end.
        ahead = new_key(now)
        ring = keyrings.accept(ring, ahead)
        version = shelf.write(ring, version)
    edge.put(ring)
    settle()
    ring = keyrings.promote(ring, ahead.kid)
    shelf.write(ring, version)  # The edge's copy names no current key: it has known both since before.
    return ring


def ends_gifts_until(shelf: KeyringShelf, now: float) -> int | None:
    """Until when a rotation would drop a key by which gift links may have been signed that live still (seconds since
    1970); None where it drops none now. Raises UnusableKeyring."""
    ring, _ = _present(shelf)
    is_under_way = any(key.made_at > ring.current_key.made_at for key in ring.keys)
    return None if is_under_way else keyrings.drops_until(ring, now)


def replace_keys(shelf: KeyringShelf, edge: EdgeKeys, now: float) -> Keyring:
    """The emergency: one new key and no other. Every pass in the world ends as soon as the edge has heard of it."""
    ring, version = _present(shelf)
    ring = keyrings.begin(ring.issuer, new_key(now))
    shelf.write(ring, version)
    edge.put(ring)
    return ring


@dataclass(frozen=True)
class KeyReport:
    kid: str
    made_at: int
    current: bool
    at_edge: bool
    in_ring: bool


def list_keys(shelf: KeyringShelf, edge: EdgeKeys) -> tuple[KeyReport, ...]:
    """Every key that the ring or the edge knows. Raises UnusableKeyring when there is no ring."""
    ring, _ = _present(shelf)
    at_edge = edge.accepted() or ()
    known = tuple(
        KeyReport(key.kid, key.made_at, key.kid == ring.current, key.kid in at_edge, in_ring=True) for key in ring.keys
    )
    strays = tuple(
        KeyReport(kid, 0, current=False, at_edge=True, in_ring=False) for kid in at_edge if ring.key(kid) is None
    )
    return known + strays


def _present(shelf: KeyringShelf) -> tuple[Keyring, str]:
    found = shelf.read_version()
    if found is None:
        raise UnusableKeyring("There is no keyring yet: `frontline keys init` makes it.")
    return found
