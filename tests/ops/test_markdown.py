"""Markdown becomes the document that JSON would have said, or is told what is wrong: line and cure."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from infra.ops.cli import app
from infra.ops.files import check_files, check_moments
from infra.ops.front_matter import slug_of
from infra.ops.markdown import new_article, read_markdown
from shared.domain.articles import Article, Gate, texts_of
from shared.domain.blocks import Paragraph
from shared.domain.text import is_tidy, unbalanced_tag
from tests.ops.markdown_cases import CASES, GOOD, Case

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
ROOT = Path(__file__).parents[2]


def article(text: str) -> Article:
    read = read_markdown(text.encode())
    assert read.article, read.faults
    return read.article


def faults(text: str | bytes) -> list[tuple[int, str]]:
    read = read_markdown(text if isinstance(text, bytes) else text.encode())
    assert read.article is None
    return [(fault.line, fault.words) for fault in read.faults]


def body(markdown: str) -> list[dict[str, Any]]:
    """The blocks of an article with this text alone."""
    head = GOOD[: GOOD.index("pictures:")] + GOOD[GOOD.index("sources:") : GOOD.index("It leaves")]
    blocks: list[dict[str, Any]] = as_json(article(head + markdown).body)
    return blocks


def as_json(value: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def test_the_whole_of_an_article_is_what_was_written() -> None:
    assert as_json(article(GOOD)) == {
        "status": "published",
        "schema": 1,
        "id": "a-77",
        "slug": "a-crossing",
        "kind": "report",
        "title": "A crossing: in parts",
        "standfirst": "Short. Whole.",
        "section": {"slug": "city-quay", "name": "City & Quay"},
        "author": {
            "slug": "zoe-moor",
            "name": "Zoë Moor",
            "kind": "person",
            "biography": "Writes about the river.",
        },
        "language": "en",
        "published_at": "2026-11-01T08:00:00+01:00",
        "tags": ["ferry", "night-work"],
        "body": [
            {"type": "paragraph", "html": "It leaves at <em>four</em>."},
            {
                "type": "image",
                "picture": {
                    "src": "/media/anonymous/quay.png",
                    "alt": "The quay at night",
                    "width": 1600,
                    "height": 900,
                    "origin": "ai",
                    "caption": "The quay. Made with AI.",
                },
            },
            {
                "type": "gate",
                "id": "audio-1",
                "tier": "member",
                "kind": "audio",
                "teaser": "Members hear: the bells",
                "call_to_action": {"label": "Join", "href": "/join"},
                "blocks": [
                    {"type": "audio", "src": "/media/member/bells.mp3", "title": "The bells", "seconds": 30},
                    {"type": "paragraph", "html": "Behind the gate."},
                ],
            },
            {"type": "paragraph", "html": "The end."},
        ],
        "sources": [
            {"publisher": "Harbour board", "used": "Timetables", "href": "https://example.org/times"},
            {"publisher": "Interview", "used": "On the quay", "tier": "member"},
        ],
    }


@pytest.mark.parametrize(
    ("markdown", "block"),
    [
        ("A & B < C\nand D > E", {"type": "paragraph", "html": "A &amp; B &lt; C and D &gt; E"}),
        ("One\\\nTwo", {"type": "paragraph", "html": "One<br>Two"}),
        ("**a *b*** ~~c~~", {"type": "paragraph", "html": "<strong>a <em>b</em></strong> <s>c</s>"}),
        ("`a <b> & c`", {"type": "paragraph", "html": "<code>a &lt;b&gt; &amp; c</code>"}),
        ("&copy; \\*a\\*", {"type": "paragraph", "html": "© *a*"}),
        ("\\[x\\](y)", {"type": "paragraph", "html": "[x](y)"}),
        ("[a](/b?c=1&d=2#e)", {"type": "paragraph", "html": '<a href="/b?c=1&amp;d=2#e">a</a>'}),
        ("[a](https://x.example/it's)", {"type": "paragraph", "html": '<a href="https://x.example/it%27s">a</a>'}),
        ("<https://x.example/>", {"type": "paragraph", "html": '<a href="https://x.example/">https://x.example/</a>'}),
        ("[*a*](#b) [c](mailto:d@e.example)", {
            "type": "paragraph", "html": '<a href="#b"><em>a</em></a> <a href="mailto:d@e.example">c</a>',
        }),
        ("[a][b]\n\n[b]: /c", {"type": "paragraph", "html": '<a href="/c">a</a>'}),
        ("## A & *not*".replace("*", "\\*"), {"type": "heading", "text": "A & *not*"}),
        ("### A", {"type": "heading", "text": "A", "level": 3}),
        ("- a\n- *b*\n\n- c", {"type": "list", "items": ["a", "<em>b</em>", "c"]}),
        ("1. a\n2. b", {"type": "list", "items": ["a", "b"], "ordered": True}),
        ("> a\n> b", {"type": "quote", "html": "a b"}),
        ("> a\n>\n> b", {"type": "quote", "html": "a<br><br>b"}),
        ("> a\n> — N", {"type": "quote", "html": "a", "cite": "N"}),
        ("> a\n>\n> -- N, harbour", {"type": "quote", "html": "a", "cite": "N, harbour"}),
        ("> a\n> — [N](/n)", {"type": "quote", "html": "a", "cite": "N", "href": "/n"}),
        ("***", {"type": "rule"}),
        ("::: embed https://v.example/1\nprovider: V\ntitle: T: U\n:::", {
            "type": "embed", "provider": "V", "href": "https://v.example/1", "title": "T: U",
        }),
        ("::: audio /media/anonymous/a.wav\ntitle: T\nseconds: 9\n:::", {
            "type": "audio", "src": "/media/anonymous/a.wav", "title": "T", "seconds": 9, "media_type": "audio/wav",
        }),
    ],
)  # fmt: skip
def test_each_construct_becomes_one_block(markdown: str, block: dict[str, Any]) -> None:
    assert body(markdown) == [block]


def test_a_gate_has_an_id_of_its_kind_and_number_or_its_own() -> None:
    gate = "::: gate member {}\nteaser: T\n  goes on\naction: A → https://a.example/\n---\nX\n:::\n\n"

    read = body(gate.format("data") + gate.format("talk") + gate.format("data") + gate.format("data the-why"))

    assert [one["id"] for one in read] == ["data-1", "talk-1", "data-2", "the-why"]
    assert read[0]["teaser"] == "T goes on"
    assert read[0]["call_to_action"] == {"label": "A", "href": "https://a.example/"}


def test_a_text_is_taken_as_it_is_written_whatever_yaml_makes_of_it() -> None:
    for title in ("No", "1984", "2026-11-05", "0x1F", "1_000"):
        assert article(GOOD.replace('"A crossing: in parts"', title)).title == title


@pytest.mark.parametrize("odd", ["\r\n", "\r", "BOM"])
def test_a_byte_order_mark_and_any_line_ends_are_fine(odd: str) -> None:
    raw = b"\xef\xbb\xbf" + GOOD.encode() if odd == "BOM" else GOOD.replace("\n", odd).encode()

    assert read_markdown(raw).article == article(GOOD)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_wrong_is_told_with_its_line_and_its_cure(case: Case) -> None:
    assert case.old in GOOD

    told = faults(GOOD.replace(case.old, case.new, 1) if "quay.png" not in case.old else _shown(case))

    assert (case.line, True) in [(line, case.words in words) for line, words in told], told
    assert all("body[" not in words for _, words in told)


def _shown(case: Case) -> str:
    """A picture's path stands twice, in the fields and in the text."""
    return GOOD.replace(case.old, case.new) if case.old.startswith("/media") else GOOD.replace(case.old, case.new, 1)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_mistake_is_told_once(case: Case) -> None:
    lines = [line for line, _ in faults(GOOD.replace(case.old, case.new, 1))]

    assert len(lines) == len(set(lines))


