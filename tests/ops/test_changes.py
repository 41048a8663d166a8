"""Taking back, renaming and going back, on twins: what is decided, and what a crash between two writes leaves."""

from __future__ import annotations

import datetime as dt

import pytest
from msgspec.structs import replace

from infra.ops import changes
from infra.ops.publishing import Change, write
from shared.domain.articles import Article, Renamed, Stored, Unpublished
from shared.domain.refusals import SlugTaken, UnknownArticle
from tests.ops.twin_stack import TwinStack
from tests.samples import NIGHT_FERRY

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
SLUG = NIGHT_FERRY.slug
SECOND = replace(NIGHT_FERRY, title="Second")
TO_COME = replace(NIGHT_FERRY, published_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))


@pytest.fixture
def stack() -> TwinStack:
    return TwinStack()


def lay(stack: TwinStack, *documents: Stored) -> None:
    """One after the other, each in place of what is at its slug."""
    for document in documents:
        found = stack.shelf.read_version(document.slug)
        stack.shelf.write(document, None if found is None else found[1])


def do(stack: TwinStack, *made: Change) -> list[str]:
    whats: list[str] = []
    for change in made:
        write([change], stack.shelf, stack.kept_documents, lambda one: whats.append(one.what))
    return whats


def there(stack: TwinStack, slug: str = SLUG) -> Stored | None:
    found = stack.shelf.read_version(slug)
    return None if found is None else found[0]


# Taking back --------------------------------------------------------------------------------------------------------


def withdrawal(stack: TwinStack, slug: str = SLUG) -> Change:
    return changes.withdrawal(slug, stack.shelf.read_version(slug), NOW)


def test_an_article_that_is_taken_back_leaves_a_word_and_once_is_enough(stack: TwinStack) -> None:
    lay(stack, NIGHT_FERRY)

    assert do(stack, withdrawal(stack)) == ["withdrawn"]
    assert there(stack) == Unpublished(1, SLUG, NOW)
    assert do(stack, withdrawal(stack)) == ["unchanged"]


def test_of_an_article_whose_time_has_not_come_nothing_is_left(stack: TwinStack) -> None:
    lay(stack, TO_COME)

    assert do(stack, withdrawal(stack)) == ["deleted"]
    assert there(stack) is None


def test_what_is_not_an_article_can_be_taken_back_too(stack: TwinStack) -> None:
    stack.shelf.spoil(SLUG, b"{")

    assert do(stack, withdrawal(stack)) == ["withdrawn"]


def test_taking_back_what_is_not_there_says_what_to_do(stack: TwinStack) -> None:
    with pytest.raises(UnknownArticle, match="frontline list"):
        withdrawal(stack)
    lay(stack, Renamed(1, SLUG, "day-ferry"))
    with pytest.raises(UnknownArticle, match="frontline unpublish day-ferry"):
        withdrawal(stack)


# Another slug -------------------------------------------------------------------------------------------------------


def renaming(stack: TwinStack, old: str = SLUG, new: str = "day-ferry") -> tuple[Change, Change]:
    return changes.renaming(old, new, stack.shelf.read_version(old), stack.shelf.read_version(new), NOW)


def test_a_renamed_article_is_at_its_new_slug_and_the_old_one_leads_there(stack: TwinStack) -> None:
    lay(stack, NIGHT_FERRY)

    assert do(stack, *renaming(stack)) == ["new", "renamed"]
    assert there(stack, "day-ferry") == replace(NIGHT_FERRY, slug="day-ferry")
    assert there(stack) == Renamed(1, SLUG, "day-ferry")
    assert do(stack, *renaming(stack)) == ["unchanged", "unchanged"]


def test_a_renaming_that_was_cut_off_between_its_writes_is_completed(stack: TwinStack) -> None:
    lay(stack, NIGHT_FERRY)
    do(stack, renaming(stack)[0])
    assert (type(there(stack)), type(there(stack, "day-ferry"))) == (Article, Article)

    assert do(stack, *renaming(stack)) == ["unchanged", "renamed"]
    assert there(stack) == Renamed(1, SLUG, "day-ferry")


def test_an_article_can_be_given_back_the_slug_that_it_had(stack: TwinStack) -> None:
    lay(stack, NIGHT_FERRY)
    do(stack, *renaming(stack))

    assert do(stack, *renaming(stack, "day-ferry", SLUG)) == ["changed", "renamed"]
    assert (there(stack), there(stack, "day-ferry")) == (NIGHT_FERRY, Renamed(1, "day-ferry", SLUG))


def test_the_old_slug_of_an_article_to_come_tells_nobody_of_it(stack: TwinStack) -> None:
    lay(stack, TO_COME)

    assert do(stack, *renaming(stack)) == ["new", "deleted"]
    assert (there(stack), there(stack, "day-ferry")) == (None, replace(TO_COME, slug="day-ferry"))


