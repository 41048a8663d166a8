"""An article as a newsletter brings it to the readers of one tier: made once, and then sent to each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from functions.newsletters.body import Body
from shared.domain.articles import Article
from shared.domain.mails import Mail
from shared.domain.members import Member, unsubscribe_token
from shared.domain.paper import Newsletter, Paper
from shared.domain.secrets import Chance, new_id
from shared.domain.tiers import Tier
from shared.mailing.letters import MAX_NAME, MAX_SUBJECT, Letters, Wording, shortened

_letters: Final = Letters(Path(__file__).parent)


class Issue:
    """What all members of a tier get who have it by that newsletter; nothing in it but what this tier may see (R1)."""

    def __init__(self, paper: Paper, newsletter: Newsletter, article: Article, tier: Tier, chance: Chance) -> None:
        seen = article.seen_by(tier)
        wording = Wording(paper.texts)
        # Where a member's own token comes to stand. Nobody can have written this into an article, so that no link of
        # an article's can carry the token off.
        self._here = new_id(chance)
        self._paper, self._newsletter = paper, newsletter
        self._subject = shortened(wording.say("mail_article_subject", title=seen.title), MAX_SUBJECT)
        by = "mail_article_persona" if seen.author.kind == "persona" else "mail_article_by"
        self._text, self._html = _letters.write(
            "article",
            paper,
            self._subject,
            article=seen,
            by=wording.say(by, author=seen.author.name, paper=paper.name),
            href=f"{paper.url}/articles/{seen.slug}",
            pieces=Body(paper, wording, seen).pieces(),
            newsletter=newsletter,
            stop=f"{paper.url}/unsubscribe/{newsletter.slug}/{self._here}",
        )

    def mail_to(self, member: Member) -> Mail:
        """The mail for that member, with the link that ends this newsletter for nobody else."""
        token = unsubscribe_token(member, self._newsletter.slug)
        text, html = (part.replace(self._here, token) for part in (self._text, self._html))
        return Mail(
            member.address,
            shortened(self._paper.name, MAX_NAME),
            self._subject,
            text,
            html,
            self._headers(token),
        )

    def _headers(self, token: str) -> tuple[tuple[str, str], ...]:
        """Those of a list's mail (RFC 2919, RFC 2369), with one click to end it (RFC 8058). `List-Id` is what keeps
        programs from answering (RFC 3834, section 2); `Precedence` never was a standard."""
        site, slug = self._paper.url, self._newsletter.slug
        return (
            ("List-Id", f"<{slug}.{urlsplit(site).hostname}>"),
            ("List-Unsubscribe", f"<{site}/api/newsletters/{slug}/unsubscribe?t={token}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("Auto-Submitted", "auto-generated"),
        )