def test_what_is_not_utf_8_is_told_with_its_line() -> None:
    assert faults(GOOD.encode().replace(b"The end", b"The \xff end"))[0][0] == 45


def test_everything_is_told_at_once_in_the_order_of_the_lines() -> None:
    text = GOOD
    for name in ("an unknown kind", "a slug in capitals", "an action that leads beside", "HTML"):
        text = text.replace(CASES[name].old, CASES[name].new, 1)

    assert [line for line, _ in faults(text)] == [3, 4, 35, 46]


def test_fields_that_cannot_be_read_do_not_hide_what_is_wrong_in_the_text() -> None:
    text = GOOD.replace("  kind: person", "\tkind: person").replace("/media/member/", "/media/anonymous/")

    assert [line for line, _ in faults(text)] == [10, 37]


@pytest.mark.parametrize("deep", ["[" * 3000, "> " * 300 + "x", "*a " * 2000, "- " * 300 + "x"])
def test_nothing_is_too_deep_to_be_answered(deep: str) -> None:
    read_markdown(GOOD.replace("The end.", deep).encode())
    assert faults(GOOD.replace("language: en", f"language: {deep}"))


_words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=60)


@given(_words)
def test_plain_words_escaped_for_markdown_come_through(words: str) -> None:
    plain = " ".join(words.split()) or "x"
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", plain)

    [paragraph] = article(GOOD[: GOOD.index("It leaves")].replace(_PICTURES, "") + "x" + escaped).body

    assert isinstance(paragraph, Paragraph)
    unescaped = paragraph.html.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert unescaped == ("x" + plain).replace("\ufeff", " ").rstrip()


