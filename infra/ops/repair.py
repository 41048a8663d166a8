"""Mending what the doctor has found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from functions.publishing.catch_up import Doors, catch_up
from infra.ops.doctor import DIRECTORIES, Diagnosis, Ward, messages, slug_of_letter
from infra.ops.rebuild import Clock, look_again, purge_lists, remake_directory, remake_lists
from infra.ops.survey import Progress, list_files, read_lists, silently
from shared.domain.list_parts import part_key
from shared.domain.lists import directory_of


def repair(
    diagnosis: Diagnosis, ward: Ward, clock: Clock, report: Callable[[str], None], progress: Progress = silently
) -> None:
    """Mend what can be mended from here; `report` hears of each thing that is done. May be ended anywhere and done
    again.

    What is broken so that catching up would stumble over it is made anew first. Raises ContentUnavailable.
    """
    doors = ward.doors
    subjects = {kind: tuple(dict.fromkeys(_subjects(diagnosis, kind))) for kind in ("article", "list", "directory")}
    lists = subjects["list"]
    if told := (*lists, *subjects["directory"]):
        try:
            if lists:
                remake_lists(doors, lists, clock, progress, set())
                report(f"made anew: {', '.join(lists)}")
            _mend_directories(doors, told)
        finally:  # also when it is ended early: the next diagnosis finds nothing wrong with a list that is mended
            purge_lists(doors.documents, doors.purge, (name for name in told if name not in DIRECTORIES), clock())
        report("the directories say what the lists say")
    if slugs := subjects["article"]:
        done = look_again(doors, {slug: diagnosis.places.get(slug, ()) for slug in slugs}, clock(), progress)
        report(f"caught up with: {', '.join(slugs)}")
        if done.announced:
            report(f"announced: {', '.join(done.announced)}")
    if orphans := tuple(_still_orphaned(doors, diagnosis.orphans)):
        doors.documents.delete(orphans)
        report(f"deleted: {len(orphans)} of the lists' parts that no index names")
    if any(finding.kind == "letters" for finding in diagnosis.findings):
        _deliver(ward, clock, report)


def _still_orphaned(doors: Doors, orphans: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Their keys. A list that has just been made anew may use a part that lay there: its name says what is in it."""
    lists = read_lists(doors.documents, dict.fromkeys(name for name, _ in orphans), silently)
    for name, part in orphans:
        index = lists[name].index
        if index is not None and part not in (*index.replaced, *(one.name for one in index.parts)):
            yield part_key(name, part)


def _subjects(diagnosis: Diagnosis, kind: str) -> Iterator[str]:
    return (one.subject for one in diagnosis.findings if one.kind == kind and one.is_mended_by_repair)


def _mend_directories(doors: Doors, told: tuple[str, ...]) -> None:
    for kind in DIRECTORIES:
        if kind in told:
            remake_directory(doors.documents, kind, list_files(doors.documents))
        elif names := [name for name in told if directory_of(name) == kind]:
            remake_directory(doors.documents, kind, names)


def _deliver(ward: Ward, clock: Clock, report: Callable[[str], None]) -> None:
    """Do what dead letters ask for, a few at a time, and only then throw them away."""
    for queue in ward.letters.values():
        while letters := queue.take():
            told = (slug_of_letter(letter.body) for letter in letters)
            slugs = tuple(dict.fromkeys(slug for slug in told if slug is not None))
            catch_up(slugs, ward.doors, clock().timestamp())
            queue.discard(letters)
            report(
                f"dealt with {messages(len(letters))} put aside: {', '.join(slugs) or 'none of them an event of ours'}"
            )
