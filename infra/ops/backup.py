"""Copying what cannot be made again out of a stack and back: members, ledger, mailings, articles, files.

Left out on purpose. Sign-ins and requests: they are over in minutes. Sessions: those that have ended since would be
good again, and of the others the next ticket would look like a stolen one; readers sign in again. Lists and placements:
they are made anew from the articles.

A backup is no one moment's: each item and object is whole, and all of it is from between its two moments. What belongs
together and was caught in the middle is set right by what sets it right anyway (`rebuild`, `contributions reconcile`).
"""

from __future__ import annotations

import enum
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from functions.members.leaving import forget_address
from infra.ops.backup_folder import BUCKETS, KEYRING, TABLES, Kept, Manifest, NewFolder, WholeFolder, is_ours
from infra.ops.stores import Bucket, Item, Stores, Table
from infra.ops.survey import Progress, each
from shared.adapters.dynamo_members import ERASED, SESSION
from shared.domain.decoding import UNREADABLE
from shared.domain.erasures import erased_id
from shared.domain.happenings import Forget
from shared.domain.members import Contact
from shared.domain.refusals import UnusableBackup
from shared.ports.money import PaymentsQueue
from shared.ports.persons import Members

_AT_ONCE: Final = 1_000  # that are begun; a few of them are under way
_MEMBER: Final = "member#"
_ADDRESS: Final = "address#"
_PAYER: Final = "payer#"
_contacts: Final[msgspec.json.Decoder[Contact]] = msgspec.json.Decoder(Contact)
T = TypeVar("T")
R = TypeVar("R")


class Outcome(enum.Enum):
    """What became of a thing that was to be put back."""

    RESTORED = "restored"
    SAME = "there already"
    OVERWRITTEN = "overwritten"
    DIFFERENT = "different there, and left"
    ERASED = "left out: erased since"


Outcomes = dict[str, Counter[Outcome]]
"""By table and bucket."""


def back_up(
    stores: Stores, folder: NewFolder, stack: str, livemode: bool, with_keys: bool, progress: Progress
) -> tuple[Manifest, int]:
    """Copy all of it into the folder. Returns the manifest, and how many objects were left out that are none of ours.

    Cut off anywhere, it is completed by doing it again with the same folder. `with_keys`: the keyring too, with which
    whoever has the folder can sign passes. Raises what the stores raise, and OSError.
    """
    files, sizes, foreign = {}, {}, 0
    now = int(time.time())
    for name in TABLES:
        step = progress(f"copying {name}", None)
        lines = folder.lines(name)
        for item in stores.tables[name].items():
            if _is_kept(item, now):
                lines.add(item)
            step()
        files[name] = lines.end()
    # Articles before what says that they have been announced: the other way round, one that comes out meanwhile would
    # be announced again after a restore.
    for name in BUCKETS:
        every = sorted(stores.buckets[name].listed(), key=lambda one: not one[0].startswith("articles/"))
        ours = [one for one in every if is_ours(name, one[0])]
        foreign += sum(not (is_ours(name, key) or _is_made_anew(name, key)) for key, _ in every)
        wanted = [one for one in ours if with_keys or one[0] != KEYRING]
        earlier, lines = folder.earlier(name), folder.lines(name)
        step = progress(f"copying {name}", len(wanted))
        for kept in _copied(stores.buckets[name], folder, wanted, earlier, step):
            sizes[kept.sha256] = kept.size
            lines.add(kept)
            lines.flush()
        files[name] = lines.end()
    return folder.end(stack, livemode, int(time.time()), files, sizes), foreign


def _is_kept(item: Item, now: int) -> bool:
    ends = item.get("expires_at", {}).get("N")
    return not item["sk"]["S"].startswith(SESSION) and (ends is None or int(ends) > now)


def _is_made_anew(bucket: str, key: str) -> bool:
    return bucket == "content" and key.startswith(("lists/", "placements/"))


def _copied(
    bucket: Bucket,
    folder: NewFolder,
    wanted: Iterable[tuple[str, str]],
    earlier: Mapping[str, Kept],
    step: Callable[[], None],
) -> Iterator[Kept]:
    def copy(one: tuple[str, str]) -> Kept | None:
        key, tag = one
        if key in earlier and earlier[key].tag == tag:
            return earlier[key]
        found = folder.keep(lambda file: bucket.read(key, file))
        return (
            None if found is None else Kept(key, found[1], found[2], found[0][1], found[0][0])
        )  # None: gone meanwhile

    return (kept for kept in _many(copy, wanted, step) if kept is not None)


def _many(work: Callable[[T], R], items: Iterable[T], step: Callable[[], None]) -> Iterator[R]:
    """`each`, for more items than fit into memory."""
    rest = iter(items)
    while some := list(islice(rest, _AT_ONCE)):
        yield from each(work, some, step)


# Back --------------------------------------------------------------------------------------------------------------


