"""Every kind of damage: named in words, mended, and then gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import nullcontext, suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace

from functions.publishing.placements import placement_key
from infra.ops.doctor import LATE, examine
from infra.ops.paper import ERROR_PAGE
from infra.ops.repair import repair
from infra.ops.survey import list_files, read_list
from shared.domain.articles import Author, Unpublished
from shared.domain.decoding import UNREADABLE
from shared.domain.list_parts import Part, PartOf, Row, directory_key, index_key, part_key
from shared.domain.lists import entry_of, place_of, slug_at
from shared.domain.paper import PAPER_KEY
from shared.domain.refusals import ContentUnavailable
from tests.ops.upkeep_case import ESSAY, NEWS, NOW, PAPER, PROFILE, SITE, SOON, PaperCase, article
from tests.ops.web_twin import FUNCTION
from tests.steps import Steps
from tests.twins import MemoryDeadLetters, MemoryKeyring

Damage = Callable[[PaperCase], None]


class CutOff(Exception):
    """The laptop's lid was closed."""


def paper() -> PaperCase:
    return PaperCase(NEWS, ESSAY, PROFILE, SOON)


def row(of: str, published_at: dt.datetime, entry: object = None) -> Row:
    return Row(place_of(published_at, of), Raw(msgspec.json.encode(entry or {})))


def without(name: str, slug: str) -> Damage:
    return lambda case: case.put_rows(name, [one for one in case.rows(name) if not one.place.endswith(f"/{slug}")])


def with_more(name: str, *rows: Row) -> Damage:
    return lambda case: case.put_rows(name, [*(case.rows(name) if name in list_files(case.documents) else ()), *rows])


def spoiled(key: Callable[[PaperCase], str]) -> Damage:
    return lambda case: case.put(key(case), b'{"schema":')


def gone(key: Callable[[PaperCase], str]) -> Damage:
    return lambda case: case.documents.delete((key(case),))


def the_part(case: PaperCase) -> str:
    return part_key("latest", case.index("latest").parts[0].name)


def missing_twice(case: PaperCase) -> None:
    for name in ("latest", "section/city"):
        without(name, "profile")(case)


def entry_as_it_was(case: PaperCase) -> None:
    old = row("news", NEWS.published_at, entry_of(replace(NEWS, title="Before")))
    case.put_rows("section/city", [old, *(one for one in case.rows("section/city") if one.place != old.place)])


def twice_in_a_part(case: PaperCase) -> None:
    index = case.index("latest")
    rows = case.rows("latest")
    body = msgspec.json.encode(Part(1, (rows[0], *rows)))
    case.put(part_key("latest", "0" * 20), body)
    case.put_index("latest", parts=(PartOf("0" * 20, index.parts[0].newest, len(rows) + 1),))


def counted_wrongly(case: PaperCase) -> None:
    one = case.index("latest").parts[0]
    case.put_index("latest", parts=(PartOf(one.name, one.newest, one.count + 1),))


def newest_wrongly(case: PaperCase) -> None:
    one = case.index("latest").parts[0]
    case.put_index("latest", parts=(PartOf(one.name, place_of(NOW, "news"), one.count),))


def directory_otherwise(case: PaperCase) -> None:
    case.put(directory_key("sections"), b'{"schema":1,"revision":9,"entries":[["city",{}],["life",{}]]}')


def directory_with_too_few(case: PaperCase) -> None:
    case.put(directory_key("authors"), b'{"schema":1,"revision":9,"entries":[]}')


def directory_with_too_many(case: PaperCase) -> None:
    raw = case.documents.raw[directory_key("sections")]
    case.put(directory_key("sections"), raw.replace(b'"entries":[', b'"entries":[["attic",{}],'))


def never_heard_of(case: PaperCase) -> None:
    case.write(replace(NEWS, title="Changed, and its event lost"))


def never_heard_of_at_all(case: PaperCase) -> None:
    case.write(article("lost"))


def withdrawn_unheard(case: PaperCase) -> None:
    case.write(Unpublished(1, "news", NOW))


def deleted_unheard(case: PaperCase) -> None:
    case.delete("news")


