"""The posts of an export made into articles: who wrote them, where they stand, whom they are for, and what they say.

What a lower tier sees comes from what Ghost shows everyone: a post's own excerpt, its description, or its text before
the paywall. Ghost's `plaintext`, and excerpts made of it, are never looked at: they hold what is closed (R1).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from html import escape, unescape
from typing import Any, Final

import msgspec

from infra.ops.ghost.body import MAX_LINE, Placed, in_gates, to_blocks
from infra.ops.ghost.export import Export, Row
from infra.ops.ghost.files import Files, as_if_at_hand
from infra.ops.ghost.lexical import NotLexical, read_lexical
from infra.ops.ghost.mobiledoc import NotMobiledoc, read_mobiledoc
from infra.ops.ghost.nodes import Part, TooDeep, clean, read_html, text_of
from infra.ops.ghost.site import Site, our_slug, short
from infra.ops.markdown_out import to_markdown
from infra.ops.media import TYPES
from shared.domain.articles import Article
from shared.domain.decoding import UNREADABLE
from shared.domain.tiers import Tier

CALLS: Final = {
    Tier.SUBSCRIBER: (
        "The rest is for subscribers. It is free: all it takes is your e-mail address.",
        "Sign in and read on",
        "/sign-in",
    ),
    Tier.MEMBER: ("The rest is for members.", "Become a member", "/join"),
}
_EXCERPT: Final = 280  # letters
_OTHERS: Final = "The others"  # what a post without a section stands under
_language = re.compile(r"([a-z]{2,3})(?:[-_]([A-Za-z]{2}))?\b")
_sentence = re.compile(r".*?[.!?…][\"”’»)\]]*(?=\s|\Z)", re.DOTALL)
_rich = re.compile(r"</?(?:em|strong|s|code)>")

Note = Callable[[str, str], None]


@dataclass(frozen=True)
class Choices:
    """What Ghost does not say: an article's kind, how its pictures were made, the section of what has none, the
    language, and a gate's teaser."""

    kind: str = "news"
    origin: str = "photograph"
    section: str = _OTHERS
    language: str = ""
    teaser: str = ""


@dataclass(frozen=True)
class Made:
    """An article's file: in which folder, and its text."""

    folder: str
    slug: str
    text: str
    article: Article