_PICTURES = GOOD[GOOD.index("pictures:") : GOOD.index("sources:")]
_pieces = st.sampled_from(
    ["*", "**", "`", "[", "](", ")", "<", ">", "&", "a", " ", "\n", "\n\n", "- ", "> ", "— ", ":::",
     "::: gate member x", "teaser: t\naction: a -> /b\n---\n", "javascript:",
     "https://e.example", "'", '"', "\\", "!", "#", "<b>", "~~",
     "---", "1. ", "\t", "    ", "](/a)", "[x](", "&amp;", "::: audio /media/member/x.mp3\n", ":::\n", "\n:::\n"]
)  # fmt: skip


@given(st.lists(_pieces, max_size=30).map("".join))
def test_whatever_is_written_is_tidy_or_told(markdown: str) -> None:
    head = GOOD[: GOOD.index("It leaves")].replace(_PICTURES, "")

    read = read_markdown((head + markdown).encode())

    assert (read.article is None) == bool(read.faults)
    lines = (head + markdown).count("\n") + 1
    assert all(1 <= fault.line <= lines and fault.words for fault in read.faults)
    for html in texts_of(read.article.body if read.article else ()):
        assert is_tidy(html)
        assert unbalanced_tag(html) is None


@pytest.mark.parametrize(
    ("name", "slug"), [("City", "city"), ("Zürich & Co.", "zurich-co"), ("  A--b ", "a-b"), ("夜", "")]
)
def test_a_slug_is_made_from_a_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_files_of_both_kinds_are_read_and_markdown_s_faults_have_lines(tmp_path: Path) -> None:
    good, odd, early = tmp_path / "good.md", tmp_path / "odd.MD", tmp_path / "early.md"
    good.write_text(GOOD, encoding="utf-8")
    odd.write_text(GOOD.replace("kind: report", "kind: story"), encoding="utf-8")
    early.write_text(GOOD.replace("2026-11-01", "2027-11-01"), encoding="utf-8")

    articles, problems = check_files([good, odd, early], NOW)

    assert articles[0] == (good, article(GOOD))
    assert [str(one).partition(": ")[0] for one in problems] == [f"{odd}:4", f"{early}:3"]
    untimely = check_moments(articles, NOW, is_ahead=False)
    assert [str(one).partition(": ")[0] for one in untimely] == [f"{early}:13"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_new_file_is_valid_as_it_is_and_never_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert run("new", "night-ferry").exit_code == 0
    written = (tmp_path / "night-ferry.md").read_text(encoding="utf-8")
    checked = run("check", "night-ferry.md")
    again = run("new", "night-ferry")

    assert (checked.exit_code, checked.output.strip()) == (0, "night-ferry.md: fine")
    assert (again.exit_code, "is there already" in again.output) == (1, True)
    assert (tmp_path / "night-ferry.md").read_text(encoding="utf-8") == written
    assert run("new", "Night Ferry").exit_code == 2


def test_every_note_of_the_new_file_is_right_too() -> None:
    text = new_article("night-ferry", "a-1", NOW)

    uncommented = re.sub(r"^# (?=[ a-z_]+:|  - |  /media)", "", text, flags=re.MULTILINE)
    read = article(uncommented.replace("And on it goes", "![A quay](/media/anonymous/quay.png)\n\nAnd on it goes"))

    assert read.lead_picture is not None
    assert read.corrections
    assert read.updated_at == NOW


def test_check_names_file_line_and_cure_and_ends_with_1(tmp_path: Path) -> None:
    path = tmp_path / "odd.md"
    path.write_text(GOOD.replace("kind: report", "kind: story"), encoding="utf-8")

    done = run("check", str(path))

    assert done.exit_code == 1
    assert f"{path}:4: kind: there is no “story”; write one of news" in done.output
    assert "mend 1 of 1 files" in done.output


@pytest.mark.parametrize("command", ["new", "check"])
def test_the_commands_explain_themselves(command: str) -> None:
    done = run(command, "--help")

    assert (done.exit_code, len(done.output) > 200) == (0, True)


def test_the_example_that_teaches_is_an_article() -> None:
    page = (ROOT / "docs" / "writing.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^````markdown\n(.*?)^````$", page, re.MULTILINE | re.DOTALL)

    read = article(example)

    blocks = [*read.body, *(inner for block in read.body if isinstance(block, Gate) for inner in block.blocks)]
    assert {block.__struct_config__.tag for block in blocks} == {
        "paragraph", "heading", "list", "quote", "image", "audio", "rule", "embed", "gate",
    }  # fmt: skip