def due_unheard(case: PaperCase) -> None:
    case.now = SOON.published_at + LATE + dt.timedelta(seconds=1)


def unannounced(case: PaperCase) -> None:
    case.documents.delete(("announced/a-news.json",))
    case.put_placement("news", is_announced=False)


def unscheduled(case: PaperCase) -> None:
    del case.schedules.at["soon"]


def scheduled_wrongly(case: PaperCase) -> None:
    case.schedules.at["soon"] = SOON.published_at + dt.timedelta(hours=1)


def scheduled_too_early(case: PaperCase) -> None:
    case.schedules.at["soon"] = SOON.published_at - dt.timedelta(seconds=1)


def orphaned(case: PaperCase) -> None:
    case.put(part_key("latest", "f" * 20), b"{}")
    case.now = dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)
    case.catch_up("soon")


def index_lost(case: PaperCase) -> None:
    case.documents.delete((index_key("tag/boats"),))
    case.now = dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)
    case.catch_up("soon")


def dead_letter(case: PaperCase) -> None:
    case.write(replace(NEWS, title="Changed, and its event put aside"))
    case.letters = MemoryDeadLetters('{"detail":{"object":{"key":"articles/news.json"}}}', '{"slug":"essay"}', "{")


DAMAGES: dict[str, tuple[Damage, str]] = {
    "an entry is missing": (
        without("latest", "news"),
        "news: is missing in latest. → `frontline doctor --repair` mends it",
    ),
    "an entry is missing in all lists": (
        missing_twice,
        "profile: is missing in latest, section/city",
    ),
    "a list is gone": (gone(lambda _: index_key("tag/boats")), "essay: is missing in tag/boats"),
    "an entry stands twice": (
        with_more("latest", row("news", NEWS.published_at - dt.timedelta(days=3))),
        "news: stands at a wrong place in latest",
    ),
    "an entry stands in another's list": (
        with_more("section/life", row("news", NEWS.published_at, entry_of(NEWS))),
        "news: stands at a wrong place in section/life",
    ),
    "an entry is old": (entry_as_it_was, "news: is shown as it was before, in section/city"),
    "an entry has no article": (with_more("latest", row("ghost", NOW)), "ghost: there is no such article"),
    "a list has no article": (
        with_more("tag/ghosts", row("ghost", NOW)),
        "ghost: there is no such article, but it stands in tag/ghosts",
    ),
    "an article ahead stands in a list": (
        with_more("latest", row("soon", SOON.published_at)),
        "soon: readers see no such article, but it stands in latest",
    ),
    "a row stands twice in a part": (
        twice_in_a_part,
        "latest: its entries are out of order, or one stands",
    ),
    "an index counts wrongly": (counted_wrongly, "latest: its index counts 4 entries in the part"),
    "an index has a wrong newest": (newest_wrongly, "latest: its index says wrongly what is the newest"),
    "an index counts months wrongly": (
        lambda case: case.put_index("latest", months=(("2026-11", 99),)),
        "latest: its index counts the months wrongly",
    ),
    "a part is missing": (gone(the_part), "latest: the part"),
    "an index is unreadable": (spoiled(lambda _: index_key("latest")), "latest: its index cannot be read"),
    "a tag's index is unreadable": (spoiled(lambda _: index_key("tag/boats")), "tag/boats: its index cannot be read"),
    "a part is unreadable": (spoiled(the_part), "cannot be read"),
    "an index knows no author": (
        lambda case: case.put_index("author/ada-moor", author=None),
        "author/ada-moor: its index does not say whose it is",
    ),
    "an index describes another author": (
        lambda case: case.put_index("author/ada-moor", author=Author("ada-moor", "Ada", "person", "Else.")),
        "news: is the newest in author/ada-moor, which describes its author otherwise",
    ),
    "a directory says otherwise": (directory_otherwise, "section/city: the directory of sections says other things"),
    "a directory lacks a name": (directory_with_too_few, "author/bo-lind: the directory of authors does not name it"),
    "a directory has one too many": (directory_with_too_many, "section/attic: the directory of sections names it"),
    "a directory is unreadable": (
        spoiled(lambda _: directory_key("authors")),
        "authors: the directory of authors cannot be read",
    ),
    "a directory is gone": (gone(lambda _: directory_key("sections")), "section/life: the directory of sections does"),
    "a placement is of another version": (
        lambda case: case.put_placement("news", version="other"),
        "news: its placement is of another version",
    ),
    "a placement says otherwise": (
        lambda case: case.put_placement("news", entered=(("latest", "elsewhere"),)),
        "news: its placement says other things",
    ),
    "a placement is left half-way": (
        lambda case: case.put_placement("news", version=None),
        "news: placing it was begun and not finished",
    ),
    "a placement is unreadable": (spoiled(lambda _: placement_key("news")), "news: its placement cannot be read"),
    "a placement is gone": (gone(lambda _: placement_key("news")), "news: its placement is of another version"),
    "a change was not heard of": (
        never_heard_of,
        "its placement is of another version than the article: nobody has heard of the last change",
    ),
    "a new article was not heard of": (never_heard_of_at_all, "lost: is missing in latest, section/city"),
    "a withdrawal was not heard of": (
        withdrawn_unheard,
        "news: readers see no such article, but it stands in author/ada-moor, latest",
    ),
    "a deletion was not heard of": (
        deleted_unheard,
        "news: there is no such article, but it stands in author/ada-moor, latest",
    ),
    "an article is overdue": (due_unheard, "soon: is missing in latest"),
    "an article is not announced": (unannounced, "news: is out, and has not been announced"),
    "a schedule is missing": (unscheduled, "soon: is to appear at 2026-11-24T12:00:00+00:00, and nothing is scheduled"),
    "a schedule is late": (scheduled_wrongly, "and is scheduled for 2026-11-24T13:00:00+00:00"),
    "a schedule is early": (scheduled_too_early, "and is scheduled for 2026-11-24T11:59:59+00:00"),
    "a part is orphaned": (orphaned, "lists: 1 part of lists that no index names"),
    "a list's index is gone, its parts are not": (
        index_lost,
        "lists: 1 part of lists that no index names",
    ),
    "messages were put aside": (
        dead_letter,
        "publishing could not deal with 3 messages: news, essay, something that is no event of ours",
    ),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES)
