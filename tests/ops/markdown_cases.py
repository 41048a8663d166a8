"""One good Markdown article, and what an editor may get wrong in it: each change with the line that is named and words
of the cure."""

from __future__ import annotations

from typing import NamedTuple

# Its lines are counted by the cases below.
GOOD = """\
---
id: a-77
slug: a-crossing
kind: report
title: "A crossing: in parts"
standfirst: Short. Whole.
section: City & Quay
author:
  name: Zoë Moor
  kind: person
  biography: Writes about the river.
language: en
published_at: 2026-11-01 08:00 +01:00
tags: [ferry, night-work]
pictures:
  /media/anonymous/quay.png:
    width: 1600
    height: 900
    origin: ai
    caption: The quay. Made with AI.
sources:
  - publisher: Harbour board
    used: Timetables
    href: https://example.org/times
  - publisher: Interview
    used: On the quay
    tier: member
---
It leaves at *four*.

![The quay at night](/media/anonymous/quay.png)

::: gate member audio
teaser: Members hear: the bells
action: Join -> /join
---
::: audio /media/member/bells.mp3
title: The bells
seconds: 30
:::

Behind the gate.
:::

The end.
"""


class Case(NamedTuple):
    """`old` is changed to `new`; then line `line` is told with `words` in what is said."""

    old: str
    new: str
    line: int
    words: str


_GATE = "::: gate member data\nteaser: T\naction: A -> /a\n---\nX\n:::"

