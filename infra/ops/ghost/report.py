"""What an import did and did not carry over: each kind of thing with its count, where it was, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

SHOWN: Final = 5  # of a kind, in the terminal; --json has all

FAILED, LEFT, CHANGED, LOOK = "failed", "not_carried_over", "changed", "to_look_at"
TITLES: Final = {
    FAILED: "Could not be imported",
    LEFT: "Not carried over",
    CHANGED: "Carried over, changed",
    LOOK: "To look at",
}

# The words of a note, by its code: in which part of the report it stands, what it is, and what to do.
NOTES: Final[dict[str, tuple[str, str, str]]] = {
    "failed": (
        FAILED,
        "posts that cannot be made into articles",
        "Mend them in Ghost and export again, or write them by hand.",
    ),
    "member-invalid": (
        FAILED,
        "lines of the CSV without an address that we can take",
        "Ask the readers, or mend the lines.",
    ),
    "pages": (LEFT, "pages", "Write them as pages of the paper: `frontline paper --help`."),
    "empty": (LEFT, "posts without a text", "Nothing, if they were meant to be empty."),
    "card": (
        LEFT,
        "cards that no block can hold (video, file, sign-up, e-mail)",
        "Link to what still matters, by hand.",
    ),
    "only": (
        LEFT,
        "parts shown only to readers who have not paid, or by e-mail",
        "Nothing: a gate's teaser speaks to them.",
    ),
    "html": (
        LEFT,
        "scripts, styles, forms and the like, with `on…=` and `javascript:`",
        "Nothing: no code of others' comes into a page.",
    ),
    "internal-tag": (LEFT, "internal tags (#…)", "Nothing, unless the theme did something by them."),
    "many-tags": (LEFT, "tags beyond the twentieth", "Nothing, or choose others in the file."),
    "field": (
        LEFT,
        "fields that articles do not have (code injection, social cards, templates…)",
        "Nothing, or put what matters into the text.",
    ),
    "media-type": (
        LEFT,
        "pictures and sounds of a kind that cannot be published",
        "Export them as PNG, WebP or MP3, and write them into the file.",
    ),
    "media-lost": (LEFT, "pictures and sounds without an address", "Nothing, or find the file."),
    "media-damaged": (LEFT, "files in the zip that are damaged or too large", "They are in fetch.txt too."),
    "link-inner": (
        LEFT,
        "links to what is not carried over (pages, lists of tags); their words stay",
        "Write the link anew where it matters.",
    ),
    "link-lost": (
        LEFT,
        "links that no article can have (tel:, ftp:…); their words stay",
        "Nothing, or write the link anew.",
    ),
    "link-empty": (LEFT, "links that lead nowhere", "Nothing."),
    "embed": (LEFT, "embeds without an https address", "Find the address, and write it as `::: embed`."),
    "snippets": (LEFT, "snippets", "Nothing: they are the editor's."),
    "newsletters": (
        LEFT,
        "newsletters",
        "Set them up with `frontline paper`, then say `--newsletter SLUG` for Ghost's subscribers.",
    ),
    "products": (
        LEFT,
        "tiers and what they cost",
        "Set up plans with `frontline payments`; we know subscribers and members.",
    ),
    "offers": (LEFT, "offers", "Set them up as plans, or leave them."),
    "comments": (LEFT, "comments", "Keep the old site, or an export of them."),
    "emails": (LEFT, "the history of mails", "Keep Ghost's export."),
    "theme": (LEFT, "the theme and its settings", "`frontline paper` sets colours, logo and texts."),
    "routes": (
        LEFT,
        "redirects, routes and integrations: they are not in an export",
        "See redirects.csv, and set up the rest by hand.",
    ),
    "stripe": (
        LEFT,
        "Stripe subscriptions: Stripe goes on collecting them, and nothing here knows of them",
        "Nobody may pay twice: docs/operations.md says how to move them, “Those who pay”.",
    ),
    "member-fields": (
        LEFT,
        "columns of the CSV (names, notes, labels…)",
        "Nothing: we keep no more of a reader than is needed.",
    ),
    "member-deleted": (LEFT, "readers who were deleted in Ghost", "Nothing."),
    "member-unsubscribed": (LEFT, "readers who want no mails: they have an account, and no newsletter", "Nothing."),
    "member-newsletter": (
        LEFT,
        "readers who get Ghost's mails, and no newsletter here",
        "Say which with `--newsletter SLUG`.",
    ),
    "slug": (CHANGED, "addresses that an article here cannot have", "See redirects.csv."),
    "slug-twice": (
        CHANGED,
        "addresses that two posts would have",
        "Give the later a better one: `frontline rename`, or in the file.",
    ),
    "markup": (CHANGED, "texts whose emphasis Markdown cannot say: it is left out", "Look at them."),
    "mark": (CHANGED, "words marked with a pen: plain now", "Nothing."),
    "raised": (CHANGED, "words above or below the line: plain now", "Look at formulas."),
    "heading": (CHANGED, "headings that were links: plain now", "Nothing."),
    "link-block": (CHANGED, "pictures and blocks that were links: plain now", "Write a link under those that matter."),
    "nested-list": (CHANGED, "lists in lists: one list now", "Look at them."),
    "table": (CHANGED, "tables: lists now, a row each", "Make a picture of one that has to be a table."),
    "code": (CHANGED, "blocks of code: paragraphs now", "Look at them."),
    "authors": (CHANGED, "further authors: named at the article's end", "Nothing."),
    "link-http": (CHANGED, "links to http: addresses, https: now", "Try those that matter."),
    "link-guessed": (CHANGED, "links without https://: it is put before them", "Try them."),
    "email-only": (
        CHANGED,
        "posts that were sent and never on the site: drafts now",
        "Publish them, or delete the files.",
    ),
    "status": (CHANGED, "posts of a state that we do not know: drafts now", "Look at them."),
    "damaged": (CHANGED, "posts whose newest text is damaged: an older form of it was taken", "Read them."),
    "tiers": (LOOK, "posts for some of Ghost's tiers: for all members now", "Nothing: we have one kind of member."),
    "visibility": (LOOK, "posts for somebody that we do not know: for members now", "Look at them."),
    "all-closed": (LOOK, "posts that are closed from their first line on", "Let a paragraph stand before the gate."),
    "standfirst": (
        LOOK,
        "posts without an excerpt: the first sentences for everyone stand as standfirst",
        "Write a better one.",
    ),
    "alt": (LOOK, "pictures of which nothing is said for those who cannot see them", "Say what is to be seen."),
    "untitled": (LOOK, "posts without a title", "Give them one."),
    "no-section": (LOOK, "posts without a tag: their section is what `--section` says", "Give them one in the file."),
    "no-author": (LOOK, "posts without an author: the site's name stands there", "Name the author in the file."),
    "biography": (LOOK, "authors without a biography: a plain sentence stands there", "Write it into the files."),
    "date": (LOOK, "posts with an odd date: when they were made stands there", "Look at published_at."),
    "media-elsewhere": (LOOK, "pictures that lay on other sites", "Fetch them only if they are yours to show."),
    "no-site": (LOOK, "files to fetch whose address nobody has said", "Say --site, where the paper was."),
    "kept": (LOOK, "files that are there with another text: left as they are", "Say --over to write over them."),
    "member-twice": (LOOK, "lines of the CSV with an address that stands before: the first counts", "Nothing."),
    "member-odd": (LOOK, "lines of the CSV with odd cells: what could be read was taken", "Look at them."),
    "member-paying": (
        LOOK,
        "readers who pay in Ghost",
        "Say --paid-until DATE: until when they read here without paying here.",
    ),
    "member-unsure": (
        LOOK,
        "readers with a Stripe customer, of whom the CSV does not say whether they pay",
        "Look in Ghost; `frontline members grant`.",
    ),
    "untried": (LOOK, "a Ghost newer than this was written for", "Look twice at gates."),
}


@dataclass
class Report:
    """Counts of what was carried over, and every note with where it was."""

    carried: Counter[str] = field(default_factory=Counter)
    notes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def note(self, where: str, code: str, detail: str = "") -> None:
        """Something at that place: a post's slug, a line of the CSV, or nothing in particular."""
        assert code in NOTES, code
        self.notes.setdefault(code, []).append((where, detail))

    @property
    def has_failed(self) -> bool:
        return any(NOTES[code][0] == FAILED for code in self.notes)

    def to_builtins(self) -> dict[str, Any]:
        """All of it, for a program."""
        parts: dict[str, list[dict[str, Any]]] = {part: [] for part in TITLES}
        for code in NOTES:
            if code in self.notes:
                part, what, cure = NOTES[code]
                items = [{"at": where, "detail": detail} for where, detail in self.notes[code]]
                parts[part].append({"code": code, "what": what, "count": len(items), "do": cure, "items": items})
        return {"carried_over": dict(self.carried), **parts}

    def lines(self) -> Iterator[str]:
        """All of it, for somebody who reads."""
        yield "Carried over: " + (
            ", ".join(f"{count:,} {what}" for what, count in self.carried.items() if count) or "nothing"
        )
        for part, entries in self.to_builtins().items():
            if part == "carried_over" or not entries:
                continue
            yield ""
            yield f"{TITLES[part]}:"
            for one in entries:
                yield f"  {one['count']:>6,}  {one['what']}"
                if where := _where(one["items"]):
                    yield f"          {where}"
                yield f"          → {one['do']}"


def _where(items: Iterable[dict[str, str]]) -> str:
    told = dict.fromkeys(": ".join(filter(None, (one["at"], one["detail"]))) for one in items)
    told.pop("", None)
    more = len(told) - SHOWN
    return "; ".join(list(told)[:SHOWN]) + (f"; and {more:,} more" if more > 0 else "")
