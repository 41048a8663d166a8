"""The parts of a stack, in memory: all as they should be, until a test changes one."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from infra.ops.facilities import Alarm, Bucket, Delivery, Function, Queue, Rule, Table, Told
from shared.domain.refusals import StoreUnavailable

_T = TypeVar("_T", bound=Struct)


class MemoryFacilities:
    """`Facilities`. `silent`: the kinds of which AWS does not say how they are."""

    def __init__(self) -> None:
        self.parts: dict[str, Struct] = {
            "ContentBucket": Bucket("ContentBucket", "content-1", True, True, True),
            "MediaBucket": Bucket("MediaBucket", "media-1", True, True),
            "LedgerTable": Table("LedgerTable", "ledger-1", True, True),
            "MailQueue": Queue("MailQueue", "https://sqs/mail-1"),
            "ArticleChanges": Rule("ArticleChanges", "changes-1", True, True),
            "ArticlesFunction": Function("ArticlesFunction", "articles-1", url="https://articles.lambda-url.example/"),
            "MailFunction": Function("MailFunction", "mail-1"),
            "MailFunctionOrders": Delivery("MailFunctionOrders", "0000-1"),
            "MailLate": Alarm("MailLate", "paper-MailLate-1"),
            "FewHits": Alarm("FewHits", "paper-FewHits-1"),
        }
        self.who: Told | None = Told(1, 0)
        self.silent: set[str] = set()

    def change(self, name: str, **changes: Any) -> None:
        self.parts[name] = replace(self.parts[name], **changes)

    def buckets(self) -> tuple[Bucket, ...]:
        return self._all("buckets", Bucket)

    def tables(self) -> tuple[Table, ...]:
        return self._all("tables", Table)

    def queues(self) -> tuple[Queue, ...]:
        return self._all("queues", Queue)

    def rules(self) -> tuple[Rule, ...]:
        return self._all("rules", Rule)

    def functions(self) -> tuple[Function, ...]:
        return self._all("functions", Function)

    def deliveries(self) -> tuple[Delivery, ...]:
        return self._all("deliveries", Delivery)

    def alarms(self) -> tuple[Alarm, ...]:
        return self._all("alarms", Alarm)

    def told(self) -> Told | None:
        self._all("alarms", Alarm)
        return self.who

    def _all(self, kind: str, of: type[_T]) -> tuple[_T, ...]:
        if kind in self.silent:
            raise StoreUnavailable(f"AWS does not say how {kind} are.")
        return tuple(one for one in self.parts.values() if isinstance(one, of))
