"""What is wrong with a stack, in words. `repair` mends it.

A paper goes on being published while it is examined. So whatever looks wrong is looked at a second time, after a pause,
and told only if it has stood still since and is wrong still: an event under way explains the rest.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal

import msgspec
from msgspec import Struct

from functions.publishing.catch_up import Doors
from functions.publishing.events import slug_in
from functions.publishing.placements import Entered
from infra.ops.facilities import Facilities, Problem, notes_of, problems_of
from infra.ops.keys import list_keys
from infra.ops.mail import setup_problems
from infra.ops.paper import ERROR_PAGE, error_page, whole
from infra.ops.paper import problems_of as problems_of_paper
from infra.ops.payments import Money, gather, problems_in, problems_of_orders, takes_money
from infra.ops.rebuild import Clock
from infra.ops.site import Address, Web, problems_of_site, problems_past_the_edge
from infra.ops.survey import (
    Listed,
    Progress,
    Standing,
    digest,
    list_files,
    read_articles,
    read_facts,
    read_lists,
    read_standings,
    silently,
)
from shared.adapters.scheduler_schedules import SOONEST
from shared.domain.decoding import UNREADABLE
from shared.domain.lists import Directory, directory_of, slug_at
from shared.domain.paper import PAPER_KEY, Paper
from shared.domain.refusals import StoreUnavailable, UnusableKeyring
from shared.ports.mail import MailPlace
from shared.ports.publishing import DeadLetters, EdgeKeys, KeyringShelf

LATE: Final = dt.timedelta(minutes=2)
"""How long an article that is due may take to appear; our clock need not be S3's either."""
SCHEDULE_SLACK: Final = SOONEST + dt.timedelta(seconds=2)  # for whole seconds
ORPHANED_AFTER: Final = dt.timedelta(hours=1)
DIRECTORIES: Final[tuple[Directory, ...]] = ("sections", "authors")
_REPAIR: Final = "`frontline doctor --repair` mends it"

Kind = Literal["article", "list", "directory", "orphans", "letters", "stack"]


class Finding(Struct, frozen=True):
    """Something that is wrong: with what, how, and what to do."""

    kind: Kind
    subject: str
    words: str
    cure: str = _REPAIR

    @property
    def is_mended_by_repair(self) -> bool:
        return self.cure == _REPAIR

    def __str__(self) -> str:
        return f"{self.subject}: {self.words}. → {self.cure}"


class Post(Struct, frozen=True):
    """How a stack sends mail: from which address, by what, and what could not be mailed."""

    sender: str | None
    place: MailPlace
    dead_letters: DeadLetters


class Ward(Struct, frozen=True):
    """What is examined. `backlog` says how many events publishing has still to work through. `announcements`: what
    newsletters could not deal with, in a stack that has them. `error_page` reads what is shown when a function
    fails. `post` is None in a stack that sends no mail, `money` in one from before there was any, `undelivered`
    (changes that did not reach publishing) likewise. `facilities`: what it consists of at AWS; `web` asks at its
    `address`, as a reader does."""

    doors: Doors
    backlog: Callable[[], int]
    keyring: KeyringShelf
    edge_keys: EdgeKeys
    dead_letters: DeadLetters
    announcements: DeadLetters | None
    site_url: str
    error_page: Callable[[], bytes | None]
    post: Post | None = None
    money: Money | None = None
    facilities: Facilities | None = None
    web: Web | None = None
    address: Address | None = None
    undelivered: DeadLetters | None = None

    @property
    def letters(self) -> Mapping[str, DeadLetters]:
        """The queues that hold changes nobody has caught up with, by what is to be said of them."""
        queues = {"publishing could not deal with": self.dead_letters}
        if self.undelivered is not None:
            queues["publishing's queue did not take"] = self.undelivered
        return queues


