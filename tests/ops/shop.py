"""A stack of twins that takes money: what payers do, and `frontline` as it is typed."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from infra.ops.cli import app
from shared.domain.orders import Order
from shared.domain.paper import PAPER_KEY, Giving, Offer, Paper, Plan
from tests.functions.books import Books
from tests.functions.paper import PAPER
from tests.ops.twin_stack import TwinStack

KEY = "sk_test_51Abcdefgh"
MONTHLY = Plan("monthly", "A month", 800, "EUR", "month")
SELLING = replace(PAPER, plans=(MONTHLY,), giving=Giving((Offer("EUR", (500, 1000)),)))
HOOK = f"{PAPER.url}/api/webhooks/stripe"


class Shop:
    """`twin` is what the commands meet; `books` are what payers and the payments function do to it."""

    def __init__(self, paper: Paper = SELLING) -> None:
        self.twin = TwinStack()
        self.books = Books(self.twin.kept_records, self.twin.kept_postbox, self.twin.kept_documents)
        self.processor = self.twin.kept_processor = self.books.processor
        self.catalogue = self.twin.kept_catalogue
        self.secrets = self.twin.kept_secrets
        self.put(paper)

    def put(self, paper: Paper) -> None:
        found = self.twin.kept_documents.read(PAPER_KEY)
        self.twin.kept_documents.write(PAPER_KEY, msgspec.json.encode(paper), found[1] if found else None)

    def is_set_up(self) -> None:
        """As `key` and `setup` leave it."""
        self.secrets.values["key"] = (KEY,)
        assert self.run("payments", "setup").exit_code == 0

    def run(self, *arguments: str, typed: str | None = None) -> Result:
        twin: Any = self.twin
        return CliRunner().invoke(app, list(arguments), obj=twin, input=typed)

    def order(self, session: str) -> Order:
        return self.books.of(session)
