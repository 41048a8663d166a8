"""What a stack consists of at AWS, as far as somebody can break it by hand, and what is wrong with it, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from msgspec import Struct

from shared.domain.refusals import StoreUnavailable

Problem = tuple[str, str, str]  # with what, how, and what to do

_GUIDE: Final = "in docs/operations.md"
BACK: Final = f"see Back to the template {_GUIDE}"  # a deployment does not notice what was changed by hand
_CLOSED: Final = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"


class Bucket(Struct, frozen=True):
    """`at`: its name at AWS. `tells`: whether EventBridge hears of its changes; None where nobody needs to. Of one that
    is gone (not `is_there`) the rest means nothing, as with everything here."""

    name: str
    at: str
    keeps_versions: bool | None = None
    is_closed: bool | None = None
    tells: bool | None = None
    is_there: bool = True


class Table(Struct, frozen=True):
    """`can_go_back`: whether it can be had as it was at any second of the last 35 days."""

    name: str
    at: str
    can_go_back: bool | None = None
    is_protected: bool | None = None
    is_there: bool = True


class Queue(Struct, frozen=True):
    name: str
    at: str
    waiting: int = 0
    is_there: bool = True


class Rule(Struct, frozen=True):
    """A rule of EventBridge's."""

    name: str
    at: str
    is_on: bool | None = None
    has_target: bool | None = None
    is_there: bool = True


class Function(Struct, frozen=True):
    """`why_not`: why it cannot run. `is_switched_off`: it may run not even once at a time. `url`: where it is, if it
    has an address of its own; `is_open`: that asks nobody who they are."""

    name: str
    at: str
    why_not: str | None = None
    is_switched_off: bool = False
    url: str | None = None
    is_open: bool = False
    is_there: bool = True


class Delivery(Struct, frozen=True):
    """What takes messages from a queue to a function. `state`: as Lambda says, where it is not at work."""

    name: str
    at: str
    state: str | None = None
    is_there: bool = True


class Alarm(Struct, frozen=True):
    """`rings_since` (seconds since 1970) and `why`: while it is off. `is_silent`: it would tell nobody."""

    name: str
    at: str
    rings_since: int | None = None
    why: str = ""
    is_silent: bool = False
    is_known: bool = True
    is_there: bool = True


class Told(Struct, frozen=True):
    """Who is told of alarms by SNS: how many have agreed to it, and how many have not answered yet."""

    confirmed: int
    waiting: int


class Facilities(Protocol):
    """The parts of a stack, each by its name in the template. Raises StoreUnavailable where AWS does not say."""

    def buckets(self) -> tuple[Bucket, ...]:
        """All of them."""

    def tables(self) -> tuple[Table, ...]:
        """All of them."""

    def queues(self) -> tuple[Queue, ...]:
        """All of them, dead letters' too."""

    def rules(self) -> tuple[Rule, ...]:
        """All of them."""

    def functions(self) -> tuple[Function, ...]:
        """All of them."""

    def deliveries(self) -> tuple[Delivery, ...]:
        """All of them."""

    def alarms(self) -> tuple[Alarm, ...]:
        """All of them."""

    def told(self) -> Told | None:
        """Who is told of alarms; None in a stack that tells nobody."""


def problems_of(facilities: Facilities) -> Iterator[Problem]:
    """What is wrong with these, and what to do about each."""
    for what, look in _LOOKS:
        try:
            yield from look(facilities)
        except StoreUnavailable as refusal:
            yield (
                what,
                f"cannot be looked at: {refusal.detail.rstrip('.')}",
                f"may you? See What doctor looks at {_GUIDE}",
            )


def not_looked_at(facilities: Facilities) -> tuple[str, ...]:
    """Of what there is none here, as on a machine that stands in for AWS."""
    kinds: tuple[tuple[str, Callable[[], tuple[object, ...]]], ...] = (
        ("functions and their addresses", facilities.functions),
        ("what takes queues to functions", facilities.deliveries),
    )
    return tuple(words for words, read in kinds if not read())


def _buckets(facilities: Facilities) -> Iterator[Problem]:
    for one in facilities.buckets():
        if not one.is_there:
            yield one.name, "the bucket is gone, and all that was in it", f"see Backup {_GUIDE}"
            continue
        s3api = f"`aws s3api {{}} --bucket {one.at}"
        if not one.is_closed:
            cure = f"{s3api.format('put-public-access-block')} --public-access-block-configuration {_CLOSED}`"
            yield one.name, "the bucket may be opened to the public: nothing blocks that any more", cure
        if not one.keeps_versions:
            cure = f"{s3api.format('put-bucket-versioning')} --versioning-configuration Status=Enabled`"
            yield one.name, "the bucket keeps no versions: what is overwritten or deleted now is lost", cure
        if one.tells is False:
            command = s3api.format("put-bucket-notification-configuration")
            tells = '{"EventBridgeConfiguration": {}}'
            cure = f"{command} --notification-configuration '{tells}'`; then `frontline doctor --repair`"
            yield one.name, "EventBridge does not hear of what is written into the bucket: nothing is published", cure


