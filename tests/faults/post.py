"""What mail and newsletters do, with doors that fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from functions.mail import orders
from functions.mail.doors import Doors
from functions.mail.feedback import hear
from functions.newsletters import batch as newsletters
from functions.newsletters.sending import Ended
from shared.domain.mails import MailOrder
from shared.domain.refusals import SignInDead, StoreUnavailable
from shared.domain.sign_in import redeem_link
from shared.ports.persons import Members
from tests.faults.world import COMES_AGAIN, DONE, World
from tests.functions.test_mail_feedback import ADA, TOPIC, bounce
from tests.functions.test_mail_feedback import record as feedback
from tests.functions.test_mail_orders import ASKED, BO, CHANGE, NOW, Post, record, token_in
from tests.functions.test_money_mails import THANKS
from tests.functions.test_newsletters import Desk, member
from tests.member_twins import MemoryMembers, MemoryRecords

UNCERTAIN: Final = "not known whether it went out: it is not sent twice"
LOST: Final = "a receipt, at worst: none goes out twice"
ANNOUNCED: Final = '{"article":"a-1","slug":"night-ferry"}'
BUSY: Final = StoreUnavailable("SES has enough for this second.")


class Mailing(World):
    """The mail function is given an order. `kept` looks at what the mailbox holds in the end."""

    def __init__(self, *ordered: MailOrder, busy: bool = False) -> None:
        self.post = Post()
        self.doors: Doors = self.post.doors
        self.records = [record(order, number) for number, order in enumerate(ordered)]
        if busy:
            self.post.mailer.refuses = {ADA.text: [BUSY]}

    def act(self, doors: Any) -> str:
        worked = orders.work_off(self.records, doors, NOW)
        failed = {one.message_id for one in worked.failures}
        self.records = [one for one in self.records if one["messageId"] in failed]
        if failed:
            return COMES_AGAIN
        return UNCERTAIN if any(one.became is orders.Became.UNCERTAIN for one in worked.done) else DONE

    def kept(self) -> Any:
        while self.records:
            self.again()
        return len(self.post.mailer.sent)


class Receipts(Mailing):
    """Three receipts in a batch. Those whose order comes again are one or none, and never two; it holds up no other."""

    at_worst = MappingProxyType(
        dict.fromkeys((("Notices", "mark"), ("Notices", "unmark"), ("Mailer", "send")), (LOST, 2))
    )

    def __init__(self, *, busy: bool = False) -> None:
        super().__init__(*(replace(THANKS, key=f"pi_{number}", amount=100 * number) for number in (1, 2, 3)), busy=busy)

    def kept(self) -> Any:
        count = super().kept()
        assert len({mail.text for mail in self.post.mailer.sent}) == count, "a receipt twice"
        return count


class SignInMail(Mailing):
    """Whoever gets no mail that works asks again, from another browser."""

    def __init__(self) -> None:
        super().__init__(ASKED)

    def kept(self) -> Any:
        if not self._works():
            self.records = [record(replace(ASKED, browser="another", asked_at=ASKED.asked_at + 1), 1)]
            super().again()
        return self._works()

    def _works(self) -> bool:
        found = self.post.sign_ins.of_address(ADA.digest)
        if found is None or not self.post.mailer.sent:
            return False
        try:
            redeem_link(found[0], token_in(self.post.mailer.sent[-1], "/sign-in/link/"), NOW)
        except SignInDead:
            return False
        return True


class ChangeMails(Mailing):
    """Both addresses are asked; whoever gets half of it asks again."""

    def __init__(self) -> None:
        super().__init__(CHANGE)

    def kept(self) -> Any:
        if not self._work():
            self.records = [record(replace(CHANGE, asked_at=CHANGE.asked_at + 1), 1)]
            super().again()
        return self._work()

    def _work(self) -> bool:
        found = self.post.changes.of_member(CHANGE.member)
        tos = [mail.to for mail in self.post.mailer.sent[-2:]]
        return found is not None and tos == [ADA, BO]


class Newsletter(World):
    """An article is mailed to three readers; with `busy`, SES has enough after the first of them."""

    def __init__(self, *, busy: bool = False) -> None:
        self.desk = Desk(*(member(name, "daily") for name in ("ada", "bo", "cy")))
        self.doors: Any = self.desk.doors
        if busy:
            self.desk.mailer.refuses = {"bo@reader.example": [BUSY]}

    def act(self, doors: Any) -> str:
        (one,) = newsletters.work_off([{"messageId": "m", "body": ANNOUNCED}], doors, self.desk.left)
        if one.is_failed:
            return COMES_AGAIN
        return "it goes on later" if one.run is not None and one.run.ended is Ended.LATER else DONE

    def again(self) -> str:
        self.desk.now += 900
        return self.act(self.doors)

    def kept(self) -> Any:
        while self.again() != DONE:
            pass
        counts = Counter(self.desk.sent_to)
        assert max(counts.values()) == 1, "a newsletter twice"
        mailing = self.desk.mailing
        # Whom nobody knows to have got it does not get it again, is told as `uncertain`, and is one reader at most.
        assert len(counts) >= 2
        assert len(counts) + mailing.counts.uncertain >= 3
        return mailing.state


class Feedback(World):
    """SES tells of an address that mails bounce from: by SNS, which tells again."""

    class Doors(Struct, frozen=True):
        members: Members

    def __init__(self) -> None:
        self.members = MemoryMembers(MemoryRecords())
        self.doors = self.Doors(self.members)

    def act(self, doors: Any) -> str:
        try:
            (heard,) = hear([feedback(bounce())], TOPIC, doors.members, NOW)
        except Exception:  # noqa: BLE001 - as the handler does
            return "it is told again"
        return DONE if heard.what == "bounce" else heard.what

    def kept(self) -> Any:
        known = self.members.contact(ADA.digest)
        return known is not None and known[0].suppressed


WORLDS: Final[Mapping[str, Callable[[], World]]] = {
    "a sign-in mail is sent": SignInMail,
    "both addresses are asked about a change": ChangeMails,
    "receipts are sent": Receipts,
    "receipts are sent while SES throttles": lambda: Receipts(busy=True),
    "a newsletter is sent": Newsletter,
    "a newsletter is sent while SES throttles": lambda: Newsletter(busy=True),
    "SES tells of a bounce": Feedback,
}
