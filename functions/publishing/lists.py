"""Lists and directories as publishing writes them: each in one conditional step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from contextlib import suppress

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from shared.domain.articles import Article, Author
from shared.domain.list_parts import Index, Names, Part, Revision, directory_key, index_key, part_key, revise
from shared.domain.lists import (
    Directory,
    Entry,
    SectionFacts,
    author_facts,
    directory_of,
    moment_at,
    slug_at,
)
from shared.domain.refusals import DocumentChanged
from shared.ports.publishing import Documents

Held = tuple[Index, str | None]
"""A list's index as it was read, and its version."""
Articles = Callable[[str], Article | None]
"""The article of that slug as readers see it now; None where there is none."""


def update_list(
    documents: Documents, name: str, held: Held, puts: Mapping[str, Raw], removes: Set[str], articles: Articles
) -> None:
    """Put entries at their places in a list, and take others out. Raises DocumentChanged where it is not as `held`.
    `delete_replaced` comes first.

    It is always written, also where nothing in it changes: whoever holds it from before must lose.
    """
    index, version = held
    unchanged = Revision(replace(index, replaced=()), {})
    revision = revise(index, version or "", parts_of(documents, name), puts, removes) or unchanged
    author = _author(name, index, revision.index, {*puts, *removes}, articles)
    write_list(documents, name, Revision(replace(revision.index, author=author), revision.parts), held)


def write_list(documents: Documents, name: str, revision: Revision, held: Held) -> None:
    """Write a list: its parts first, then, in one step, the index that names them. Raises DocumentChanged.

    `delete_replaced` comes first: the new index names no more what the one before `held` did.
    """
    before, version = held
    for part, body in revision.parts.items():
        with suppress(DocumentChanged):  # an earlier try has come this far: the name says what is in it
            documents.write(part_key(name, part), body, None)
    index = replace(revision.index, revision=before.revision + 1)
    documents.write(index_key(name), msgspec.json.encode(index), version)


def delete_replaced(documents: Documents, held: Mapping[str, Held]) -> None:
    """Delete what these lists were made of before they became as `held`, in one go: nobody is still reading that."""
    documents.delete(tuple(part_key(name, part) for name, (index, _) in held.items() for part in index.replaced))


def update_directory(documents: Documents, kind: Directory, names: Iterable[str]) -> None:
    """Have the directory say of these lists what their indexes say now.

    It is read before they are, and always written, also where it says so already: whoever knows it from before one of
    them was changed must lose. Raises DocumentChanged.
    """
    directory, version = read_directory(documents, kind)
    facts = {slug_of(name): facts_of(documents, name, read_index(documents, name)[0]) for name in names}
    documents.write(directory_key(kind), msgspec.json.encode(directory.having(facts)), version)


def facts_of(documents: Documents, name: str, index: Index) -> Raw | None:
    """What the directory says of a list; None where nothing is in it."""
    if index.newest is None:
        return None
    latest_at = moment_at(index.newest)
    if directory_of(name) == "authors":
        author = index.author
        return None if author is None else Raw(msgspec.json.encode(author_facts(author, index.total, latest_at)))
    newest = parts_of(documents, name)(index.parts[0].name).rows[0]
    section = msgspec.json.decode(newest.entry, type=Entry).section
    return Raw(msgspec.json.encode(SectionFacts(section.slug, section.name, index.total, latest_at)))


def read_index(documents: Documents, name: str) -> Held:
    """A list's index and its version; an empty one where there is none yet."""
    found = documents.read(index_key(name))
    return (Index(), None) if found is None else (msgspec.json.decode(found[0], type=Index), found[1])


def read_directory(documents: Documents, kind: Directory) -> tuple[Names, str | None]:
    found = documents.read(directory_key(kind))
    return (Names(), None) if found is None else (msgspec.json.decode(found[0], type=Names), found[1])


def parts_of(documents: Documents, name: str) -> Callable[[str], Part]:
    """Reads parts of a list, each once. Raises DocumentChanged for one that is gone: the list is another by now."""
    seen: dict[str, Part] = {}

    def read(part: str) -> Part:
        if part not in seen:
            found = documents.read(part_key(name, part))
            if found is None:
                raise DocumentChanged(f"{name} has been changed while it was read.")
            seen[part] = msgspec.json.decode(found[0], type=Part)
        return seen[part]

    return read


def slug_of(name: str) -> str:
    return name.partition("/")[2]


def _author(name: str, before: Index, after: Index, touched: Set[str], articles: Articles) -> Author | None:
    """Whose list it is, as the newest article in it has it."""
    if directory_of(name) != "authors" or after.newest is None:
        return None
    if after.newest == before.newest and after.newest not in touched and before.author is not None:
        return before.author
    newest = articles(slug_at(after.newest))
    # Where it has gone in this moment, its own event is on its way and puts this right.
    return newest.author if newest is not None and newest.author.slug == slug_of(name) else before.author
