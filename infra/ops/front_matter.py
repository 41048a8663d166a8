"""The YAML at the head of a Markdown article: read by shape, each value with its line, every fault with its cure."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, get_args

import yaml

from shared.domain.articles import Author, Published
from shared.domain.blocks import Picture
from shared.domain.tiers import Tier


@dataclass(frozen=True)
class Fault:
    """What is wrong in a line of the file, and what to write instead; `place` is the part of the document that it
    spoils."""

    line: int
    words: str
    place: str = ""


@dataclass(frozen=True)
class FrontMatter:
    """The document's fields but the body, as far as they could be read; `lines` says where each place stands."""

    fields: dict[str, Any]
    pictures: dict[str, dict[str, Any]]
    lines: dict[str, int]
    faults: tuple[Fault, ...]
    is_readable: bool


def line_at(lines: Mapping[str, int], place: str) -> int | None:
    """The line where that part of the document stands, or what it is part of; None where neither is known."""
    while place and place not in lines:
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    return lines.get(place)


# Shapes -------------------------------------------------------------------------------------------------------------
# A text is taken as it is written: what YAML would make of `No`, `1984` or `2026-11-05` is nobody's title.


@dataclass(frozen=True)
class Text:
    pass


@dataclass(frozen=True)
class Number:
    pass


@dataclass(frozen=True)
class Moment:
    pass


@dataclass(frozen=True)
class Choice:
    among: tuple[str, ...]


@dataclass(frozen=True)
class Many:
    of: Shape


@dataclass(frozen=True)
class Each:
    """A mapping whose names are free."""

    of: Shape


@dataclass(frozen=True)
class Fields:
    """A mapping with these names. `is_named`: its slug is made from its name where none is given; `is_short`: the name
    alone, as a text, is enough."""

    of: Mapping[str, Shape]
    optional: frozenset[str] = frozenset()
    is_named: bool = False
    is_short: bool = False


Shape: TypeAlias = Text | Number | Moment | Choice | Many | Each | Fields

_FACTS: Final[dict[str, Shape]] = {
    "alt": Text(),
    "width": Number(),
    "height": Number(),
    "origin": Choice(get_args(Picture.__annotations__["origin"])),
    "caption": Text(),
    "credit": Text(),
    "widths": Many(Number()),
}
# What the file tells: its size, and which copies are worth while.
_MAY_BE_LEFT_OUT: Final = frozenset({"width", "height", "widths", "caption", "credit"})
_PICTURE: Final = Fields({"src": Text(), **_FACTS}, _MAY_BE_LEFT_OUT)
_ARTICLE: Final = Fields(
    {
        "id": Text(),
        "slug": Text(),
        "kind": Choice(get_args(Published.__annotations__["kind"])),
        "title": Text(),
        "standfirst": Text(),
        "section": Fields({"slug": Text(), "name": Text()}, is_named=True, is_short=True),
        "author": Fields(
            {
                "slug": Text(),
                "name": Text(),
                "kind": Choice(get_args(Author.__annotations__["kind"])),
                "biography": Text(),
                "picture": _PICTURE,
            },
            frozenset({"picture"}),
            is_named=True,
        ),
        "language": Text(),
        "published_at": Moment(),
        "updated_at": Moment(),
        "tags": Many(Text()),
        "lead_picture": _PICTURE,
        "pictures": Each(Fields({n: s for n, s in _FACTS.items() if n != "alt"}, _MAY_BE_LEFT_OUT)),
        "sources": Many(
            Fields(
                {"publisher": Text(), "used": Text(), "href": Text(), "tier": Choice(tuple(t.value for t in Tier))},
                frozenset({"href", "tier"}),
            )
        ),
        "production": Fields({"personas": Number(), "editors": Many(Text()), "process_href": Text()}),
        "corrections": Many(Fields({"at": Moment(), "note": Text()})),
    },
    frozenset({"updated_at", "tags", "lead_picture", "pictures", "sources", "production", "corrections"}),
)
_EXAMPLES: Final = {
    "id": "a-0012",
    "slug": "the-night-ferry",
    "kind": "report",
    "title": "The night ferry question",
    "standfirst": "Two sentences that say what it is about.",
    "section": "City",
    "author": "{name: Ada Moor, kind: person, biography: Writes about the river.}",
    "language": "en",
    "published_at": "2026-11-05T06:30:00+01:00",
    "at": "2026-11-05T06:30:00+01:00",
    "src": "/media/anonymous/ferry.png",
    "origin": "photograph",
    "process_href": "/process",
    "editors": "[Ruth Castellane]",
    "personas": "0",
}
_moment = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d)(?P<second>:\d\d)?\s*(?P<offset>[Zz]|[+-]\d\d:?\d\d)"
)


