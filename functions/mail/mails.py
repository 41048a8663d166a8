"""The mails that somebody has asked for: what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from shared.domain.addresses import Address
from shared.domain.email_change import LIFETIME_SECONDS as CHANGE_SECONDS
from shared.domain.mails import Mail
from shared.domain.paper import Paper
from shared.domain.sign_in import LIFETIME_SECONDS, Mailed
from shared.mailing.letters import MAX_NAME, MAX_SUBJECT, Letters, Wording, shortened

# Nobody's “I am on holiday” is meant for us (RFC 3834, section 2).
_HEADERS: Final = (("Auto-Submitted", "auto-generated"),)
_letters = Letters(Path(__file__).parent)


def sign_in_mail(paper: Paper, to: Address, mailed: Mailed, newsletter: str | None) -> Mail:
    """The link and the six digits. `newsletter`: the name of the one that signing in brings with it.

    The digits stand in the subject, where a telephone shows them: they are good for nothing but in the browser that
    has asked. The link is good anywhere, and stands in the mail alone.
    """
    return mail_of(
        "sign_in",
        paper,
        to,
        Wording(paper.texts).say("mail_sign_in_subject", code=mailed.code, paper=paper.name),
        code=mailed.code,
        href=f"{paper.url}/sign-in/link/{mailed.token}",
        newsletter=newsletter,
        minutes=LIFETIME_SECONDS // 60,
    )


def change_mails(paper: Paper, old: Address, new: Address, for_old: str, for_new: str) -> tuple[Mail, Mail]:
    """What asks the old and the new address whether they agree, each by its own link. Only the old one hears of the
    other: whoever types an address that is not theirs shall tell nobody who they are."""
    wording = Wording(paper.texts)
    subject = wording.say("mail_change_subject", paper=paper.name)
    asks_old = wording.say("mail_change_old", paper=paper.name, address=new.text)
    asks_new = wording.say("mail_change_new", paper=paper.name)

    def asking(to: Address, token: str, asks: str, not_asked: str) -> Mail:
        return mail_of(
            "change",
            paper,
            to,
            subject,
            asks=asks,
            href=f"{paper.url}/account/email/{token}",
            hours=CHANGE_SECONDS // 3600,
            not_asked=wording.say(not_asked),
        )

    return (
        asking(old, for_old, asks_old, "mail_change_stolen"),
        asking(new, for_new, asks_new, "mail_change_not_asked"),
    )


NOTICES: Final = {
    "email_changed": ("mail_changed_subject", ("mail_changed_text", "mail_changed_not_asked")),
    "erased": ("mail_erased_subject", ("mail_erased_text",)),
}
"""The texts of each notice, by the name that orders it."""


def notice_mail(paper: Paper, to: Address, notice: str) -> Mail:
    """What has been done with an account. `notice` is one of NOTICES."""
    wording = Wording(paper.texts)
    subject, texts = NOTICES[notice]
    said = [wording.say(text, paper=paper.name) for text in texts]
    return mail_of("notice", paper, to, wording.say(subject, paper=paper.name), said=said)


def mail_of(template: str, paper: Paper, to: Address, subject: str, **values: Any) -> Mail:
    """A mail of that template, with these values in it."""
    line = shortened(subject, MAX_SUBJECT)
    text, html = _letters.write(template, paper, line, **values)
    return Mail(to, shortened(paper.name, MAX_NAME), line, text, html, _HEADERS)
