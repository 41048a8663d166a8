"""XML, a little of it. ElementTree escapes what is put in, so that a title is never anything but a title."""

from __future__ import annotations

import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

# What XML 1.0 cannot hold, however it is written (production 2, Char).
_IMPOSSIBLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def root(name: str, **attributes: str) -> Element:
    return Element(name, attributes)


def child(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    """A new last child; characters that XML cannot hold are left out."""
    made = SubElement(parent, name, {key: _possible(value) for key, value in attributes.items()})
    made.text = _possible(text)
    return made


def document(top: Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(top, encoding="unicode").encode()


def _possible(text: str) -> str:
    return _IMPOSSIBLE.sub("", text)
