"""What decoding raises for bytes that are not what they ought to be: all of it, so that nothing odd becomes a 500."""

from __future__ import annotations

from msgspec import MsgspecError

# msgspec says so itself for wrong JSON and wrong shapes; it leaves wrong UTF-8 in a text to Python, and stops at
# Python's own depth of recursion.
UNREADABLE = (MsgspecError, UnicodeDecodeError, RecursionError)