def test_damage_is_named_and_mended(damage: Damage, words: str) -> None:
    case = paper()
    assert case.examine().findings == ()
    damage(case)

    told = [str(finding) for finding in case.examine().findings]
    done = case.repair()

    assert any(words in one for one in told), told
    assert all("--repair" in one for one in told)
    assert done
    assert [str(finding) for finding in case.examine().findings] == []
    assert case.shown() == case.as_built_freshly()
    assert case.letters.count() == 0


@given(st.lists(st.sampled_from(sorted(DAMAGES)), min_size=2, max_size=6))
def test_any_damages_together_are_mended_at_once(names: list[str]) -> None:
    case = paper()
    for name in names:
        with suppress(*UNREADABLE, KeyError, ContentUnavailable):  # there is nothing left that could be damaged so
            DAMAGES[name][0](case)

    case.repair()

    assert [str(finding) for finding in case.examine().findings] == []
    assert case.shown() == case.as_built_freshly()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "news: what lies there is not an article"),
        (msgspec.json.encode(ESSAY), "news: what lies there calls itself “essay”"),
    ],
)
def test_what_is_no_article_is_for_an_editor_to_mend(raw: bytes, words: str) -> None:
    case = paper()
    case.articles.spoil("news", raw)

    case.repair()
    (left,) = case.examine().findings

    assert words in str(left)
    assert "publish this article again" in str(left)
    assert "latest" in case.shown()
    assert not any(place.endswith("/news") for place, _ in case.shown()["latest"])
    case.publish(NEWS)
    assert case.examine().findings == ()


def test_nobody_is_told_of_an_article_twice_by_a_repair() -> None:
    case = paper()
    sent = list(case.announcements.sent)
    case.documents.delete((placement_key("news"), placement_key("essay"), placement_key("profile")))

    case.repair()

    assert case.announcements.sent == sent == [("a-news", "news")]


def test_what_a_repair_changes_is_purged() -> None:
    case = paper()
    without("latest", "news")(case)
    case.purge.asked.clear()

    case.repair()

    assert {"list-latest", "slug-news"} <= {tag for tags in case.purge.asked.values() for tag in tags}


