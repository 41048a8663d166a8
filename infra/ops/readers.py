"""`frontline members`: readers with an account, looked at and looked after."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from functions.members.known import exported
from infra.ops import members as work
from infra.ops.front_matter import read_moment
from infra.ops.members import Who
from infra.ops.paper import read_paper
from infra.ops.reader_sheet import as_json as json_of
from infra.ops.reader_sheet import print_all, tell, write_private
from infra.ops.terminal import err, need_line, out, plain, plainly, stop
from shared.domain.addresses import parse_address
from shared.domain.members import MEMBER_ID, tier_of
from shared.domain.moments import moment
from shared.domain.passes import DEFAULT_LIFETIME_SECONDS
from shared.domain.refusals import InvalidAddress
from shared.domain.text import is_slug
from shared.domain.tiers import PASS_TIERS, Tier

_BITES: Final = f"within {DEFAULT_LIFETIME_SECONDS // 60} minutes ({DEFAULT_LIFETIME_SECONDS} s, a pass's life)"
_day = re.compile(r"\d{4}-\d\d-\d\d")

app = typer.Typer(no_args_is_help=True, help="Readers with an account: who they are, grants, export, erasure.")

Reader = Annotated[str, typer.Argument(metavar="READER", help="The e-mail address, or the id.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for a program.")]


@app.command("show")
def show(context: typer.Context, reader: Reader, as_json: AsJson = False) -> None:
    """Show a reader: the tier now and why, newsletters, devices, whether mail arrives, a change of address under way.

    Try it: `frontline --local members show ada@reader.example`
    """
    who = _who(reader)
    with plainly():
        stack = context.obj.open()
        doors = (stack.members(), stack.sessions(), stack.email_changes(), stack.mail_place())
        shown = work.show(who, *doors, time.time())
        if as_json:
            print(json_of(shown))
        else:
            tell(shown)


@app.command("list")
def list_members(
    context: typer.Context,
    tier: Annotated[Tier | None, typer.Option(help="Those who have this tier now: subscriber or member.")] = None,
    newsletter: Annotated[str | None, typer.Option(metavar="SLUG", help="Those who want this newsletter.")] = None,
    as_json: AsJson = False,
) -> None:
    """List all readers who have signed in once, in no order: tier, day, id, address, newsletters.

    They are told as they are found, however many there are. With --json it is one array, a reader a line; if that does
    not end, not all of them are in it.

    Try it: `frontline --local members list --tier member --newsletter weekly`
    """
    if tier is not None and tier not in PASS_TIERS:
        stop("--tier: whoever has an account is a subscriber or a member.")
    if newsletter is not None and not is_slug(newsletter):
        stop("--newsletter: give its slug: lower-case letters, digits and single hyphens.")
    with plainly():
        stack = context.obj.open()
        if newsletter is not None:
            paper, _ = read_paper(stack.documents())
            if paper is not None and newsletter not in {one.slug for one in paper.newsletters}:
                err.print(f"The paper has no newsletter “{newsletter}” (any more).", markup=False)
        count = print_all(work.everyone(stack.members(), tier, newsletter, time.time()), as_json=as_json)
        if not as_json:
            err.print(f"{count:,} {'reader' if count == 1 else 'readers'}.")


@app.command("grant")
def grant(
    context: typer.Context,
    reader: Reader,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, in a line. The reader can see it in the account.")],
    tier: Annotated[Tier, typer.Option(help="What is given.")] = Tier.MEMBER,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="The last day (UTC), such as 2027-01-31, or a moment: “2027-01-31 18:00 +01:00”."
        ),
    ] = None,
    days: Annotated[
        int | None, typer.Option(metavar="N", help="To the end of the day (UTC) so many days ahead.", min=1, max=36_500)
    ] = None,
) -> None:
    """Give somebody a tier without paying: until a day, or for good.

    An address with which nobody has signed in yet is not known to be anybody's: the grant waits for its first sign-in.
    Nothing is mailed. The same grant again changes nothing.

    Try it: `frontline --local members grant ada@reader.example --reason "Won the quiz" --days 90`
    """
    who, now = _who(reader), time.time()
    if tier <= Tier.SUBSCRIBER:
        stop("--tier: whoever has signed in is a subscriber already; give member.")
    reason = need_line("--reason", reason)
    if until is not None and days is not None:
        stop("Give --until or --days: both say when it ends.")
    ends = _in_days(days, now) if days is not None else None if until is None else _until(until, now)
    with plainly():
        given = work.give(who, tier, ends, reason, context.obj.open().members(), now, secrets.token_bytes)
        one, name = given.grant, given.address.hinted
        lasts = f"until {moment(one.until)}" if one.until is not None else "for good"
        begin = "Granted" if given.is_new else "Granted before, and nothing is changed"
        out.print(plain(f"{begin}: {one.tier.value} for {name}, {lasts} (grant {one.id})."), markup=False)
        if given.member is None:
            err.print(
                "Nobody has signed in with this address yet: it waits for the first sign-in, and counts from then."
            )
        elif given.is_new:
            err.print(f"It counts {_BITES}, wherever they are signed in.")


@app.command("revoke")
def revoke(
    context: typer.Context,
    reader: Reader,
    id: Annotated[str | None, typer.Argument(metavar="[GRANT]", help="One grant, by its id in `show`.")] = None,
) -> None:
    """Take back one grant, or all of them; also those that wait for a first sign-in. What is paid for stays.

    Try it: `frontline --local members revoke ada@reader.example`
    """
    who = _who(reader)
    with plainly():
        done = work.take_back(who, id, context.obj.open().members())
        for one in done.grants:
            out.print(plain(f"Taken back: {one.tier.value} (grant {one.id}, “{one.reason}”)."), markup=False)
        if done.member is not None:
            tier = tier_of(done.member, time.time()).value
            err.print(f"{done.address.hinted} is a {tier} now; passes that are out say so {_BITES}.", markup=False)


@app.command("export")
def export(
    context: typer.Context,
    reader: Reader,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", dir_okay=False, help="Into this file, which is not there yet."),
    ] = None,
) -> None:
    """Print everything that is kept of a reader as JSON: the same document that they get from their account.

    Make sure that whoever asks for it is the reader. With --file nobody else on this machine can read it.

    Try it: `frontline --local members export ada@reader.example --file ada.json`
    """
    who = _who(reader)
    with plainly():
        stack = context.obj.open()
        member, _ = work.find_member(who, stack.members())
        doors = (stack.members(), stack.sessions(), stack.email_changes(), stack.allowances(), stack.ledger())
        text = json_of(exported(member, *doors, time.time()))
        if file is None:
            print(text)
            return
        write_private(file, text + "\n")
        out.print(f"{file} is written.", markup=False)


@app.command("erase")
def erase(
    context: typer.Context,
    reader: Reader,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
) -> None:
    """Erase a reader's account for good, by the same steps as when they do it themselves.

    The account, its devices, newsletters and grants are gone, and what the reader pays every month or year ends within
    minutes; a last mail tells the address so. It cannot be taken back. What was paid stays in the ledger, without the
    reader. Cut off half-way, run it again.

    Try it: `frontline --local members erase ada@reader.example`
    """
    who = _who(reader)
    with plainly():
        stack = context.obj.open()
        members, now = stack.members(), time.time()
        found = work.find(who, members)
        if not yes and found.member is not None:
            tier = tier_of(found.member, now).value
            typer.confirm(
                f"Erase the account of {found.address.hinted} on {stack.name}, a {tier}? It cannot be taken back.",
                abort=True,
                err=True,
            )
        try:
            doors = (stack.sign_ins(), stack.email_changes(), stack.payments(), stack.postbox())
            left = work.erase(found.address, members, *doors, now)
        except KeyboardInterrupt:
            err.print("Cut off: run it again with the address, to be sure that nothing is left.")
            raise
        out.print(f"Erased: {found.address.hinted}.", markup=False)
        err.print(f"A pass that is out ends {_BITES}.")
        if left is not None and left.suppressed is not None:
            err.print(
                plain(f"What stays is that this address gets no mail ({left.suppressed}), under its digest."),
                markup=False,
            )
        held_back = stack.mail_place().holds_back(found.address)
        if held_back is not None:
            err.print(f"SES keeps the address on its own list: {held_back}. `frontline mail lift` takes it off both.")
        elif left is None:
            err.print("Nothing is kept of the address.")


@app.command("sign-out")
def sign_out(context: typer.Context, reader: Reader) -> None:
    """Sign a reader out everywhere: a device was lost, or somebody else has had it.

    They can sign in again by a mail, as everyone can.

    Try it: `frontline --local members sign-out ada@reader.example`
    """
    who = _who(reader)
    with plainly():
        stack = context.obj.open()
        member, _ = work.find_member(who, stack.members())
        count = work.sign_out(member, stack.sessions())
        where = "one device" if count == 1 else f"{count} devices"
        out.print(f"Signed out: {member.address.hinted}, from {where}.", markup=False)
        err.print(f"A pass that is out ends {_BITES}.")


def _who(said: str) -> Who:
    """Exit code 2 for what is neither an address nor an id."""
    if MEMBER_ID.match(said.lower()):
        return said.lower()
    try:
        return parse_address(said)
    except InvalidAddress:
        stop("READER: this is neither an e-mail address, such as ada@example.org, nor an id of 32 digits from `list`.")


def _in_days(days: int, now: float) -> int:
    return (int(now) // 86_400 + days + 1) * 86_400


def _until(said: str, now: float) -> int:
    """The end of a day, or a moment, in seconds since 1970."""
    text = said.strip()
    try:
        if _day.fullmatch(text):
            day = dt.date.fromisoformat(text) + dt.timedelta(days=1)
            ends = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
        else:
            ends = dt.datetime.fromisoformat(read_moment(text) or "")
    except (ValueError, OverflowError):
        stop(f"--until: “{said}” is no day or moment; write “2027-01-31”, or with the hour “2027-01-31 18:00 +01:00”.")
    if ends.timestamp() <= now:
        stop(f"--until: {said} is past. `frontline members revoke` takes a grant back.")
    return int(ends.timestamp())