def restore(
    stores: Stores, folder: WholeFolder, payments: PaymentsQueue, is_tried: bool, over: bool, progress: Progress
) -> Outcomes:
    """Put back what is not there. What is there and differs stays, or is overwritten (`over`). `is_tried`: only say so.

    Whoever was erased since, by what the stack or the backup has kept of that, stays erased: the ledger's part of it is
    done by payments, which is told. Cut off anywhere, it is completed by doing it again. The folder has been verified.
    """
    outcomes: Outcomes = {}
    gone = _erased(stores.tables["members"], folder)
    for item in folder.items("members"):
        _without(item, gone)  # or it would be found out half-way that one cannot be read
    put = _Putting(is_tried, over)
    for name in TABLES:
        table, step = stores.tables[name], progress(f"restoring {name}", folder.manifest.files[name].lines)

        def one(item: Item, table: Table = table) -> Outcome:
            left = _without(item, gone)
            return Outcome.ERASED if left is None else put.item(table, left)

        outcomes[name] = Counter(_many(one, folder.items(name), step))
    if not is_tried:
        payers = {str(item["pk"]["S"]).removeprefix(_PAYER) for item in folder.items("ledger")}
        for member in sorted(member for member in payers if erased_id(member) in gone):
            payments.put((Forget(member),))
    for name in BUCKETS:
        # An article is heard of by publishing at once: it has to know by then what was announced, and who we are.
        objects = sorted(folder.objects(name), key=lambda one: one.key.startswith("articles/"))
        bucket, step = stores.buckets[name], progress(f"restoring {name}", len(objects))

        def other(kept: Kept, bucket: Bucket = bucket) -> Outcome:
            return put.object(bucket, kept, folder)

        outcomes[name] = Counter(_many(other, objects, step))
    return outcomes


class _Putting(Struct, frozen=True):
    """How a thing is put back."""

    is_tried: bool
    over: bool

    def item(self, table: Table, item: Item) -> Outcome:
        there = table.get(item) if self.is_tried else table.put(item)
        if there is None:
            return Outcome.RESTORED
        if there == item:
            return Outcome.SAME
        if self.over and not self.is_tried:
            table.replace(item)
        return Outcome.OVERWRITTEN if self.over else Outcome.DIFFERENT

    def object(self, bucket: Bucket, kept: Kept, folder: WholeFolder) -> Outcome:
        if not self.is_tried:
            with folder.content(kept.sha256) as body:
                if bucket.put(kept.key, body, kept.told):
                    return Outcome.RESTORED
        there = bucket.digest(kept.key)
        if there == kept.sha256:
            return Outcome.SAME
        if there is None:
            return (
                Outcome.RESTORED if self.is_tried else Outcome.DIFFERENT
            )  # it went away in between: somebody is at it
        if self.over and not self.is_tried:
            with folder.content(kept.sha256) as body:
                bucket.replace(kept.key, body, kept.told)
        return Outcome.OVERWRITTEN if self.over else Outcome.DIFFERENT


def erase_again(stores: Stores, members: Members, payments: PaymentsQueue, progress: Progress) -> int:
    """Whoever is there and was erased (their table was brought back to a moment before that) is erased once more,
    without another mail. Returns how many they were."""
    gone = frozenset(_noted(stores.tables["members"].items(ERASED)))
    after, count = None, 0
    step = progress("looking for whoever was erased", None)
    while True:
        some, after = members.everyone(after, _AT_ONCE)
        for one in some:
            step()
            if erased_id(one.id) in gone:
                payments.put((Forget(one.id),))
                members.erase(one.id)
                forget_address(one.address, one.id, members)
                count += 1
        if after is None:
            return count


def _noted(items: Iterable[Item]) -> Iterator[str]:
    return (str(item["pk"]["S"]).removeprefix(ERASED) for item in items)


def _erased(members: Table, folder: WholeFolder) -> frozenset[str]:
    """Those who were erased, by what is kept of them: of this stack now, and of the backup's at its time."""
    notes = (*members.items(ERASED), *(item for item in folder.items("members") if item["pk"]["S"].startswith(ERASED)))
    return frozenset(_noted(notes))


def _without(item: Item, gone: frozenset[str]) -> Item | None:
    """The item without whoever is gone; None where nothing is left of it."""
    pk = str(item["pk"]["S"])
    if pk.startswith(_MEMBER):
        return None if erased_id(pk.removeprefix(_MEMBER)) in gone else item
    if not pk.startswith(_ADDRESS):
        return item
    try:
        contact = _contacts.decode(item["body"]["S"])
    except (KeyError, *UNREADABLE):
        raise UnusableBackup("members.jsonl holds what is no contact of ours.") from None
    if contact.member is None or erased_id(contact.member) not in gone:
        return item
    if contact.suppressed is None:
        return None
    body = msgspec.json.encode(Contact(None, contact.suppressed, contact.suppressed_at)).decode()
    return {**item, "body": {"S": body}}


def is_all_there(outcomes: Outcomes) -> bool:
    """Whether everything of the backup is as it was then, but for whoever was erased."""
    return not any(counts[Outcome.DIFFERENT] for counts in outcomes.values())