class Diagnosis(Struct, frozen=True):
    """What was found. `places`: where each article that something is wrong with stands; `articles` and `lists`: how
    many were looked at; `moving`: what looked wrong and was being changed. `notes`: what is good to know."""

    findings: tuple[Finding, ...]
    places: dict[str, Entered]
    orphans: tuple[tuple[str, str], ...]
    articles: int
    lists: int
    moving: int
    notes: tuple[str, ...] = ()


# Examining ----------------------------------------------------------------------------------------------------------


class _Seen(Struct, frozen=True):
    """Articles, lists, directories (None: unreadable) and schedules as they were at about one time."""

    now: dt.datetime
    articles: dict[str, Standing]
    lists: dict[str, Listed]
    directories: dict[Directory, dict[str, bytes] | None]
    schedules: dict[str, dt.datetime]


def examine(ward: Ward, clock: Clock, pause: Callable[[], None], progress: Progress = silently) -> Diagnosis:
    """Everything that is wrong with a stack. Raises ContentUnavailable where its stores do not answer."""
    doors = ward.doors
    files = list_files(doors.documents)
    first = _look(doors, clock(), files, progress)
    suspected = tuple(_differences(first))
    confirmed: tuple[Finding, ...] = ()
    places: dict[str, Entered] = {}
    if suspected:
        pause()
        is_busy = ward.backlog() > 0  # asked first: whatever is not in the queue any more has been done by then
        second = _look_closer(doors, clock, first, suspected)
        again = {(finding.kind, finding.subject) for finding in suspected}
        confirmed = tuple(
            finding
            for finding in _differences(second)
            if (finding.kind, finding.subject) in again
            and _has_stood_still(finding, first, second)
            and not (is_busy and _may_wait(finding, second))
        )
        places = {slug: tuple(where) for slug, where in _places(second).items()}
    orphans = tuple(_orphans(files, first.lists, clock()))
    count = f"{len(orphans)} part{'s' * (len(orphans) != 1)} of lists that no index names"
    return Diagnosis(
        (
            *confirmed,
            *((Finding("orphans", "lists", f"{count}, left behind by a run that was cut off"),) if orphans else ()),
            *_letters(ward),
            *_keys(ward),
            *_paper(ward),
            *_mail(ward.post),
            *_money(ward, clock, pause, progress),
            *_facilities(ward, progress),
        ),
        places,
        orphans,
        len(first.articles),
        len(first.lists),
        len({(one.kind, one.subject) for one in suspected} - {(one.kind, one.subject) for one in confirmed}),
        tuple(_notes(ward)),
    )


def _look(doors: Doors, now: dt.datetime, files: Mapping[str, object], progress: Progress) -> _Seen:
    articles = read_articles(doors, now, {}, progress)
    wanted = (name for one in articles.values() for name, _ in one.wanted.entered)
    lists = read_lists(doors.documents, dict.fromkeys((*files, *wanted)), progress)
    strangers = {slug_at(place) for listed in lists.values() for place in listed.rows} - articles.keys()
    articles |= read_standings(doors, strangers, now, progress)
    directories = {kind: read_facts(doors.documents, kind) for kind in DIRECTORIES}
    return _Seen(now, articles, lists, directories, dict(doors.schedules.due()))


def _look_closer(doors: Doors, clock: Clock, first: _Seen, suspected: tuple[Finding, ...]) -> _Seen:
    """What is suspected once more: directories before lists before articles, so that what has stood still at the end
    has done so while the rest was read."""
    slugs = {finding.subject for finding in suspected if finding.kind == "article"}
    where = _places(first)
    names = {name for slug in slugs for name, _ in (*where.get(slug, ()), *first.articles[slug].wanted.entered)}
    names |= {finding.subject for finding in suspected if finding.kind in ("list", "directory")} - {*DIRECTORIES}
    directories = {kind: read_facts(doors.documents, kind) for kind in DIRECTORIES}
    schedules = dict(doors.schedules.due())
    lists = read_lists(doors.documents, sorted(names), silently)
    now = clock()
    return _Seen(now, read_standings(doors, sorted(slugs), now, silently), lists, directories, schedules)