@dataclass
class Posts:
    """The posts of an export, and what stands around them. `noted` hears what is changed or left out: in which post
    (its slug there), a word of the report, and the detail."""

    export: Export
    site: Site
    files: Files
    choices: Choices
    noted: Callable[[str, str, str], None]
    slugs: Mapping[str, str] = field(default_factory=dict)
    told: set[tuple[str, str]] = field(default_factory=set)

    def make(self, row: Row) -> Made | None:
        """The article of a post; None, with a note, where there is none to be had."""
        name = str(row.get("slug") or row.get("id") or "?")
        note = partial(self.noted, name)
        try:
            parts = _parts(row, note)
        except TooDeep:
            note("failed", "its text lies too deep in itself to be read")
            return None
        around = _Around(self, row, note)
        placed = to_blocks(parts, self._tier(row, note), around)
        if not placed:
            note("empty", "")
            return None
        document = self._document(row, placed, around, note)
        for plainer in (None, _rich, re.compile(r"<(?!br>)[^>]*>")):
            if plainer is not None:
                note("markup", "")
                document["body"] = _made_plain(document, document["body"], plainer)
            try:
                article = msgspec.convert(document, Article)
            except UNREADABLE as error:
                note("failed", str(error)[:200])
                return None
            if (text := to_markdown(article, as_if_at_hand)) is not None:
                return Made(_folder(row, note), article.slug, text, article)
        note("failed", "Markdown cannot hold its text")
        return None

    def _document(self, row: Row, placed: list[Placed], around: _Around, note: Note) -> dict[str, Any]:
        meta = self._meta(row)
        section, tags = self._tags(row, note)
        authors = self._authors(row, note)
        title = _line(row.get("title"))
        if not title:
            note("untitled", "")
            title = "Untitled"
        if not any(tier is Tier.ANONYMOUS for tier, _ in placed):
            note("all-closed", "")
        standfirst = _standfirst(row, meta, placed, title, note)
        if len(authors) > 1:
            note("authors", ", ".join(author["name"] for author in authors[1:]))
            names = " · ".join(author["name"] for author in authors)
            placed = [
                *placed,
                (Tier.ANONYMOUS, {"type": "paragraph", "html": f"<em>{escape(names, quote=False)}</em>"}),
            ]
        for name in _TOLD_OF:
            if row.get(name) or meta.get(name):
                note("field", name)
        published, updated = _moments(row, self.export, note)
        lead = self._lead(row, meta, title, note)
        document: dict[str, Any] = {
            "schema": 1,
            "status": "published",
            "id": _identifier(row),
            "slug": self.slugs[str(row.get("id"))],
            "kind": self.choices.kind,
            "title": title,
            "standfirst": standfirst,
            "section": section,
            "author": authors[0],
            "language": self._language(row),
            "published_at": published,
            "tags": tags,
            "body": _with_facts(in_gates(placed, self.choices.teaser, CALLS), self.choices.origin, {}),
        }
        if updated is not None:
            document["updated_at"] = updated
        if lead is not None:
            document["lead_picture"] = lead
        return document

    def _tier(self, row: Row, note: Note) -> Tier:
        """Who may read all of it. What nobody knows is closed as far as can be."""
        visibility = row.get("visibility")
        match visibility:
            case None | "public":
                return Tier.ANONYMOUS
            case "members":
                return Tier.SUBSCRIBER
            case "paid":
                return Tier.MEMBER
            case "tiers":
                linked = self.export.where("posts_products", "post_id", row.get("id"))
                sold = [one for link in linked for one in self.export.where("products", "id", link.get("product_id"))]
                if any(one.get("type") == "free" for one in sold):
                    return Tier.SUBSCRIBER
                note("tiers", "")
                return Tier.MEMBER
        note("visibility", str(visibility)[:80])
        return Tier.MEMBER

    def _meta(self, row: Row) -> Row:
        return next(iter(self.export.where("posts_meta", "post_id", row.get("id"))), {})

    def _tags(self, row: Row, note: Note) -> tuple[dict[str, str], list[str]]:
        tags = tags_of(self.export, row)
        for tag in tags:
            if is_internal(tag):
                note("internal-tag", str(tag.get("name")))
        shown = [tag for tag in tags if not is_internal(tag)]
        if not shown:
            note("no-section", "")
            return {"slug": our_slug("", self.choices.section), "name": self.choices.section}, []
        slugs = [our_slug(str(tag.get("slug") or ""), str(tag.get("name") or "")) for tag in shown]
        if len(slugs) > 21:
            note("many-tags", str(len(slugs)))
        return {"slug": slugs[0], "name": _line(shown[0].get("name")) or slugs[0]}, list(dict.fromkeys(slugs[1:]))[:20]

    def _authors(self, row: Row, note: Note) -> list[dict[str, Any]]:
        linked = sorted(self.export.where("posts_authors", "post_id", row.get("id")), key=_order)
        ids = [str(one.get("author_id")) for one in linked] or [str(row.get("author_id"))]
        known = [one for id in dict.fromkeys(ids) for one in self.export.where("users", "id", id)[:1]]
        if not known:
            note("no-author", "")
            known = [{"name": self.title, "slug": our_slug("", self.title)}]
        return [self._author(one, note) for one in known]

    @property
    def title(self) -> str:
        return _line(self.export.setting("title")) or "The editors"

    def _author(self, user: Row, note: Note) -> dict[str, Any]:
        name = _line(user.get("name")) or "Unknown"
        biography = " ".join(clean(str(user.get("bio") or "")).split())[:5_000]
        if not biography:
            self._note_once("biography", name)
            biography = f"{name} writes for {self.title}."
        made: dict[str, Any] = {
            "slug": our_slug(str(user.get("slug") or ""), name),
            "name": name,
            "kind": "person",
            "biography": biography,
        }
        image = user.get("profile_image") or user.get("image")
        if isinstance(image, str) and self.site.media(image) is not None:
            src = self.files.place(image, Tier.ANONYMOUS, "image", note)
            if src is not None:
                made["picture"] = _measured({"src": src, "alt": name, "origin": "photograph"})
        return made

    def _note_once(self, code: str, detail: str) -> None:
        """What is said of the whole site, however many posts say it."""
        if (code, detail) not in self.told:
            self.told.add((code, detail))
            self.noted("", code, detail)

    def _lead(self, row: Row, meta: Row, title: str, note: Note) -> dict[str, Any] | None:
        image = row.get("feature_image") or row.get("image")
        if not isinstance(image, str) or not image.strip():
            return None
        src = self.files.place(image, Tier.ANONYMOUS, "image", note)
        if src is None:
            return None
        caption = _line(text_of(read_html(str(meta.get("feature_image_caption") or ""))))
        alt = _line(meta.get("feature_image_alt")) or caption
        if not alt:
            note("alt", image[-80:])
        made = {"src": src, "alt": alt or _alt(title), "origin": self.choices.origin}
        return _measured({**made, "caption": caption} if caption else made)

    def _language(self, row: Row) -> str:
        said = (
            self.choices.language
            or str(row.get("locale") or "")
            or self.export.setting("locale", "lang", "default_locale")
        )
        found = _language.match(said)
        return f"{found[1]}-{found[2].upper()}" if found and found[2] else found[1] if found else "en"