def slug_of(name: str) -> str:
    """The slug of a name: `Zürich & Co` becomes `zurich-co`. Empty where nothing of the name can stand in a slug."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def read_front_matter(text: str, first_line: int) -> FrontMatter:
    """What this YAML says of an article; `first_line` is the line of the file that it begins in."""
    reading = _Reading(first_line)
    root = reading.compose(text)
    if root is None:
        return FrontMatter({}, {}, {}, tuple(reading.faults), is_readable=False)
    fields = reading.value(_ARTICLE, root, "") or {}
    pictures = fields.pop("pictures", {})
    return FrontMatter(fields, pictures, reading.lines, tuple(reading.faults), is_readable=True)


@dataclass
class _Reading:
    """One front matter while it is read."""

    first_line: int
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def compose(self, text: str) -> yaml.Node | None:
        """The tree of its nodes; None, with a fault, where there is none to be had."""
        tabs = [number for number, line in enumerate(text.split("\n")) if re.match(r" *\t", line)]
        for number in tabs:
            self.faults.append(
                Fault(self.first_line + number, "a tab begins this line; YAML indents with spaces: write two spaces")
            )
        if tabs:
            return None
        try:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                if getattr(event, "anchor", None) is not None:
                    line = self.first_line + (event.start_mark.line if event.start_mark else 0)
                    words = "& and * at the beginning of a value mean something else in YAML; put the text in quotes"
                    self.faults.append(Fault(line, words))
                    return None
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            # A quote that is never closed is only noticed at the end; it is wanted where it opens.
            is_at_end = "end of stream" in (error.problem or "")
            mark = (is_at_end and error.context_mark) or error.problem_mark or error.context_mark
            self.faults.append(Fault(self.first_line + (mark.line if mark else 0), _yaml_words(error.problem or "")))
            return None
        except (yaml.YAMLError, RecursionError):
            self.faults.append(
                Fault(self.first_line, "this is not YAML that can be read; write lines such as `title: …`")
            )
            return None
        if isinstance(root, yaml.MappingNode):
            return root
        words = "the part between the --- lines has no fields; write lines such as `title: …` there"
        self.faults.append(Fault(self.first_line, words))
        return None

    def value(self, shape: Shape, node: yaml.Node, place: str) -> Any:
        """What the node says, in that shape; None, with a fault, where it says something else."""
        if place:
            self.lines.setdefault(place, self.line(node))
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null":
            return self.fault(node, place, "says nothing; give it a value, or take the line out")
        match shape:
            case Many(of):
                if not isinstance(node, yaml.SequenceNode):
                    return self.fault(node, place, "is a list; write each in a line of its own, beginning with `- `")
                return [self.value(of, item, f"{place}[{i}]") for i, item in enumerate(node.value)]
            case Each(of):
                return {name: self.value(of, value, at) for name, value, at in self.members(node, place)}
            case Fields():
                return self.fields(shape, node, place)
        if not isinstance(node, yaml.ScalarNode):
            return self.fault(node, place, "is one text; put it in quotes if it has `: `, `[` or `{` in it")
        said = str(node.value).strip()
        match shape:
            case Text():
                return said or self.fault(node, place, "is empty; give it a text, or take the line out")
            case Number():
                whole = re.fullmatch(r"[0-9]{1,9}", said)
                return int(said) if whole else self.fault(node, place, f"is a whole number, not “{said}”")
            case Choice(among):
                return said if said in among else self.fault(node, place, _not_among(said, among))
            case Moment():
                return read_moment(said) or self.fault(
                    node,
                    place,
                    f"“{said}” is not a moment; write date, time and offset, such as {_EXAMPLES['published_at']}",
                )

    def fields(self, shape: Fields, node: yaml.Node, place: str) -> dict[str, Any] | None:
        if shape.is_short and isinstance(node, yaml.ScalarNode):
            read: dict[str, Any] = {"name": str(node.value).strip()}
        else:
            members = list(self.members(node, place))
            if not members and not isinstance(node, yaml.MappingNode):
                return None
            read = {}
            for name, value, at in members:
                if name in shape.of:
                    read[name] = self.value(shape.of[name], value, at)
                else:
                    self.faults.append(Fault(self.lines[at], _unknown(name, tuple(shape.of)), at))
        given = {*read}
        if shape.is_named and "slug" not in read and isinstance(read.get("name"), str):
            given.add("slug")
            read["slug"] = slug_of(read["name"]) or self.fault(
                node, f"{place}.slug", f"cannot be made from “{read['name']}”; write slug: and name:"
            )
        for name in shape.of:
            if name not in given and name not in shape.optional:
                at = f"{place}.{name}" if place else name
                line = self.lines.get(place, 1)
                self.faults.append(Fault(line, f"{at}: is missing; write `{name}: {_EXAMPLES.get(name, '…')}`", at))
        return {name: value for name, value in read.items() if value is not None}

    def members(self, node: yaml.Node, place: str) -> Sequence[tuple[str, yaml.Node, str]]:
        """Name, value and place of each member of a mapping, without those that stand there twice."""
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, place, "has fields of its own; write each in a line, indented by two spaces")
            return []
        found: dict[str, tuple[str, yaml.Node, str]] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            at = f"{place}.{name}" if place else name
            if name in found:
                words = f"{at}: stands here a second time (first in line {self.lines[at]}); keep one"
                self.faults.append(Fault(self.line(key), words))
                continue
            self.lines[at] = self.line(key)
            found[name] = (name, value, at)
        return list(found.values())

    def line(self, node: yaml.Node) -> int:
        return self.first_line + int(node.start_mark.line)

    def fault(self, node: yaml.Node, place: str, words: str) -> Any:
        """Note what is wrong; the value that there is then: None."""
        self.faults.append(Fault(self.lines.get(place, self.line(node)), f"{place}: {words}", place))
        return None


def read_moment(said: str) -> str | None:
    """Date, time and offset as ISO 8601 has them; None where one is missing or there is no such moment."""
    found = _moment.fullmatch(said)
    if found is None:
        return None
    offset = "+00:00" if found["offset"] in "Zz" else f"{found['offset'][:3]}:{found['offset'][-2:]}"
    moment = f"{found['day']}T{found['time']}{found['second'] or ':00'}{offset}"
    try:
        dt.datetime.fromisoformat(moment)
    except ValueError:
        return None
    return moment


def _not_among(said: str, among: tuple[str, ...]) -> str:
    return f"there is no “{said}”; write one of {', '.join(among)}"


def _unknown(name: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    meant = f"write `{close[0]}`" if close else f"the fields are {', '.join(known)}"
    return f"there is no field `{name}` here; {meant}"


def _yaml_words(problem: str) -> str:
    if "mapping values are not allowed" in problem:
        return 'a text with `: ` in it has to stand in quotes, as in `title: "Ferry: the facts"`'
    if "cannot start any token" in problem:
        return "a text cannot begin with this character; put the whole text in quotes"
    return f"YAML cannot read this ({problem}); see that quotes and brackets are closed and lines indented alike"