CASES: dict[str, Case] = {
    # The fields
    "no fields": Case(GOOD, "# A title\n\nText.\n", 1, "write a line `---`"),
    "fields that do not end": Case(GOOD, "---\nid: a-1\n", 1, "write a line `---` between"),
    "an empty file": Case(GOOD, "", 1, "write a line `---`"),
    "fields that are a list": Case(GOOD, "---\n- id\n---\nText.\n", 2, "write lines such as `title: …`"),
    "a missing title": Case('title: "A crossing: in parts"\n', "", 1, "write `title: The night ferry question`"),
    "a missing biography": Case("  biography: Writes about the river.\n", "", 8, "author.biography: is missing"),
    "a picture's width that no file tells": Case("    width: 1600\n", "", 16, "or write `width:`"),
    "a picture's size that no file tells": Case(
        "    width: 1600\n    height: 900\n", "", 16, "put the file at media/anonymous/quay.png beside this one, or"
    ),
    "a lead picture's size that no file tells": Case(
        "pictures:", "lead_picture: {src: /media/anonymous/f.png, alt: A, origin: ai}\npictures:", 15, "put the file at"
    ),
    "a drawing that may hold scripts": Case(
        "/media/anonymous/quay.png", "/media/anonymous/quay.svg", 16, "export it as PNG or WebP"
    ),
    "a sound for a picture": Case("/media/anonymous/quay.png", "/media/anonymous/quay.mp3", 16, "is no picture"),
    "a source without a publisher": Case("publisher: Interview\n    ", "", 25, "sources[1].publisher: is missing"),
    "a title without quotes": Case('"A crossing: in parts"', "A crossing: in parts", 5, "has to stand in quotes"),
    "a quote that stays open": Case("standfirst: Short.", 'standfirst: "Short.', 6, "quotes and brackets are closed"),
    "a tab": Case("  kind: person", "\tkind: person", 10, "write two spaces"),
    "a field twice": Case("language: en", "language: en\nkind: news", 13, "first in line 4); keep one"),
    "a field of a field twice": Case("  kind: person", "  kind: person\n  kind: persona", 11, "keep one"),
    "an unknown field": Case("language: en", "language: en\ntittle: Other", 13, "write `title`"),
    "an unknown field of a source": Case(
        "    used: Timetables", "    used: T\n    colour: red", 24, "publisher, used, href"
    ),
    "an anchor": Case("slug: a-crossing", "slug: &here a-crossing", 3, "put the text in quotes"),
    "a field that says nothing": Case("kind: report", "kind:", 4, "give it a value, or take the line out"),
    "an empty title": Case('"A crossing: in parts"', '""', 5, "give it a text"),
    "a list for a title": Case('"A crossing: in parts"', "[A, B]", 5, "put it in quotes"),
    "a text for an author": Case(
        GOOD[GOOD.index("author:") : GOOD.index("language")], "author: Zoë\n", 8, "fields of its"
    ),
    "a text for tags": Case("[ferry, night-work]", "ferry", 14, "beginning with `- `"),
    "an unknown kind": Case("kind: report", "kind: story", 4, "write one of news, opinion"),
    "an unknown kind of author": Case("kind: person", "kind: robot", 10, "write one of person, persona"),
    "an unknown origin": Case("origin: ai", "origin: drawn", 19, "write one of photograph"),
    "an unknown tier of a source": Case("tier: member", "tier: gold", 27, "write one of anonymous, subscriber, member"),
    "a date without a time": Case("2026-11-01 08:00 +01:00", "2026-11-01", 13, "write date, time and offset"),
    "a moment without an offset": Case("08:00 +01:00", "08:00", 13, "write date, time and offset"),
    "a day that is not": Case("2026-11-01 08", "2026-02-30 08", 13, "“2026-02-30 08:00 +01:00” is not a moment"),
    "an update before publishing": Case(
        "tags:", "updated_at: 2026-10-01T00:00:00Z\ntags:", 14, "lies before `published_at`"
    ),
    "a width in words": Case("width: 1600", "width: wide", 17, "is a whole number"),
    "a picture too wide": Case("width: 1600", "width: 160000", 17, "<= 20000"),
    "a slug in capitals": Case("slug: a-crossing", "slug: A Crossing", 3, "a slug is lower-case letters"),
    "a tag with a space": Case("night-work", "night work", 14, "tags[1]: a slug is lower-case"),
    "a section no slug can be made of": Case("City & Quay", "夜", 7, "write slug: and name:"),
    "a language in words": Case("language: en", "language: English", 12, "a code such as `en`"),
    "a source's link without https": Case("https://example", "http://example", 24, "a link is an https:// address"),
    "a picture that no image shows": Case(
        "![The quay at night](/media/anonymous/quay.png)\n", "", 16, "show it, or take"
    ),
    # The text
    "no text": Case(GOOD[GOOD.index("It leaves") :], "", 28, "write it under this line"),
    "HTML": Case("The end.", "The\n<b>end</b>.", 46, "<b> is HTML; write it in Markdown"),
    "a block of HTML": Case("The end.", "<div>\nThe end.\n</div>", 45, "HTML; write it in Markdown"),
    "a comment": Case("The end.", "<!-- later -->", 45, "take it out"),
    "a table": Case("The end.", "| a | b |\n|---|---|\n| 1 | 2 |", 45, "write a list, or make it a picture"),
    "a block of code": Case("The end.", "```\nx\n```", 45, "between ` and `"),
    "a text far indented": Case("The end.", "    The end.", 45, "four spaces"),
    "a heading of the first level": Case("The end.", "# The end", 45, "write `## ` or `### `"),
    "a heading of the fourth level": Case("The end.", "#### The end", 45, "write `## ` or `### `"),
    "a heading with markup": Case("The end.", "## The *end*", 45, "a heading is plain text"),
    "an empty heading": Case("The end.", "##", 45, "write its text behind"),
    "a rule that makes a heading": Case("The end.", "The end.\n---", 45, "an empty line before a rule"),
    "a list in a list": Case("The end.", "- One\n  - Two", 46, "lists do not nest"),
    "an item of two paragraphs": Case("The end.", "- One\n\n  Two", 47, "an item is one paragraph"),
    "an empty item": Case("The end.", "- One\n-", 46, "this item is empty"),
    "a list that begins with 7": Case("The end.", "7. Seven", 45, "a list begins with 1"),
    "a list in a quote": Case("The end.", "> Said\n>\n> - One", 47, "a quote holds paragraphs alone"),
    "an empty quote": Case("The end.", ">", 45, "this quote is empty"),
    "a quote of nothing": Case("The end.", "> — Name", 45, "no words"),
    "a name with markup": Case("The end.", "> Said\n> — *Name*", 46, "write `> — Name`"),
    "a picture in a text": Case("The end.", "The ![x](/media/anonymous/quay.png) end.", 45, "a paragraph of its own"),
    "a picture nothing is said of": Case("(/media/anonymous/quay", "(/media/anonymous/other", 31, "under pictures:"),
    "a picture without words": Case("![The quay at night]", "![]", 31, "say in plain words what is to be seen"),
    "a caption at the image": Case("quay.png)", 'quay.png "Quay")', 31, "write it under pictures:"),
    "a script for a link": Case("The end.", "[The end](javascript:alert(1)).", 45, "write an https:// address"),
    "data for a link": Case("The end.", "The\nend\n[here](data:text/html,x).", 47, "write an https:// address"),
    "a link without https": Case("The end.", "[The end](http://example.org/).", 45, "write an https:// address"),
    "a link beside the site": Case("The end.", "[The end](//example.org/).", 45, "write an https:// address"),
    "a link that leads nowhere": Case("The end.", "[The end](the-end).", 45, "write an https:// address"),
    "a link with a space": Case("The end.", "[The end](https://example.org/a b).", 45, "its address without spaces"),
    "a link by a name that is not": Case("The end.", "[The end][there].", 45, "this looks like a link"),
    "a link without words": Case("The end.", "The end[](https://example.org/).", 45, "write them between"),
    "a link with a title": Case("The end.", '[The end](/end "End").', 45, "has no title of its own"),
    # Gates, audio, embeds
    "a gate that stays open": Case("Behind the gate.\n:::", "Behind the gate.", 33, "this gate is not closed"),
    "an audio that stays open": Case("seconds: 30\n:::\n", "seconds: 30\n", 37, "write `:::` in the line after"),
    "three colons too many": Case("The end.", ":::", 45, "this closes nothing"),
    "four colons": Case("::: gate member audio", ":::: gate member audio", 33, "made of three colons"),
    "colons behind spaces": Case("::: audio", "  ::: audio", 37, "at the beginning of the line"),
    "a gate in a gate": Case(
        "Behind", _GATE + "\n\nBehind", 42, "cannot stand inside a gate"
    ),
    "an unknown container": Case("The end.", "::: box\nThe end.\n:::", 45, "write gate, audio or embed"),
    "a gate without a tier": Case("gate member audio", "gate", 33, "write `::: gate TIER KIND`"),
    "a gate without a kind": Case("gate member audio", "gate member", 33, "write `::: gate TIER KIND`"),
    "a gate for a tier that is not": Case("gate member audio", "gate gold audio", 33, "write subscriber or member"),
    "a gate that closes nothing": Case("gate member audio", "gate anonymous audio", 33, "write subscriber or member"),
    "a gate of a kind in capitals": Case("gate member audio", "gate member Audio", 33, "“Audio” is not a slug"),
    "two gates of one id": Case(
        "The end.", "::: gate member data audio-1\nteaser: T\naction: A -> /a\n---\nX\n:::", 45, "give this one its own"
    ),
    "a gate without a teaser": Case("teaser: Members hear: the bells\n", "", 33, "write `teaser:"),
    "a gate without an action": Case("action: Join -> /join\n", "", 33, "write `action:"),
    "an action that leads nowhere": Case("Join -> /join", "Join", 35, "does not say where it leads"),
    "an action that leads beside": Case("Join -> /join", "Join -> join", 35, "a link is an https:// address"),
    "a gate with a setting too many": Case(
        "action: Join", "colour: red\naction: Join", 35, "it has `teaser:` and `action:`"
    ),
    "a gate with two teasers": Case("action: Join", "teaser: Two\naction: Join", 35, "keep one"),
    "a gate whose head does not end": Case("/join\n---\n", "/join\n", 36, "end with a line `---`"),
    "an empty gate": Case(GOOD[GOOD.index("::: audio") : GOOD.index(":::\n\nThe end")], "", 33, "write what it opens"),
    "an open file behind a gate": Case(
        "/media/member/bells", "/media/anonymous/bells", 37, "belongs under /media/member/"
    ),
    "a gated file before a gate": Case(
        "/media/anonymous/quay.png", "/media/member/quay.png", 31, "belongs under /media/anonymous/"
    ),
    "an audio of no known kind": Case("bells.mp3", "bells.flac", 37, "(.mp3, .m4a"),
    "an audio of nothing": Case("audio /media/member/bells.mp3", "audio", 37, "write what it is of"),
    "an audio's length that no file tells": Case(
        "seconds: 30\n", "", 37, "put the file at media/member/bells.mp3 beside this one, or write `seconds:`"
    ),
    "an audio's empty length": Case("seconds: 30\n", "seconds:\n", 39, "write `seconds: 30`, or take the line out"),
    "a picture for an audio": Case("bells.mp3", "bells.png", 37, ".wav); export it as MP3"),
    "an audio's length in minutes": Case("seconds: 30", "seconds: 0:30", 39, "such as `seconds: 30`"),
    "an embed without a provider": Case(
        "The end.", "::: embed https://example.org/film\ntitle: Film\n:::", 45, "write `provider:"
    ),
    "an embed without https": Case(
        "The end.", "::: embed http://a.example/\nprovider: A\ntitle: T\n:::", 45, "an https:// address"
    ),
    "a control character": Case("The end.", "The\x07 end.", 45, "U+0007 in it; take it out"),
}  # fmt: skip