def _has_stood_still(finding: Finding, first: _Seen, second: _Seen) -> bool:
    if finding.kind == "article":
        return first.articles[finding.subject].state == second.articles[finding.subject].state
    if finding.kind == "directory" and finding.subject not in DIRECTORIES:
        known = first.lists.get(finding.subject, Listed())
        return known.version == second.lists[finding.subject].version
    return True  # a list is wrong in itself, and a directory that cannot be read


def _may_wait(finding: Finding, seen: _Seen) -> bool:
    """Whether an event that waits for its turn would explain this."""
    if finding.kind != "article":
        return False
    one = seen.articles[finding.subject]
    return one.fault is None and one.before.version != one.wanted.version


def _places(seen: _Seen) -> dict[str, dict[tuple[str, str], str]]:
    """Where each article stands, with a digest of its entry there."""
    places: defaultdict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    for name, listed in seen.lists.items():
        for place, entry in listed.rows.items():
            places[slug_at(place)][name, place] = entry
    return dict(places)


def _differences(seen: _Seen) -> Iterator[Finding]:
    """What does not agree. Everything follows from the articles, so that they decide who is right."""
    places = _places(seen)
    for one in seen.articles.values():
        if one.fault is not None:
            words = f"what lies there {one.fault}: readers get an error"
            yield Finding("article", one.slug, words, "publish this article again, or take it away")
        if one.at is None or abs(seen.now - one.at) > LATE:
            wrong = (
                *_misplaced(one, places.get(one.slug, {}), seen.lists),
                *_misdescribed(one, seen.lists),
                *_misnoted(one),
                *_unscheduled(one, seen.schedules),
            )
            if wrong:
                yield Finding("article", one.slug, "; ".join(wrong))
    for name, listed in seen.lists.items():
        for fault in listed.faults:
            yield Finding("list", name, fault)
    yield from _misdirected(seen)


def _misplaced(one: Standing, stands: Mapping[tuple[str, str], str], lists: Mapping[str, Listed]) -> Iterator[str]:
    """Entries that are missing, old, or where none should be. A list that is broken in itself says nothing of that."""
    sound = [(name, place) for name, place in one.wanted.entered if not lists.get(name, Listed()).faults]
    wanted = digest(one.entry or b"")
    if missing := [name for name, place in sound if (name, place) not in stands]:
        yield f"is missing in {', '.join(missing)}"
    if old := [name for name, place in sound if stands.get((name, place), wanted) != wanted]:
        yield f"is shown as it was before, in {', '.join(old)}"
    extra = [name for name, place in stands if (name, place) not in one.wanted.entered and not lists[name].faults]
    if extra:
        named = ", ".join(dict.fromkeys(extra))
        if one.version == "":
            yield f"there is no such article, but it stands in {named}"
        elif one.entry is None:
            yield f"readers see no such article, but it stands in {named}"
        else:
            yield f"stands at a wrong place in {named}"


def _misdescribed(one: Standing, lists: Mapping[str, Listed]) -> Iterator[str]:
    """An author's list says whose it is in the words of its newest article."""
    for name, place in one.wanted.entered:
        listed = lists.get(name, Listed())
        if listed.index is None or directory_of(name) != "authors" or listed.index.newest != place:
            continue
        if listed.index.author != one.author and not listed.faults:
            yield f"is the newest in {name}, which describes its author otherwise"


def _misnoted(one: Standing) -> Iterator[str]:
    before, wanted = one.before, one.wanted
    if one.is_placement_unreadable:
        yield "its placement cannot be read"
    elif before.version is None:
        yield "placing it was begun and not finished"
    elif before.version != wanted.version:
        yield "its placement is of another version than the article: nobody has heard of the last change"
    elif before != wanted:
        yield "its placement says other things than the article"
    elif one.entry is not None and not before.is_announced:
        yield "is out, and has not been announced"


