"""What is kept of whoever was erased: a digest of their id, so that no backup brings them back."""

from __future__ import annotations

import hashlib
from typing import Final

KEPT_SECONDS: Final = 400 * 86_400
"""How long: a backup may be a year old."""


def erased_id(member: str) -> str:
    """By what the member of that id is known to have been erased. Ids are random, so nobody can try them out."""
    return hashlib.sha256(f"erased {member}".encode()).hexdigest()
