"""docs/reliability.md: the table of what was seen, written by running every fault (`make reliability`)."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.ports import mail, money, persons, publishing, reading
from tests.faults.faulty import Fault
from tests.faults.matrix import CUT_OFF, table

PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- written by `make reliability` -->\n", "<!-- until here -->\n"
OPS: Final = "`frontline` says what is out of reach and is typed again: tests/ops"
ELSEWHERE: Final[Mapping[str, str]] = {
    "ArticleShelf.delete": OPS,
    "ArticleShelf.read_past": OPS,
    "ArticleShelf.slugs": OPS,
    "ArticleShelf.versions": OPS,
    "ArticleShelf.write": OPS,
    "Campaigns.read": "tests/functions/test_campaigns.py, test_simple_pages.py",
    "Catalogue.endpoints": OPS,
    "Catalogue.portal_login": OPS,
    "Catalogue.price": OPS,
    "Catalogue.sell": OPS,
    "Catalogue.set_up_portal": OPS,
    "Catalogue.tell": OPS,
    "Checkouts.customer": "tests/functions/test_memberships.py",
    "Checkouts.expire": "tests/functions/test_payments_overdue.py, test_payments_forget.py",
    "Checkouts.portal": "tests/functions/test_memberships.py",
    "Checkouts.price": "tests/functions/test_memberships.py",
    "Continuations.later": "tests/functions/test_newsletters.py",
    "DeadLetters.count": OPS,
    "DeadLetters.discard": OPS,
    "DeadLetters.peek": OPS,
    "DeadLetters.take": OPS,
    "Documents.keys": OPS,
    "EdgeKeys.accepted": OPS,
    "EmailChanges.of_link": "tests/functions/test_email_change.py, cut off after each write",
    "EmailChanges.put": "tests/functions/test_mail_orders.py",
    "EmailChanges.write": "tests/functions/test_email_change.py, cut off after each write",
    "IdentitySigner.keys": "tests/functions/test_personal_faults.py",
    "IssuerKeys.find": "tests/contracts/test_issuer_keys.py, with an issuer that misbehaves",
    "Keyrings.read": "behind `Passes`; tests/contracts/test_store_failures.py",
    "Ledger.know_payer": "tests/functions/test_memberships.py",
    "MailPlace.holds_back": OPS,
    "MailPlace.let_through": OPS,
    "MailPlace.read": OPS,
    "Mailings.recent": OPS,
    "Mailings.unmark": "tests/functions/test_newsletters.py",
    "MediaShelf.holds": OPS,
    "MediaShelf.put": OPS,
    "Notices.unmark": "tests/functions/test_money_mails.py",
    "Processor.refund": OPS,
    "Purge.paths": OPS,
    "Redelivery.again_in": "tests/contracts/test_redelivery.py",
    "Schedules.due": OPS,
    "Schedules.set": "tests/functions/test_publishing_again.py, a crash at each step",
    "SecretsShelf.write": OPS,
    "SignIns.write": "tests/functions/test_sign_in.py, test_at_once.py",
    "WaitingMedia.bring_out": "tests/functions/test_publishing_again.py, a crash at each step",
    "WaitingMedia.discard": "tests/functions/test_publishing_again.py, a crash at each step",
}
"""Methods that no world of the table calls, and where it is tested what happens when they fail."""


def all_methods() -> frozenset[str]:
    """Every method of every port."""
    return frozenset(
        f"{name}.{method}"
        for module in (mail, money, persons, publishing, reading)
        for name, port in vars(module).items()
        if inspect.isclass(port) and port.__module__ == module.__name__ and getattr(port, "_is_protocol", False)
        for method, act in vars(port).items()
        if inspect.isfunction(act) and not method.startswith("_")
    )


def written() -> str:
    """The tables."""
    found = table()
    lines = [f"| door | {' | '.join(fault.value for fault in _TOLD)} | lost |", f"|{'---|' * (len(_TOLD) + 2)}"]
    for (port, method), seen in sorted(found.items()):
        cells = ["; ".join(sorted(seen[fault])) for fault in _TOLD]
        lines.append(f"| `{port}.{method}` | {' | '.join(cells)} | {max(seen[None], key=len)} |")
    lines += ["", "| door | where its failing is tested |", "|---|---|"]
    lines += [f"| `{name}` | {where} |" for name, where in sorted(ELSEWHERE.items())]
    return "\n".join(lines) + "\n"


_TOLD: Final = (Fault.OUTAGE, Fault.LOST, Fault.EXPIRED)  # who is killed says nothing: `table` holds that it is so


def page(text: str) -> str:
    """The page with its tables as they are now."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{written()}\n{END}{rest.partition(END)[2]}"


def killed_say_nothing() -> bool:
    """Whether all who were killed said so."""
    return all(
        seen == {CUT_OFF}
        for faults in table().values()
        for fault, seen in faults.items()
        if fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER)
    )


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