def _unscheduled(one: Standing, schedules: Mapping[str, dt.datetime]) -> Iterator[str]:
    due = one.wanted.due
    if due is None:
        return
    at = schedules.get(one.slug)
    if at is None:
        yield f"is to appear at {due.isoformat()}, and nothing is scheduled for then"
    elif not due <= at <= due + SCHEDULE_SLACK:
        yield f"is to appear at {due.isoformat()}, and is scheduled for {at.isoformat()}"


def _misdirected(seen: _Seen) -> Iterator[Finding]:
    for kind, told in seen.directories.items():
        if told is None:
            yield Finding("directory", kind, f"the directory of {kind} cannot be read")
            continue
        for name, listed in seen.lists.items():
            if directory_of(name) == kind and not listed.faults:
                facts = told.get(name.partition("/")[2])
                if facts is None and listed.facts is not None:
                    yield Finding("directory", name, f"the directory of {kind} does not name it")
                elif facts is not None and listed.facts is None:
                    yield Finding("directory", name, f"the directory of {kind} names it, and nothing is in it")
                elif facts != listed.facts:
                    yield Finding("directory", name, f"the directory of {kind} says other things than its index")
        for slug in told:
            name = f"{kind.removesuffix('s')}/{slug}"
            if name not in seen.lists:
                yield Finding("directory", name, f"the directory of {kind} names it, and there is no such list")


def _orphans(
    files: Mapping[str, Mapping[str, dt.datetime]], lists: Mapping[str, Listed], now: dt.datetime
) -> Iterator[tuple[str, str]]:
    """Lists' parts that no index names, and that have lain there too long for anybody to be about to."""
    for name, found in files.items():
        index = lists[name].index
        if index is not None:
            named = {"index", *index.replaced, *(part.name for part in index.parts)}
            yield from ((name, part) for part, at in found.items() if part not in named and now - at > ORPHANED_AFTER)


def _letters(ward: Ward) -> Iterator[Finding]:
    with ThreadPoolExecutor() as pool:  # each waits a second to be sure that there are none
        # The count alone would be of messages, too, that have just been deleted.
        peeked = tuple(pool.map(lambda queue: queue.peek(), ward.letters.values()))
    for (what, queue), bodies in zip(ward.letters.items(), peeked, strict=True):
        if not bodies:
            continue
        count = max(queue.count(), len(bodies))
        slugs = dict.fromkeys(slug_of_letter(body) or "something that is no event of ours" for body in bodies)
        words = f"{what} {messages(count)}: {', '.join(slugs)}{' …' * (count > len(bodies))}"
        cure = "look in publishing's log for the cause, then `frontline doctor --repair` does what they ask for"
        yield Finding("letters", "dead letters", words, cure)
    if ward.announcements is not None and (count := ward.announcements.count()):
        words = f"newsletters could not deal with {messages(count)}"
        cure = "look in newsletters' log for the cause, then move them back with `aws sqs start-message-move-task`"
        yield Finding("stack", "announcements", words, cure)


def _keys(ward: Ward) -> Iterator[Finding]:
    try:
        reports = list_keys(ward.keyring, ward.edge_keys)
    except UnusableKeyring as refusal:
        yield Finding("stack", "keyring", refusal.detail.rstrip("."), "see Keys in docs/operations.md")
        return
    if not all(one.in_ring and one.at_edge for one in reports):
        words = "the edge knows other keys than the ring: passes are refused, or good for too long"
        yield Finding("stack", "keyring", words, "`frontline keys init` puts the ring's copy at the edge")


def _paper(ward: Ward) -> Iterator[Finding]:
    found = ward.doors.documents.read(PAPER_KEY)
    try:
        paper = None if found is None else msgspec.json.decode(found[0], type=Paper)
    except UNREADABLE:
        yield Finding("stack", PAPER_KEY, "cannot be read", "`frontline paper --name … --description …` writes it anew")
        return
    if paper is None:
        words = "is missing: the paper has no name, and pages and feeds cannot be made"
        yield Finding("stack", PAPER_KEY, words, "`frontline paper --name … --description …` makes it")
        return
    if paper.url != ward.site_url:
        words = f"says that the paper is at {paper.url}, and it is at {ward.site_url}"
        yield Finding("stack", PAPER_KEY, words, f"`frontline paper --url {ward.site_url}`")
    cure = "`frontline paper --json > paper.json`, change it, `frontline paper --file paper.json`"
    document = whole(paper)
    yield from (Finding("stack", PAPER_KEY, problem, cure) for problem in problems_of_paper(document, document))
    if (page := ward.error_page()) != error_page(paper):
        words = "does not say what the paper says" if page else "is missing: where a function fails, nothing says so"
        cure = f"`frontline paper --url {paper.url}` puts it there, and changes nothing else"
        yield Finding("stack", ERROR_PAGE, words, cure)