@pytest.mark.parametrize("ended_early", [False, True])
def test_a_repair_brings_out_an_edition_behind_all_lists_and_before_their_purge(ended_early: bool) -> None:
    case = paper()
    case.put(directory_key("sections"), b"{")
    for name in ("latest", "tag/river"):
        case.put(index_key(name), b"{")
    diagnosis, steps = case.examine(), Steps(case.documents, case.purge)

    def end() -> None:
        raise CutOff

    if ended_early:
        steps.happens[directory_key("sections")] = end
    with pytest.raises(CutOff) if ended_early else nullcontext():
        repair(diagnosis, case.ward, case.clock, lambda _: None)

    assert {index_key("latest"), index_key("tag/river")} <= {*steps.taken}
    steps.hold_an_edition_before_each_purge()


def test_an_event_under_way_is_no_finding() -> None:
    case = paper()
    case.write(replace(NEWS, title="Just now"))
    case.put_placement("essay", version=None)
    case.delete("profile")

    diagnosis = examine(case.ward, case.clock, lambda: case.catch_up("news", "essay", "profile"))

    assert diagnosis.findings == ()
    assert diagnosis.moving == 3


def test_an_article_that_is_changed_between_the_looks_is_no_finding() -> None:
    case = paper()
    without("latest", "news")(case)

    diagnosis = examine(case.ward, case.clock, lambda: case.write(replace(NEWS, title="At this moment")))

    assert diagnosis.findings == ()


def test_what_waits_for_its_turn_is_no_finding_and_the_rest_is() -> None:
    case = paper()
    case.backlog = 3
    case.write(replace(NEWS, title="Waiting"))
    case.write(article("new"))
    without("latest", "essay")(case)

    diagnosis = case.examine()

    assert [finding.subject for finding in diagnosis.findings] == ["essay"]
    assert diagnosis.moving == 2
    case.backlog = 0
    assert [finding.subject for finding in case.examine().findings] == ["essay", "new", "news"]


def test_a_list_that_is_changed_while_it_is_read_is_read_again() -> None:
    case = paper()
    first = case.index("latest").parts[0].name
    armed = [True]

    def change(step: str, key: str) -> None:
        if armed and step == "read" and key == part_key("latest", first):
            armed.clear()
            for number in range(2):  # the second change takes the part away that the first has replaced
                case.publish(article(f"other-{number}"))

    case.documents.before = change  # type: ignore[method-assign]

    listed = read_list(case.documents, "latest")

    assert (armed, listed.faults) == ([], ())
    assert {slug_at(place) for place in listed.rows} == {"news", "essay", "profile", "other-0", "other-1"}


@pytest.mark.parametrize("seconds", [0, 119])
def test_an_article_may_take_two_minutes_to_appear(seconds: int) -> None:
    case = paper()
    case.now = SOON.published_at + dt.timedelta(seconds=seconds)

    assert case.examine().findings == ()


def test_parts_that_somebody_may_be_about_to_name_are_left_alone() -> None:
    case = paper()
    case.put(part_key("latest", "f" * 20), b"{}")
    case.now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=59)
    case.catch_up("soon")

    assert case.examine().findings == ()
    case.repair()
    assert part_key("latest", "f" * 20) in case.documents.raw


def test_letters_stay_when_what_they_ask_for_cannot_be_done() -> None:
    case = paper()
    case.letters = MemoryDeadLetters('{"slug":"essay"}')
    diagnosis = case.examine()
    case.articles.broken = True
    with pytest.raises(ContentUnavailable):
        repair(diagnosis, case.ward, case.clock, lambda _: None)

    assert case.letters.count() == 1


def test_many_letters_are_dealt_with_ten_at_a_time() -> None:
    case = paper()
    case.letters = MemoryDeadLetters(*['{"slug":"news"}'] * 25)

    done = case.repair()

    assert len(done) == 3
    assert case.examine().findings == ()


