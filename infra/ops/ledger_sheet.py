"""Orders and the ledger on a terminal, in JSON, and as a table for whoever keeps the books."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from functions.payments.reconcile import Report
from infra.ops.contributions import Compared, Verdict, mode
from infra.ops.reader_sheet import as_json
from infra.ops.terminal import err, out, plain
from shared.domain.ledger import Entry
from shared.domain.moments import moment
from shared.domain.money import digits_of, written
from shared.domain.orders import Order
from shared.ports.money import Ledger

_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class EntryShown(Struct, frozen=True):
    """A movement of money; `amount` in minor units, negative where it has left."""

    id: str
    kind: str
    amount: int
    currency: str
    at: str
    payment: str
    in_ledger: bool = True
    at_stripe: bool | None = None


class OrderShown(Struct, frozen=True):
    """An order for a program. Amounts are in minor units. `agrees`: how Stripe agrees, null where it was not asked;
    `name` and `message` are null unless they are asked for."""

    id: str
    kind: str
    state: str
    amount: int
    currency: str
    interval: str
    mode: str
    asked_at: str
    received: int
    cancels: bool
    member: str | None
    plan: str | None
    campaign: str | None
    session: str | None
    subscription: str | None
    paid_until: str | None
    good_until: str | None
    named_publicly: bool
    name: str | None = None
    message: str | None = None
    entries: tuple[EntryShown, ...] | None = None
    agrees: str | None = None
    why: str | None = None


def shown(
    order: Order, *, names: bool, entries: tuple[Entry, ...] | None = None, compared: Compared | None = None
) -> OrderShown:
    """The order as a program gets it."""
    known: tuple[EntryShown, ...] | None = None
    if compared is not None:
        known = tuple(_entry(one, here, there) for one, here, there in compared.entries)
    elif entries is not None:
        known = tuple(_entry(one, True, None) for one in entries)
    paid = order.membership
    return OrderShown(
        id=order.id,
        kind=order.kind.value,
        state=order.state.value,
        amount=order.amount,
        currency=order.currency,
        interval=order.interval.value,
        mode=mode(order.livemode),
        asked_at=moment(order.asked_at),
        received=order.received,
        cancels=order.cancels,
        member=order.member,
        plan=order.plan,
        campaign=order.campaign,
        session=order.session,
        subscription=order.subscription,
        paid_until=moment(paid.paid_until) if paid else None,
        good_until=moment(paid.good_until) if paid else None,
        named_publicly=order.public and order.name is not None,
        name=order.name if names else None,
        message=order.message if names else None,
        entries=known,
        agrees=compared.verdict.value if compared else None,
        why=compared.why if compared else None,
    )


def _entry(one: Entry, here: bool, there: bool | None) -> EntryShown:
    return EntryShown(one.id, one.kind.value, one.amount, one.currency, moment(one.at), one.payment, here, there)


# On a terminal --------------------------------------------------------------------------------------------------------


def line_of(order: Order) -> str:
    """An order in a line."""
    every = "once" if order.interval.value == "once" else f"a {order.interval.value}"
    price = f"{written(order.amount, order.currency)} {every}"
    what = order.plan or order.campaign or ""
    day = moment(order.asked_at)[:10]
    return f"{day}  {order.id}  {order.kind.value:<12}  {order.state.value:<8}  {price:<16}  {what}".rstrip()


def tell(order: Order, *, names: bool) -> None:
    """One order, a line for each thing."""
    for name, value in _lines(order, names):
        _say(f"{name:<12}  {value}")


def _lines(order: Order, names: bool) -> Iterator[tuple[str, str]]:
    yield "order", order.id
    yield "kind", order.kind.value
    yield "asked", moment(order.asked_at)
    if order.plan is not None:
        yield "plan", f"{order.plan}, at Stripe {order.price}"
    if order.campaign is not None:
        yield "campaign", f"{order.campaign}{', among its supporters' * order.supports}"
    yield "member", order.member or ("forgotten" if order.forgotten else "nobody who was signed in")
    if order.membership is not None:
        paid = order.membership
        until = f"paid until {moment(paid.paid_until)}, good until {moment(paid.good_until)}"
        yield "membership", f"{paid.state.value} since {moment(paid.since)}, {until}"
    if order.name is not None or order.message is not None:
        whom = "everyone" if order.public else "nobody but us"
        yield "given as", f"{order.name or '—'}: {order.message or '—'}" if names else "told with --with-names"
        yield "shown to", whom
    if order.notices:
        yield "mails due", ", ".join(one.kind.value for one in order.notices)


def tell_entries(entries: Iterable[Entry]) -> None:
    for one in entries:
        _say(f"{'':<12}  {_movement(one)}")


def tell_compared(compared: Compared) -> None:
    """The order beside what Stripe says now, and every movement."""
    width = max(12, *(len(row.here) for row in compared.rows))
    _say(f"{'':<12}  {'here':<{width}}  Stripe now")
    for row in compared.rows:
        mark = "" if row.here == row.there or row.there.startswith(f"{row.here},") else "  ←"
        _say(f"{row.what:<12}  {row.here:<{width}}  {row.there}{mark}")
    for entry, here, there in compared.entries:
        where = "" if here and there else "  ← not in the ledger" if there else "  ← not said by Stripe"
        _say(f"{'':<12}  {_movement(entry)}{where}")
    match compared.verdict:
        case Verdict.AGREE:
            _say("They agree.")
        case Verdict.BEHIND:
            _say("Stripe knows more: `frontline contributions look ID` settles it.")
        case Verdict.MISMATCHED:
            _say(
                f"Not what was ordered: {compared.why}. Nothing is granted for it; see Payments in docs/operations.md."
            )


def _movement(one: Entry) -> str:
    return f"{moment(one.at)}  {one.kind.value:<13}  {written(one.amount, one.currency):>10}  {one.id}"


def tell_report(report: Report) -> None:
    """What reconciling has found."""
    _say(f"looked at   {_many(report.looked, 'order')}")
    _say(f"repaired    {_many(report.repaired, 'order')}; missing were {_many(report.entries, 'entry', 'entries')}")
    for currency, amount in sorted(report.amounts.items()):
        _say(f"            {written(amount, currency)}")
    if report.foreign:
        _say(f"not ours    {_many(report.foreign, 'thing')} that came by no page of ours")
    if report.mismatched:
        _say(f"MISMATCHED  {_many(report.mismatched, 'order')}: `frontline contributions show` says how")
    if report.failed:
        causes = ", ".join(f"{count} × {name}" for name, count in sorted(report.causes.items()))
        _say(f"FAILED      {report.failed}: {causes}")
    for order in report.orders:
        _say(f"            {order}")


def _many(count: int, one: str, several: str | None = None) -> str:
    return f"one {one}" if count == 1 else f"{count} {several or f'{one}s'}"


def _say(words: str) -> None:
    out.print(plain(words), markup=False)


# For the books --------------------------------------------------------------------------------------------------------


class Booked(Struct, frozen=True):
    """A movement with what it was for. `amount` is in minor units; who gave is told only where that is asked for."""

    entry: str
    at: str
    movement: str
    amount: int
    currency: str
    payment: str
    order: str
    kind: str
    interval: str
    plan: str | None
    campaign: str | None
    state: str
    mode: str
    member: str | None = None
    name: str | None = None


def booked(ledger: Ledger, since: int, until: int, *, names: bool, step: Callable[[], None]) -> list[Booked]:
    """Every movement from `since` on and before `until` (seconds since 1970), the oldest first."""
    found: list[tuple[int, Booked]] = []
    for order, entries in ledger.everything():
        step()
        found += [(one.at, _booked(one, order, names)) for one in entries if since <= one.at < until]
    return [one for _, one in sorted(found, key=lambda each: (each[0], each[1].entry))]


def _booked(one: Entry, order: Order, names: bool) -> Booked:
    return Booked(
        entry=one.id,
        at=moment(one.at),
        movement=one.kind.value,
        amount=one.amount,
        currency=one.currency,
        payment=one.payment,
        order=order.id,
        kind=order.kind.value,
        interval=order.interval.value,
        plan=order.plan,
        campaign=order.campaign,
        state=order.state.value,
        mode=mode(order.livemode),
        member=order.member if names else None,
        name=order.name if names else None,
    )


def as_csv(rows: Iterable[Booked], *, names: bool) -> str:
    """The same as a table (RFC 4180), amounts with their decimal point. What a stranger has written is no formula."""
    fields = [one for one in Booked.__struct_fields__ if names or one not in ("member", "name")]
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(fields)
    for row in rows:
        table.writerow([_cell(row, field) for field in fields])
    return text.getvalue()


def _cell(row: Booked, field: str) -> str:
    if field == "amount":
        return decimal(row.amount, row.currency)
    value = str(getattr(row, field) or "")
    if field == "name":
        # Where commas are decimal points a spreadsheet begins a new cell with each semicolon.
        value = " ".join(plain(value.replace("\n", " ").replace(";", ",")).split())
    return f"'{value}" if value.startswith(_STARTS_A_FORMULA) else value


def decimal(amount: int, currency: str) -> str:
    """An amount in minor units as a program reads it: `-7.50`."""
    digits = digits_of(currency)
    whole, rest = divmod(abs(amount), 10**digits)
    return f"{'-' * (amount < 0)}{whole}{f'.{rest:0{digits}}' if digits else ''}"


def tell_sums(rows: Iterable[Booked]) -> None:
    """How much that is in all, by currency: beside the table, not in it."""
    sums: dict[str, int] = {}
    count = 0
    for row in rows:
        count += 1
        sums[row.currency] = sums.get(row.currency, 0) + row.amount
    each = ", ".join(written(amount, currency) for currency, amount in sorted(sums.items()))
    err.print(f"{_many(count, 'entry', 'entries')}{f', {each} in all' if each else ''}.", markup=False)


def print_orders(orders: Iterable[Order], *, as_json_: bool) -> None:
    if as_json_:
        print(as_json(tuple(shown(one, names=False) for one in orders)))
        return
    for one in orders:
        _say(line_of(one))