def _mail(post: Post | None) -> Iterator[Finding]:
    if post is None:  # a stack from before there was any
        return
    try:
        problems = tuple(setup_problems(post.place.read(), post.sender))
    except StoreUnavailable as refusal:
        yield Finding("stack", "mail", refusal.detail.rstrip("."), "try again; may you ask SES (`ses:Get*`)?")
        return
    yield from (Finding("stack", "mail", words, cure) for words, cure in problems)
    if count := post.dead_letters.count():
        words = f"{messages(count)} to mail something could not be dealt with"
        cure = (
            "look in the mail function's log for the cause; who wanted to sign in has asked again by now, and what is "
            "about money goes out when they are moved back (`aws sqs start-message-move-task`)"
        )
        yield Finding("stack", "mail", words, cure)


def _money(ward: Ward, clock: Clock, pause: Callable[[], None], progress: Progress) -> Iterator[Finding]:
    """What is wrong with payments; nothing where the paper takes none and has not begun to."""
    money, paper = ward.money, _read(ward)
    if money is None or paper is None:
        return
    now = clock().timestamp()
    try:
        facts = gather(paper, money)
        if not takes_money(paper) and facts.key_problem is not None:
            return
        problems = [*problems_in(facts, paper, hears_by_bus=money.hears_by_bus, now=now)]
        step = progress("looking at orders", None)
        problems += problems_of_orders(paper, money, now, pause, step, asks=facts.silent is None)
    except StoreUnavailable as refusal:
        problems = [(refusal.detail.rstrip("."), "try again; may you read the ledger's table and the two secrets?")]
    yield from (Finding("stack", "payments", words, cure) for words, cure in problems)


def _facilities(ward: Ward, progress: Progress) -> Iterator[Finding]:
    """What is wrong with the stack itself: its parts, what readers get, and who gets past the edge."""
    problems: list[Problem] = []
    if ward.facilities is not None:
        progress("looking at the stack's parts", None)
        problems += problems_of(ward.facilities)
    if ward.web is not None and ward.address is not None:
        progress("reading as a stranger", None)
        problems += problems_of_site(ward.web, ward.address)
        problems += problems_past_the_edge(ward.web, ward.address, _addresses(ward))
    yield from (Finding("stack", subject, words, cure) for subject, words, cure in problems)


def _addresses(ward: Ward) -> dict[str, str]:
    try:
        functions = () if ward.facilities is None else ward.facilities.functions()
    except StoreUnavailable:
        return {}  # it is told already
    return {one.name: one.url for one in functions if one.url is not None}


def _notes(ward: Ward) -> Iterator[str]:
    if ward.facilities is not None:
        yield from notes_of(ward.facilities)
    paper = _read(ward)
    if ward.money is not None and paper is not None and not takes_money(paper):
        yield "The paper takes no money: it has no `giving` and no `plans`."


def _read(ward: Ward) -> Paper | None:
    found = ward.doors.documents.read(PAPER_KEY)
    try:
        return None if found is None else msgspec.json.decode(found[0], type=Paper)
    except UNREADABLE:
        return None


def slug_of_letter(body: str) -> str | None:
    """The article that a dead letter is about; None where it is no event of ours."""
    try:
        return slug_in(body)
    except UNREADABLE:
        return None


def messages(count: int) -> str:
    return "one message" if count == 1 else f"{count} messages"
