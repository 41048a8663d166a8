"""`python -m tests.e2e`: what `make e2e` does when all that it needs is in place.

Ends with 0 when everything that people did worked, nothing was refused, and nothing deployed was without use; 1 when
not; 130 when it was interrupted. Whatever it started ends with it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time

from infra.local.template import load
from infra.template import TEMPLATE
from tests.e2e import deployed, policies
from tests.e2e.deployed import DECISIONS, DIFFERS, PARAMETERS, WORK, Deployed, Failed
from tests.e2e.door import Door
from tests.e2e.policies import Decision, Refused
from tests.e2e.town import Town
from tests.e2e.walk import Walk

_BEGUN = time.monotonic()


def say(*words: object) -> None:
    """Say what happens, and how many seconds after the start."""
    print(f"{time.monotonic() - _BEGUN:6.1f} s ", *words, flush=True)


def main(arguments: list[str]) -> int:
    asked = _asked(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not asked.built:
        shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True, exist_ok=True)
    say(f"logs and decisions: {WORK}")
    try:
        return _run(asked.remove, is_built=asked.built)
    except Failed as failed:
        say(f"FAILED: {failed}")
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make e2e", description="Deploy the template into an emulator, and walk it.")
    parser.add_argument(
        "--remove",
        metavar="POLICY/STATEMENT[/ACTION]",
        help="deploy without that statement, such as ArticlesRole/ReadKeyring, or that action of it, or that Lambda "
        "permission: the run has to fail then",
    )
    parser.add_argument("--built", action="store_true", help="take what the last run has built")
    return parser.parse_args(arguments)


def _run(removed: str | None, *, is_built: bool) -> int:
    for what, why in DIFFERS:
        say(f"not as on AWS: {what}: {why}")
    if not is_built:
        say("sam build …")
        deployed.build()
    path = deployed.template(removed)
    if removed:
        say(f"WITHOUT {removed}: this run has to fail")
    door = Door()
    try:
        with deployed.emulator(door.till.url) as endpoint:
            say(f"the emulator: {endpoint}; the front door: {door.url}")
            say("sam deploy …")
            deployed.deploy(endpoint, path)
            os.environ.update(deployed.environment(endpoint))
            stack = Deployed(endpoint, door.till.url)
            door.open(stack, load(TEMPLATE, PARAMETERS))
            say(f"{len(stack.ids)} resources; the paper: {stack.outputs['SiteUrl']}")
            worked = _walk(Town(stack, door))
            refused = _refused()
            return 0 if worked and not refused and _is_all_needed(stack) else 1
    finally:
        door.stop()


def _walk(town: Town) -> bool:
    """Whether people could do what they came for. What comes after a failure could not tell its cause from its own."""
    for what, journey in Walk(town):
        try:
            journey()
        except Exception as error:  # noqa: BLE001 -- what was refused shows in odd places, and is told next
            say(f"FAILED: {what}: {error if isinstance(error, Failed) else repr(error)}")
            return False
        say(what)
    return True


def _refused() -> bool:
    """Whether anything was asked for in vain: told, with who, what and where."""
    refused = sorted({str(one) for one in policies.read(DECISIONS) if isinstance(one, Refused)})
    for one in refused:
        say(f"REFUSED: {one}")
    return bool(refused)


def _is_all_needed(stack: Deployed) -> bool:
    """Whether a whole walk needed all that is deployed: told, with what it did not."""
    decisions = [one for one in policies.read(DECISIONS) if isinstance(one, Decision)]
    held = policies.statements(stack)
    without_use = policies.unneeded(held, decisions, stack.ids)
    excess = [part for part in without_use if policies.on_list(part) is None]
    for part in without_use:
        which = policies.on_list(part)
        say(f"WITHOUT USE: {part}" if which is None else f"without use: {part}; it stays: {policies.STAYS[which]}")
    for which in policies.STAYS.keys() - {policies.on_list(part) for part in without_use}:
        excess.append(which)
        say(f"NOT WITHOUT USE, and on the list of what is: {which}")
    parts = sum(len(one.actions) + len(one.resources) + len(one.conditions) for one in held)
    say(f"{len(held)} statements ({parts} actions, resources, conditions), {len(decisions)} decisions, none refused")
    say(f"{len(excess)} without use" if excess else "each of them alone allowed something, but for what is on the list")
    return not excess


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
