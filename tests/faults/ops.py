"""What ops and editors do with `frontline`, with doors that fail: each command as it is, but for its typing. Whoever is
told that it was not done types the same again."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, get_type_hints

import typer
from msgspec.structs import replace

from infra.ops import archive, cli, contributing, desk, keys, mailing, paying
from infra.ops.doctor import Post, Ward, examine
from infra.ops.rebuild import rebuild
from infra.ops.remembered import VARIABLE
from infra.ops.repair import repair
from infra.ops.survey import silently
from infra.ops.terminal import plainly
from shared.domain.mailings import Mailing
from shared.domain.members import Contact
from tests.faults.faulty import Plan, through
from tests.faults.world import DONE, World
from tests.functions.test_mail_feedback import ADA
from tests.member_twins import MemoryMailPlace
from tests.money_cases import GIFT
from tests.ops.media_files import BARE, BELLS, QUAY, mp3, picture, put
from tests.ops.shop import KEY, Shop
from tests.ops.twin_stack import FINE, TwinStack
from tests.ops.upkeep_case import NEWS, PaperCase
from tests.samples import NIGHT_FERRY
from tests.twins import MemoryDeadLetters

SLUG: Final = "a-crossing"
LATER: Final = "2099-01-01 06:30 +01:00"
_code: Final = re.compile(r"\(([a-z_]+)\)")


@cache
def _desk() -> tempfile.TemporaryDirectory[str]:
    """An editor's folder with an article, its picture and its sound; it goes with the process."""
    folder = tempfile.TemporaryDirectory()
    root = Path(folder.name)
    put(root, QUAY, picture("PNG"))
    put(root, BELLS, mp3(2))
    (root / "a-crossing.md").write_text(BARE, encoding="utf-8")
    return folder


def _file() -> Path:
    return Path(_desk().name) / "a-crossing.md"


@contextmanager
def _on_this_machine() -> Iterator[None]:
    """What the command remembers here is not the developer's."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(Path(_desk().name) / "versions.json")
    try:
        yield
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


def _typed(do: Callable[[], object]) -> str:
    """What whoever has typed that sees: a sentence and an exit code, whatever it is."""
    told = StringIO()
    with redirect_stdout(told), redirect_stderr(told), _on_this_machine():
        try:
            do()
        except typer.Exit as end:
            code = _code.search(told.getvalue())
            words = f"`{code[1]}`" if code else "what AWS says" if end.exit_code == 3 else "what is wrong"
            return f"exit code {end.exit_code}, {words}"
    return DONE


class _Stack:
    """A stack whose every door goes by the plan."""

    def __init__(self, twin: TwinStack, plan: Plan) -> None:
        self._twin, self._plan = twin, plan

    def open(self) -> _Stack:
        return self

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._twin, name)
        kind = get_type_hints(found).get("return") if callable(found) else None
        return found if kind is None else lambda *given: through(found(*given), kind, self._plan)


class Commanding(World):
    """A command on a stack, made as a shop's is, that `prepare` has prepared."""

    def __init__(
        self,
        command: Callable[[Any, Any], object],
        look: Callable[[Shop], Any] = lambda shop: None,
        prepare: Callable[[Shop], Any] = lambda shop: None,
    ) -> None:
        self.shop = Shop()
        self.told = prepare(self.shop)
        self.doors = self.shop.twin
        self.command, self.look = command, look

    def through(self, plan: Plan) -> Any:
        return _Stack(self.shop.twin, plan)

    def act(self, doors: Any) -> str:
        return _typed(lambda: self.command(SimpleNamespace(obj=doors), self.told))

    def kept(self) -> Any:
        return self.look(self.shop)


class Rotating(Commanding):
    """Keys are rotated. Whatever it ends after, the edge knows the key that signs."""

    def __init__(self) -> None:
        super().__init__(_rotated, _keys, _with_keys)

    def meanwhile(self) -> None:
        found, accepted = self.shop.twin.keyring().read_version(), self.shop.twin.edge_keys().accepted()
        assert found is not None
        assert accepted is not None
        assert found[0].current in accepted


class Upkeep(World):
    """What looks at a whole paper, and mends it: an article was changed of which publishing has not heard, since its
    event was put aside."""

    most = 6

    def __init__(self, work: Callable[[Ward, PaperCase], object]) -> None:
        self.case, self.work = PaperCase(NEWS), work
        self.case.write(replace(NEWS, title="Another title"))
        self.case.letters = MemoryDeadLetters(f'{{"slug":"{NEWS.slug}","at":"2026-11-05T06:30:00Z"}}')
        post = Post("post@paper.example", MemoryMailPlace(FINE), MemoryDeadLetters())
        self.doors = replace(self.case.ward, post=post)

    def act(self, doors: Any) -> str:
        def work() -> None:
            with plainly():
                self.work(doors, self.case)

        return _typed(work)

    def again(self) -> str:
        self.case.letters.minutes_pass()
        return super().again()

    def kept(self) -> Any:
        return self.case.shown(), self.case.letters.count()


def _published(context: Any, _: Any) -> None:
    desk.publish(context, [_file()], over=True, wait=False, patience=1)


def _scheduled(context: Any, _: Any) -> None:
    desk.schedule(context, [_file()], at=LATER, over=True, wait=False, patience=1)


def _taken_back(context: Any, _: Any) -> None:
    desk.unpublish(context, [SLUG], wait=False, patience=1)


def _articles(shop: Shop) -> Any:
    """Every article as it is, and the files: but for the moment of what was done to it."""
    twin = shop.twin
    found = {slug: twin.shelf.read_version(slug) for slug, _ in twin.shelf.slugs()}
    kinds = {slug: (type(one[0]).__name__, getattr(one[0], "title", "")) for slug, one in found.items() if one}
    return kinds, twin.kept_media.files, twin.kept_waiting.files