@dataclass(frozen=True)
class _Around:
    """What the text of one post is written among."""

    posts: Posts
    row: Row
    noted: Note

    def link(self, href: str) -> str | None:
        made, code = self.posts.site.link(href)
        if code:
            self.noted(code, href.strip()[:80])
        return made

    def media(self, src: str, tier: Tier, kind: str) -> str | None:
        if not src.strip():
            return None
        return self.posts.files.place(src, tier, kind, self.noted)

    def alt(self, src: str) -> str:
        self.noted("alt", src.rpartition("/")[2][:80])
        return _alt(_line(self.row.get("title")))

    def note(self, code: str, detail: str = "") -> None:
        self.noted(code, detail)


def posts_of(export: Export) -> list[Row]:
    """The posts, the oldest first; pages are none."""
    rows = [row for row in export.rows("posts") if not is_page(row)]
    return sorted(
        rows, key=lambda row: (str(row.get("published_at") or row.get("created_at") or ""), str(row.get("id")))
    )


def is_page(row: Row) -> bool:
    return row.get("type") == "page" or row.get("page") in (True, 1)


def is_internal(tag: Row) -> bool:
    return tag.get("visibility") == "internal" or str(tag.get("name") or "").startswith("#")


def tags_of(export: Export, row: Row) -> list[Row]:
    """A post's tags, the primary one first."""
    linked = sorted(export.where("posts_tags", "post_id", row.get("id")), key=_order)
    return [tag for link in linked for tag in export.where("tags", "id", link.get("tag_id"))[:1]]


def slugs_of(rows: Iterable[Row], noted: Callable[[str, str, str], None]) -> dict[str, str]:
    """The slug of each post here, by its id there. Of two that would have one, the later gets another."""
    made: dict[str, str] = {}
    taken: set[str] = set()
    for row in rows:
        theirs = str(row.get("slug") or "")
        ours = our_slug(theirs, str(row.get("title") or ""))
        if ours in taken:
            ours = our_slug(f"{ours[:100].rstrip('-')}-{short(_identifier(row))}")
            noted(theirs, "slug-twice", ours)
        elif ours != theirs:
            noted(theirs, "slug", ours)
        taken.add(ours)
        made[str(row.get("id"))] = ours
    return made


# What a row says ------------------------------------------------------------------------------------------------------

_TOLD_OF: Final = (
    *("codeinjection_head", "codeinjection_foot", "canonical_url", "custom_template", "featured", "meta_title"),
    *(
        "og_image",
        "og_title",
        "og_description",
        "twitter_image",
        "twitter_title",
        "twitter_description",
        "email_subject",
    ),
)


def _parts(row: Row, note: Note) -> tuple[Part, ...]:
    """A post's text as Ghost would take it: Lexical, else mobiledoc, else HTML."""
    for name, read in (("lexical", read_lexical), ("mobiledoc", read_mobiledoc)):
        source = row.get(name)
        if isinstance(source, str) and source.strip():
            try:
                return read(json.loads(source))
            except (ValueError, RecursionError, NotLexical, NotMobiledoc):
                note("damaged", name)
    html = row.get("html")
    return read_html(html) if isinstance(html, str) else ()


def _folder(row: Row, note: Note) -> str:
    match row.get("status"):
        case "published":
            return "articles"
        case "scheduled":
            return "scheduled"
        case "sent":
            note("email-only", "")
        case "draft":
            pass
        case other:
            note("status", str(other)[:40])
    return "drafts"


def _identifier(row: Row) -> str:
    """The same for the same post, every time."""
    said = str(row.get("uuid") or "").lower()
    return (
        f"ghost-{said}" if re.fullmatch(r"[0-9a-f]+(?:-[0-9a-f]+)*", said) else f"ghost-{short(str(row.get('id')), 24)}"
    )