@pytest.mark.parametrize(
    "other",
    [
        replace(NIGHT_FERRY, slug="day-ferry", id="a-9"),
        replace(NIGHT_FERRY, slug="day-ferry", title="Changed meanwhile"),
        Unpublished(1, "day-ferry", NOW),
        Renamed(1, "day-ferry", "elsewhere"),
    ],
)
def test_a_slug_where_something_is_is_taken(stack: TwinStack, other: Stored) -> None:
    lay(stack, NIGHT_FERRY, other)

    with pytest.raises(SlugTaken):
        renaming(stack)


@pytest.mark.parametrize("document", [None, Unpublished(1, SLUG, NOW), Renamed(1, SLUG, "elsewhere")])
def test_only_an_article_can_be_renamed(stack: TwinStack, document: Stored | None) -> None:
    if document is not None:
        lay(stack, document)

    with pytest.raises(UnknownArticle):
        renaming(stack)


# Going back ---------------------------------------------------------------------------------------------------------


def rollback(stack: TwinStack, number: int | None = None) -> Change:
    return changes.rollback(SLUG, stack.shelf, number)


def test_going_back_takes_the_latest_version_that_differs(stack: TwinStack) -> None:
    lay(stack, NIGHT_FERRY, SECOND, SECOND)

    assert do(stack, rollback(stack)) == ["version 1"]
    assert there(stack) == NIGHT_FERRY


def test_going_back_restores_what_was_taken_back_or_deleted(stack: TwinStack) -> None:
    lay(stack, NIGHT_FERRY, SECOND)
    do(stack, withdrawal(stack))
    assert do(stack, rollback(stack)) == ["version 2"]
    assert there(stack) == SECOND

    lay(stack, TO_COME)
    do(stack, withdrawal(stack))
    assert do(stack, rollback(stack)) == ["version 5"]
    assert there(stack) == TO_COME


def test_going_back_to_a_certain_version(stack: TwinStack) -> None:
    lay(stack, NIGHT_FERRY, Unpublished(1, SLUG, NOW), SECOND, replace(NIGHT_FERRY, title="Third"))

    assert do(stack, rollback(stack, 3)) == ["version 3"]
    assert there(stack) == SECOND
    assert do(stack, rollback(stack, 3)) == ["unchanged"]
    with pytest.raises(UnknownArticle, match="withdrawn"):
        rollback(stack, 2)
    with pytest.raises(UnknownArticle, match="lists 1 to 5"):
        rollback(stack, 6)


def test_where_there_is_nothing_to_go_back_to_it_says_so(stack: TwinStack) -> None:
    with pytest.raises(UnknownArticle, match="frontline list"):
        rollback(stack)
    lay(stack, NIGHT_FERRY)
    with pytest.raises(UnknownArticle, match="no earlier version"):
        rollback(stack)
    do(stack, *renaming(stack))
    with pytest.raises(UnknownArticle, match="frontline rollback day-ferry"):
        rollback(stack)


# History ------------------------------------------------------------------------------------------------------------


def test_a_history_says_what_was_done_newest_first(stack: TwinStack) -> None:
    lay(stack, TO_COME)
    do(stack, withdrawal(stack))
    lay(stack, NIGHT_FERRY)
    stack.shelf.spoil(SLUG, b"{")
    do(stack, withdrawal(stack))
    lay(stack, NIGHT_FERRY)
    do(stack, *renaming(stack))

    past = changes.history(SLUG, stack.shelf, 100)

    whats = ["renamed", "published", "withdrawn", "not an article", "published", "deleted", "published"]
    assert [one.what for one in past] == whats
    assert [one.number for one in past] == [7, 6, 5, 4, 3, 2, 1]
    assert [one.version.is_present for one in past] == [True, *[False] * 6]
    assert [one.number for one in changes.history(SLUG, stack.shelf, 2)] == [7, 6]


def test_what_lies_under_another_s_name_is_no_article(stack: TwinStack) -> None:
    lay(stack, NIGHT_FERRY)
    stack.shelf.spoil("day-ferry", stack.shelf._raw[SLUG])

    assert [one.what for one in changes.history("day-ferry", stack.shelf, 9)] == ["not an article"]


def test_a_past_article_comes_with_its_own_version_so_that_publishing_it_again_is_asked_about(stack: TwinStack) -> None:
    lay(stack, NIGHT_FERRY, SECOND)
    present, first = [version.tag for version in stack.shelf.versions(SLUG)]

    assert changes.past_article(SLUG, stack.shelf, None) == (SECOND, present)
    assert changes.past_article(SLUG, stack.shelf, 1) == (NIGHT_FERRY, first)
    do(stack, withdrawal(stack))
    with pytest.raises(UnknownArticle, match="--version"):
        changes.past_article(SLUG, stack.shelf, None)
    with pytest.raises(UnknownArticle, match="withdrawn"):
        changes.past_article(SLUG, stack.shelf, 3)
    with pytest.raises(UnknownArticle, match="frontline list"):
        changes.past_article("no-such", stack.shelf, None)
