"""What a paper is configured by: its JSON, and its process page in Markdown; every place in them has its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import yaml

from infra.ops.files import Problem, Wanted
from infra.ops.front_matter import line_at
from infra.ops.markdown import read_page
from infra.ops.media import fill_in, find_media, looked_at
from infra.ops.paper import problems_of
from shared.domain.blocks import Audio, Image, PlainBlock
from shared.domain.refusals import InvalidArticle
from shared.domain.validation import read_object

_place = re.compile(r"(?P<top>[a-z_]+)(?P<rest>[^:]*): ")


@dataclass
class Sheet:
    """The fields that are given, and where each comes from: a file, and the line of each place in it."""

    given: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, tuple[Path, Mapping[str, int]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def located(self, problem: str, fallback: Path) -> Problem:
        """The problem with its file and line."""
        found = _place.match(problem)
        place = found["top"] + found["rest"] if found else ""
        path, lines = self.origins.get(found["top"] if found else "", (fallback, {}))
        return Problem(path, problem, line_at(lines, place))

    def files(self) -> Iterator[Wanted]:
        """The pictures and sounds that are named."""
        logo = self.given.get("logo") or {}
        for top, src in (("logo", logo.get("src")), ("logo", logo.get("dark")), ("icon", self.given.get("icon"))):
            if src is not None:
                yield self.origins[top][0], src, None
        for block in msgspec.convert(self.given.get("process", ()), tuple[PlainBlock, ...]):
            if isinstance(block, Audio):
                yield self.origins["process"][0], block.src, None
            elif isinstance(block, Image):
                picture, path = block.picture, self.origins["process"][0]
                yield path, picture.src, None
                yield from ((path, copy, (picture.src, width)) for copy, width in picture.copies)


def read_sheet(file: Path | None, process: Path | None) -> Sheet:
    """What these files give, checked as far as it can be without the paper that it goes into; the process page in
    Markdown goes before one in the JSON.

    A logo's width and height, and what an article's pictures and sounds need not say, come from the files at hand.
    """
    sheet = Sheet()
    if file is not None and (raw := _bytes_of(file, sheet)) is not None:
        _take_json(file, raw, sheet)
    if process is not None and (raw := _bytes_of(process, sheet)) is not None:
        blocks, lines, faults = read_page(raw, partial(find_media, process))
        sheet.given["process"] = blocks
        sheet.origins["process"] = process, {place.replace("body", "process", 1): at for place, at in lines.items()}
        sheet.problems += (Problem(process, fault.words, fault.line) for fault in faults)
        if not faults:
            wrong = (sheet.located(one, process) for one in problems_of(sheet.given, ("process",)))
            # `process[12]` says nothing to somebody who wrote Markdown; the line says it.
            sheet.problems += (replace(one, words=_place.sub("", one.words, 1)) for one in wrong)
    return sheet


def _take_json(file: Path, raw: bytes, sheet: Sheet) -> None:
    try:
        sheet.given = read_object(raw.removeprefix(b"\xef\xbb\xbf"))
    except InvalidArticle as invalid:
        sheet.problems += (Problem(file, words) for words in invalid.problems)
        return
    lines = _lines_of(raw)
    sheet.origins = dict.fromkeys(sheet.given, (file, lines))
    pictures = list(_picture_problems(file, sheet.given))
    problems = problems_of(sheet.given, sheet.given)
    if not problems and "process" in sheet.given:
        document = {"body": sheet.given["process"]}
        filled = fill_in(document, partial(find_media, file))
        pictures += (f"{place.replace('body', 'process', 1)}: {words}" for place, words in filled)
    sheet.problems += (sheet.located(problem, file) for problem in (*problems, *pictures))


def _picture_problems(file: Path, given: dict[str, Any]) -> Iterator[str]:
    """What is wrong with logo and icon. What the logo does not say of its size is filled in."""
    logo = given.get("logo")
    named = [("icon", given.get("icon"))]
    if isinstance(logo, dict):
        named += [("logo.src", logo.get("src")), ("logo.dark", logo.get("dark"))]
    for place, src in named:
        media, problems = looked_at(src, "image", {}, partial(find_media, file))
        yield from (f"{place}: {words}" for _, words in problems)
        if media is None or place != "logo.src" or not isinstance(logo, dict):
            continue
        for name, fact in media.facts.items():
            if logo.setdefault(name, fact) != fact:
                yield f"logo.{name}: the file {src} says {fact}, not {logo[name]}; write {fact}"


def _bytes_of(path: Path, sheet: Sheet) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError as error:
        sheet.problems.append(Problem(path, f"cannot be read: {error.strerror or error}"))
        return None


def _lines_of(raw: bytes) -> dict[str, int]:
    """The line of each place in this JSON, as far as it is YAML as well, which most is."""
    try:
        root = yaml.compose(raw.decode("utf-8-sig").replace("\t", " "), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return {}
    return dict(_places(root, "")) if root is not None else {}


def _places(node: yaml.Node, place: str) -> Iterator[tuple[str, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _places(value, f"{place}.{key.value}".lstrip("."))
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from _places(value, f"{place}[{i}]")