def read_moment(said: Any) -> dt.datetime | None:
    """A moment as Ghost writes it: a text, UTC where it says nothing else, or milliseconds since 1970."""
    try:
        if isinstance(said, (int, float)) and not isinstance(said, bool):
            found = dt.datetime.fromtimestamp(said / 1000, dt.UTC)
        else:
            found = dt.datetime.fromisoformat(str(said).strip().replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return None
    found = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    return found.replace(microsecond=0) if 1001 <= found.year <= 9997 else None


def _moments(row: Row, export: Export, note: Note) -> tuple[str, str | None]:
    published = read_moment(row.get("published_at"))
    if published is None:
        if row.get("published_at") or row.get("status") in ("published", "scheduled"):
            note("date", str(row.get("published_at"))[:40])
        last = (row.get("created_at"), row.get("updated_at"), export.exported_at)
        published = next((found for one in last if (found := read_moment(one)) is not None), None)
    published = published or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    updated = read_moment(row.get("updated_at"))
    is_later = updated is not None and updated - published >= dt.timedelta(minutes=1)
    is_out = row.get("status") == "published"
    return published.isoformat(), updated.isoformat() if updated is not None and is_later and is_out else None


def _standfirst(row: Row, meta: Row, placed: Iterable[Placed], title: str, note: Note) -> str:
    for said in (row.get("custom_excerpt"), meta.get("meta_description"), row.get("meta_description")):
        if isinstance(said, str) and (words := " ".join(clean(said).split())[:5_000].strip()):
            return words
    words = ""
    for tier, block in placed:
        if tier is not Tier.ANONYMOUS or len(words) >= _EXCERPT:
            break  # nothing from behind the first gate, what is for everyone neither
        if block["type"] == "paragraph":
            words = f"{words} {unescape(re.sub('<[^>]*>', ' ', block['html']))}".strip()
    words = " ".join(words.split())
    note("standfirst", "")
    return _beginning(words[: 4 * _EXCERPT]) or title


def _beginning(words: str) -> str:
    """The first sentences, as many as fit; else the first words."""
    if len(words) <= _EXCERPT:
        return words
    made = ""
    for found in _sentence.finditer(words):
        if found.end() > _EXCERPT:
            break
        made = words[: found.end()]
    return made or f"{words[:_EXCERPT].rpartition(' ')[0] or words[:_EXCERPT]}…"


def _order(row: Row) -> int:
    said = row.get("sort_order")
    return said if isinstance(said, int) else 0


def _line(said: Any) -> str:
    return " ".join(clean(said).split())[:MAX_LINE].strip() if isinstance(said, str) else ""


def _alt(title: str) -> str:
    return f"Picture: {title}"[:MAX_LINE].strip()


def _measured(picture: dict[str, Any]) -> dict[str, Any]:
    return {**picture, "width": 1, "height": 1}


def _with_facts(blocks: list[dict[str, Any]], origin: str, captions: dict[str, str | None]) -> list[dict[str, Any]]:
    """These blocks with what a picture and a sound have to say. A picture that is shown twice is the same one: it has
    the caption that it had first."""
    made = []
    for block in blocks:
        match block["type"]:
            case "image":
                picture = _measured({**block["picture"], "origin": origin})
                caption = captions.setdefault(picture["src"], picture.pop("caption", None))
                made.append({**block, "picture": {**picture, "caption": caption} if caption else picture})
            case "audio":
                made.append({**block, "seconds": 1, "media_type": TYPES[block["src"].rpartition(".")[2]]})
            case "gate":
                made.append({**block, "blocks": _with_facts(block["blocks"], origin, captions)})
            case _:
                made.append(block)
    return made


# What Markdown cannot say ---------------------------------------------------------------------------------------------


def _made_plain(
    document: dict[str, Any], blocks: list[dict[str, Any]], markup: re.Pattern[str]
) -> list[dict[str, Any]]:
    """These blocks, those that Markdown cannot say without such markup."""
    made = []
    for block in blocks:
        if block["type"] == "gate":
            made.append({**block, "blocks": _made_plain(document, block["blocks"], markup)})
        elif block["type"] in ("paragraph", "quote", "list") and not _is_sayable(document, block):
            if block["type"] == "list":
                made.append({**block, "items": [markup.sub("", item) for item in block["items"]]})
            else:
                made.append({**block, "html": markup.sub("", block["html"])})
        else:
            made.append(block)
    return made


def _is_sayable(document: dict[str, Any], block: dict[str, Any]) -> bool:
    try:
        article = msgspec.convert({**document, "body": [block]}, Article)
    except UNREADABLE:
        return False
    return to_markdown(article, as_if_at_hand) is not None