def _with_another_picture(shop: Shop) -> None:
    shop.twin.kept_media.put(QUAY, b"another", "image/png", "another")


def _with_an_article(shop: Shop) -> None:
    _quietly(_published, shop)


def _with_a_scheduled_one(shop: Shop) -> None:
    _quietly(_scheduled, shop)


def _with_a_withdrawn_one(shop: Shop) -> None:
    _with_an_article(shop)
    _quietly(_taken_back, shop)


def _quietly(command: Callable[[Any, Any], object], shop: Shop) -> None:
    assert _typed(lambda: command(SimpleNamespace(obj=shop.twin), None)) == DONE


def _with_keys(shop: Shop) -> None:
    keys.init_keys(shop.twin.keyring(), shop.twin.edge_keys(), "https://paper.example", 0.0)


def _keys(shop: Shop) -> Any:
    found = shop.twin.keyring().read_version()
    assert found is not None
    ring = found[0]
    assert shop.twin.edge_keys().accepted() == tuple(key.kid for key in ring.keys)
    return ring.current == ring.keys[-1].kid


def _rotated(context: Any, _: Any) -> None:
    cli.keys_rotate(context, emergency=False, end_gifts=False, settle=0)


def _with_a_key(shop: Shop) -> None:
    shop.secrets.values["key"] = (KEY,)


def _sold(shop: Shop) -> Any:
    catalogue, paper = shop.catalogue, shop.twin.kept_documents
    prices = {plan: (price.amount, price.currency) for plan, price in catalogue.prices.items()}
    hooks = {one.url for one in catalogue.endpoints()}
    return prices, hooks, catalogue.portal_login(), bool(shop.secrets.values["webhooks"]), paper.raw.keys()


def _with_a_gift(shop: Shop) -> str:
    session = shop.books.order(GIFT)
    shop.processor.pay(session)
    shop.books.look(session)
    return shop.order(session).id


def _given_back(shop: Shop) -> Any:
    (order, entries), *others = shop.twin.ledger().everything()
    assert not others
    return order.state, order.received, sorted(entry.amount for entry in entries)


def _with_a_suppressed_one(shop: Shop) -> None:
    shop.twin.members().write_contact(ADA.digest, Contact(None, "bounce", 1), None)
    shop.twin.kept_place.held_back[ADA.text] = "bounce"


def _gets_mail(shop: Shop) -> Any:
    known = shop.twin.members().contact(ADA.digest)
    return (known is None or known[0].suppressed is None), shop.twin.kept_place.holds_back(ADA)


def _with_a_mailing(shop: Shop) -> None:
    shop.twin.mailings().write(Mailing("a-1", NIGHT_FERRY.slug, 0), None)


def _refunded(context: Any, order: Any) -> None:
    contributing.refund(context, order, amount=None, payment=None, keep=False, again=False, yes=True)


def _mended(ward: Ward, case: PaperCase) -> None:
    repair(examine(ward, case.clock, lambda: None, silently), ward, case.clock, lambda _: None)


def _tried(context: Any, _: Any) -> None:
    with plainly():
        paying.put_key(context.obj, KEY)


WORLDS: Final[Mapping[str, Callable[[], World]]] = {
    "an article is published with its files": lambda: Commanding(_published, _articles, _with_another_picture),
    "an article is scheduled with its files": lambda: Commanding(_scheduled, _articles),
    "an article is taken back": lambda: Commanding(_taken_back, _articles, _with_an_article),
    "a scheduled article is taken back": lambda: Commanding(_taken_back, _articles, _with_a_scheduled_one),
    "an article gets another address": lambda: Commanding(
        lambda context, _: desk.rename(context, SLUG, "another", wait=False, patience=1), _articles, _with_an_article
    ),
    "an article is restored": lambda: Commanding(
        lambda context, _: desk.rollback(context, SLUG, None, wait=False, patience=1), _articles, _with_a_withdrawn_one
    ),
    "what is scheduled is listed": lambda: Commanding(
        lambda context, _: archive.list_articles(context, None, None, None, True, 20, False),
        prepare=_with_a_scheduled_one,
    ),
    "keys are rotated": Rotating,
    "keys are listed": lambda: Commanding(lambda context, _: cli.keys_list(context), prepare=_with_keys),
    "Stripe's key is put in its place": lambda: Commanding(_tried, lambda shop: shop.secrets.values["key"]),
    "Stripe is set up": lambda: Commanding(
        lambda context, _: paying.setup(context, new_webhook=False), _sold, _with_a_key
    ),
    "it is looked how Stripe is set up": lambda: Commanding(
        lambda context, _: paying.status(context), prepare=_with_a_key
    ),
    "money is given back": lambda: Commanding(_refunded, _given_back, _with_a_gift),
    "it is looked who gets no mail": lambda: Commanding(
        lambda context, _: mailing.show_address(context, ADA.text), prepare=_with_a_suppressed_one
    ),
    "an address gets mail again": lambda: Commanding(
        lambda context, _: mailing.lift(context, ADA.text), _gets_mail, _with_a_suppressed_one
    ),
    "it is looked how far newsletters are": lambda: Commanding(
        lambda context, _: mailing.status(context, None), prepare=_with_a_mailing
    ),
    "the doctor mends what was lost": lambda: Upkeep(_mended),
    "everything is made anew": lambda: Upkeep(lambda ward, case: rebuild(ward.doors, case.clock, silently)),
}