def test_changes_that_never_reached_the_queue_are_told_and_caught_up_with() -> None:
    case = paper()
    case.write(replace(NEWS, title="Changed, and its event refused"))
    case.undelivered = MemoryDeadLetters('{"detail":{"object":{"key":"articles/news.json"}}}')

    told = [str(each) for each in case.examine().findings]
    assert any("publishing's queue did not take one message: news" in each for each in told)
    case.repair()
    assert case.examine().findings == ()
    assert case.undelivered.count() == 0


def test_letters_of_newsletters_are_told_and_left() -> None:
    case = paper()
    case.newsletters = MemoryDeadLetters('{"article":"a-news","slug":"news"}')

    case.repair()

    assert "newsletters could not deal with one message" in str(case.examine().findings[0])
    assert case.newsletters.count() == 1


def no_ring(case: PaperCase) -> None:
    case.keyring = MemoryKeyring()


def no_edge(case: PaperCase) -> None:
    case.edge.ring = None


@pytest.mark.parametrize(
    ("damage", "words", "cure"),
    [
        (no_ring, "keyring: There is no keyring yet: `frontline keys init`", "docs/operations.md"),
        (no_edge, "keyring: the edge knows other keys than the ring", "frontline keys init"),
        (gone(lambda _: PAPER_KEY), "paper.json: is missing", "frontline paper --name"),
        (spoiled(lambda _: PAPER_KEY), "paper.json: cannot be read", "frontline paper --name"),
        (
            lambda case: case.put(PAPER_KEY, msgspec.json.encode(replace(PAPER, url="https://old.example"))),
            "paper.json: says that the paper is at https://old.example",
            f"frontline paper --url {SITE}",
        ),
        (
            lambda case: case.put(PAPER_KEY, msgspec.json.encode(replace(PAPER, icon="/media/member/icon.png"))),
            "paper.json: icon: /media/member/icon.png is for some readers alone",
            "`frontline paper --json > paper.json`",
        ),
        (
            lambda case: setattr(case, "page", None),
            "static/errors/unavailable.html: is missing",
            f"frontline paper --url {SITE}",
        ),
        (
            lambda case: setattr(case, "page", b"<h1>Another paper</h1>"),
            "static/errors/unavailable.html: does not say what the paper says",
            f"frontline paper --url {SITE}",
        ),
    ],
)
def test_keys_and_paper_are_looked_at(damage: Damage, words: str, cure: str) -> None:
    case = paper()
    damage(case)

    (finding,) = case.examine().findings

    assert words in str(finding)
    assert cure in finding.cure


def test_a_long_list_is_examined_and_mended() -> None:
    many = [article(f"piece-{n}", published_at=NOW - dt.timedelta(days=n + 1)) for n in range(450)]
    case = PaperCase(*many)
    assert len(case.index("latest").parts) > 2
    assert case.examine().findings == ()
    case.documents.delete((part_key("latest", case.index("latest").parts[1].name),))

    case.repair()

    assert case.examine().findings == ()
    assert case.shown() == case.as_built_freshly()


# The stack itself -----------------------------------------------------------------------------------------------------


def test_a_part_of_the_stack_that_is_broken_is_found_beside_everything_else() -> None:
    case = paper()
    case.facilities.change("ArticleChanges", is_on=False)
    case.web.change(f"{SITE}/", status=502)
    case.web.change(FUNCTION, status=200)
    case.page = None

    found = case.examine().findings

    assert [one.subject for one in found] == [ERROR_PAGE, "ArticleChanges", "the front page", "ArticlesFunction"]
    assert not any(one.is_mended_by_repair for one in found)


def test_functions_that_one_may_not_ask_about_are_told_of_and_the_site_is_read_all_the_same() -> None:
    case = paper()
    case.facilities.silent = {"functions"}
    case.web.change(f"{SITE}/", status=502)
    case.web.change(FUNCTION, status=200)  # whose address nobody says

    assert [one.subject for one in case.examine().findings] == ["functions", "the front page"]


def test_what_is_not_looked_at_is_a_note_and_no_fault() -> None:
    case = paper()
    case.facilities.parts = {"MailLate": case.facilities.parts["MailLate"]}

    diagnosis = case.examine()

    assert diagnosis.findings == ()
    assert any("Not looked at" in note for note in diagnosis.notes)