def _tables(facilities: Facilities) -> Iterator[Problem]:
    for one in facilities.tables():
        if not one.is_there:
            yield one.name, "the table is gone", f"see Backup {_GUIDE}"
            continue
        if not one.can_go_back:
            cure = (
                f"`aws dynamodb update-continuous-backups --table-name {one.at} "
                "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true`"
            )
            yield one.name, "the table cannot be brought back as it was: point-in-time recovery is off", cure
        if not one.is_protected:
            cure = f"`aws dynamodb update-table --table-name {one.at} --deletion-protection-enabled`"
            yield one.name, "the table may be deleted by mistake: its protection is off", cure


def _queues(facilities: Facilities) -> Iterator[Problem]:
    for one in facilities.queues():
        if not one.is_there:
            yield one.name, "the queue is gone, and what was in it", f"{BACK}; then `frontline doctor` once more"


def _rules(facilities: Facilities) -> Iterator[Problem]:
    for one in facilities.rules():
        if not one.is_there:
            yield one.name, "the rule is gone: what it would have begun does not happen", BACK
        elif not one.is_on:
            cure = f"`aws events enable-rule --name {one.at}`"
            yield one.name, "the rule is switched off: what it would have begun does not happen", cure
        elif not one.has_target:
            yield one.name, "the rule tells nobody", BACK


def _functions(facilities: Facilities) -> Iterator[Problem]:
    for one in facilities.functions():
        if not one.is_there:
            yield one.name, "the function is gone", BACK
            continue
        if one.why_not is not None:
            yield (
                one.name,
                f"the function cannot run: {one.why_not.rstrip('.')}",
                f"`sam build && sam deploy`, or {BACK}",
            )
        if one.is_switched_off:
            cure = f"`aws lambda delete-function-concurrency --function-name {one.at}`"
            yield one.name, "the function is switched off: none of its calls is let through", cure
        if one.is_open:
            cure = (
                f"`aws lambda update-function-url-config --function-name {one.at} --qualifier live --auth-type AWS_IAM`"
            )
            yield one.name, "the function answers everybody at its own address, past the edge", cure


def _deliveries(facilities: Facilities) -> Iterator[Problem]:
    for one in facilities.deliveries():
        if not one.is_there:
            yield one.name, "nothing takes its queue's messages to the function any more", BACK
        elif one.state is not None:
            cure = f"`aws lambda update-event-source-mapping --uuid {one.at} --enabled`"
            yield one.name, f"its queue's messages do not reach the function: the mapping is “{one.state}”", cure


def _alarms(facilities: Facilities) -> Iterator[Problem]:
    for one in facilities.alarms():
        if not one.is_there:
            yield one.name, "the alarm is gone", BACK
            continue
        if one.rings_since is not None:
            yield one.name, f"the alarm rings{': ' * bool(one.why)}{one.why.rstrip('.')}", f"see {one.name} {_GUIDE}"
        if one.is_silent:
            cure = f"`aws cloudwatch enable-alarm-actions --alarm-names {one.at}`"
            yield one.name, "the alarm tells nobody: its actions are off", cure
    told = facilities.told()
    if told is not None and told.waiting:
        count = "an address has" if told.waiting == 1 else f"{told.waiting} addresses have"
        words = f"{count} not agreed to be told of alarms: SNS waits for a press on its link"
        yield "AlarmEmail", words, "press the link in SNS's mail; after three days, `aws sns subscribe` sends another"


def notes_of(facilities: Facilities) -> Iterator[str]:
    """What is good to know, and no fault."""
    try:
        told = facilities.told()
        if told is not None and not told.confirmed and not told.waiting:
            yield "Nobody is told of alarms by mail: deploy with AlarmEmail, or look at `frontline status`."
        if kinds := not_looked_at(facilities):
            yield f"Not looked at, because there are none here: {', '.join(kinds)}."
    except StoreUnavailable:
        return  # it is told as a problem


_LOOKS: Final[tuple[tuple[str, Callable[[Facilities], Iterator[Problem]]], ...]] = (
    ("buckets", _buckets),
    ("tables", _tables),
    ("queues", _queues),
    ("rules", _rules),
    ("functions", _functions),
    ("deliveries", _deliveries),
    ("alarms", _alarms),
)
