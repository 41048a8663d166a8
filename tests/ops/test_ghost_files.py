"""A Ghost export as a file, and what is written of it: whatever a zip claims, and wherever it is stopped."""

from __future__ import annotations

import datetime as dt
import json
import stat
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.ops.cli import app
from infra.ops.files import check_files
from infra.ops.ghost import export as export_module
from infra.ops.ghost.articles import Choices
from infra.ops.ghost.export import UnusableExport, read_entry, read_export
from infra.ops.ghost.files import Files
from infra.ops.ghost.report import Report
from infra.ops.ghost.site import Site
from infra.ops.ghost.writing import read_posts, write_folder
from shared.domain.articles import Gate
from shared.domain.blocks import Audio, Image
from shared.domain.tiers import Tier
from tests.ops import ghost_site as ghost
from tests.ops.ghost_site import made_of
from tests.ops.media_files import mp3
from tests.ops.twin_stack import TwinStack

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


def run(*arguments: str, stack: TwinStack | None = None) -> Result:
    return CliRunner().invoke(app, ["import", "ghost", *arguments], obj=stack)


# Files ----------------------------------------------------------------------------------------------------------------


def test_the_zip_becomes_a_folder_that_can_be_published(tmp_path: Path) -> None:
    archive, to = ghost.whole(tmp_path, mp3(30)), tmp_path / "out"

    done = run(str(archive), "--write", "--to", str(to), "--site", "https://quay.example", "--json")

    assert done.exit_code == 0, done.output
    articles, problems = check_files(sorted(to.glob("*/*.md")), NOW)
    assert problems == []
    long = next(one for _, one in articles if one.slug == "the-last-ferry")
    (gate,) = (block for block in long.body if isinstance(block, Gate))
    shown = [
        block.picture.src if isinstance(block, Image) else block.src
        for block in gate.blocks
        if isinstance(block, (Image, Audio))
    ]
    assert shown == ["/media/member/ghost/2024/05/costs-2x-4ded729e.png", "/media/member/ghost/2024/05/crossing.mp3"]
    assert all((to / src[1:]).is_file() for src in shown)
    assert (to / "fetch.txt").read_text() == ""
    assert "/the-first-ferry/,/articles/the-first-ferry\n" in (to / "redirects.csv").read_text()
    assert json.loads((to / "report.json").read_text())["carried_over"]["articles"] == 7


def test_twice_makes_no_difference_and_what_an_editor_changed_stays(tmp_path: Path) -> None:
    archive, to = ghost.whole(tmp_path, mp3(2)), tmp_path / "out"
    run(str(archive), "--write", "--to", str(to))
    path = to / "articles" / "the-first-ferry.md"
    first = {one: one.read_bytes() for one in to.rglob("*") if one.is_file() and one.name != "report.json"}

    run(str(archive), "--write", "--to", str(to))
    again = {one: one.read_bytes() for one in to.rglob("*") if one.is_file() and one.name != "report.json"}
    path.write_text("mine")
    told = run(str(archive), "--write", "--to", str(to), "--json")
    kept = path.read_text()
    run(str(archive), "--write", "--to", str(to), "--over")

    assert again == first
    assert kept == "mine"
    assert [one["code"] for one in json.loads(told.stdout)["to_look_at"]].count("kept") == 1
    assert path.read_bytes() == first[path]


def stop_at(steps: Iterator[int]) -> None:
    if next(steps) == 0:
        raise KeyboardInterrupt


def test_stopped_anywhere_the_same_again_writes_the_rest(tmp_path: Path) -> None:
    found, report = read_export(ghost.whole(tmp_path, mp3(1))), Report()
    made, files = read_posts(found, "", Choices(), report, lambda: None)
    write_folder(tmp_path / "whole", made, files, report, over=False, step=lambda: None)

    for left in range(len(made) + len(files.wanted)):
        with pytest.raises(KeyboardInterrupt):
            write_folder(
                tmp_path / "cut", made, files, report, over=False, step=partial(stop_at, iter(range(left, -1, -1)))
            )
    write_folder(tmp_path / "cut", made, files, report, over=False, step=lambda: None)

    whole, cut = (
        {one.relative_to(to): one.read_bytes() for one in to.rglob("*.*")}
        for to in (tmp_path / "whole", tmp_path / "cut")
    )
    assert whole == cut


def test_at_first_nothing_is_written(tmp_path: Path) -> None:
    archive, to = ghost.whole(tmp_path, mp3(2)), tmp_path / "out"

    done = run(str(archive), "--to", str(to))

    assert (done.exit_code, to.exists()) == (0, False)
    assert "Nothing is written yet" in done.output


def test_files_that_are_not_at_hand_are_listed_for_curl(tmp_path: Path) -> None:
    source, to = tmp_path / "quay.json", tmp_path / "out"
    source.write_bytes(ghost.export())

    run(str(source), "--write", "--to", str(to), "--site", "https://quay.example")

    listed = (to / "fetch.txt").read_text()
    assert 'url = "https://quay.example/content/images/2024/05/quay.png"\n' in listed
    assert 'output = "media/anonymous/ghost/2024/05/quay.png"\n' in listed
    assert 'output = "media/member/ghost/2024/05/crossing.mp3"\n' in listed


def test_no_name_of_a_file_leads_out_of_the_folder_or_into_the_list() -> None:
    files = Files(Site("https://quay.example", {}), export_module.Export("5.0", None, {}))

    def ignore(_code: str, _detail: str) -> None:
        pass

    for src in (
        *("__GHOST_URL__/content/images/../../../etc/passwd.png", "__GHOST_URL__/content/images/a%2f..%2f..%2fb.png"),
        *(
            'https://a.example/x"\nurl = "file:///etc/passwd".png',
            "file://etc/passwd.png",
            "https://a.example/../../x.png",
        ),
        *("__GHOST_URL__/content/images/a\\b.png", "data:image/png;base64,AAAA", "__GHOST_URL__/content/images/.png"),
    ):
        files.place(src, Tier.ANONYMOUS, "image", ignore)

    assert len(files.wanted) == 4
    assert all(".." not in path and path.startswith("/media/anonymous/ghost/") for path in files.wanted)
    assert not any('"' in one.address or "\n" in one.address for one in files.wanted.values())
    assert all(one.address.startswith("https://") for one in files.wanted.values())


def test_publishing_at_once_is_the_same_as_publishing_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTLINE_VERSIONS", str(tmp_path / "versions.json"))
    archive, to, stack = ghost.whole(tmp_path, mp3(2)), tmp_path / "out", TwinStack()

    done = run(str(archive), "--write", "--to", str(to), "--publish", stack=stack)

    assert done.exit_code == 0, done.output
    assert sorted(set(stack.shelf.writes)) == sorted(
        one.stem for folder in ("articles", "scheduled") for one in (to / folder).glob("*.md")
    )


# What is no export ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not JSON"),
        (b'{"db": [{"meta"', "not JSON: "),
        (b"\xff\xfe{}", "not UTF-8 from byte 0"),
        (b"[" * 100_000, "nobody has exported"),
        (b"[]", "no Ghost export"),
        (b'{"db":[{"meta":{"version":"5.0.0"},"data":{}}]}', "no Ghost export"),
        (b'{"db":[{"meta":{"version":"1.20.0"},"data":{"posts":[]}}]}', "by Ghost “1.20.0”; 2 to 6"),
        (b'{"db":[{"meta":{"version":"003"},"data":{"posts":[]}}]}', "by Ghost “003”"),
        (b'{"db":[{"meta":{},"data":{"posts":[]}}]}', "by Ghost “”"),
        (b"PK\x03\x04 nonsense", "not JSON"),
    ],
)
def test_what_is_no_export_is_refused_in_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(content)

    done = run(str(path))

    assert done.exit_code == 1
    assert "unusable_export" in done.output
    assert words in done.output
    assert "Traceback" not in done.output


def test_rows_that_are_no_rows_are_passed_over(tmp_path: Path) -> None:
    tables = {
        "posts": [
            None,
            7,
            {},
            {"id": None, "html": 5, "lexical": 7, "title": {}, "slug": []},
            *ghost.one_post(html="<p>a</p>")["posts"],
        ],
        "posts_tags": [{"post_id": "1", "tag_id": "none", "sort_order": "x"}],
        "tags": "none",
        "users": [{}],
        "settings": [{"key": ["a"], "value": {}}],
    }
    path = tmp_path / "export.json"
    path.write_bytes(ghost.export(tables))

    done = run(str(path), "--json")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["carried_over"]["articles"] == 1


@pytest.mark.parametrize("source", ["lexical", "mobiledoc", "html"])
def test_a_text_that_lies_too_deep_in_itself_is_told_with_its_post(source: str) -> None:
    deep: dict[str, str] = {
        "lexical": '{"root":{"children":[' + '{"type":"quote","children":[' * 400 + "]}" * 400 + "]}}",
        "mobiledoc": "[" * 50_000,
        "html": "<div>" * 5_000 + "a",
    }
    made, report = made_of(ghost.one_post(**{source: deep[source]}))

    assert made == {} or "one" in made
    assert {"failed", "damaged", "empty"} & set(report.notes) or made


def test_a_zip_is_not_believed(tmp_path: Path) -> None:
    outside = tmp_path / "out.zip"
    with zipfile.ZipFile(outside, "w") as archive:
        archive.writestr("quay.ghost.json", ghost.export())
        archive.writestr("../../content/images/2024/05/quay.png", b"out")
        link = zipfile.ZipInfo("content/images/2024/05/ferry.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    found = read_export(outside)

    assert found.beside == {}


def test_a_zip_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path) -> None:
    path = ghost.pack(tmp_path / "bomb.zip", {"a.json": b"0" * 5_000_000})

    with zipfile.ZipFile(path) as archive, pytest.raises(UnusableExport, match="larger than"):
        read_entry(archive, archive.infolist()[0], 1_000_000)


def test_a_picture_in_the_zip_that_is_too_large_is_told_and_not_written(tmp_path: Path) -> None:
    archive = ghost.pack(
        tmp_path / "quay.zip",
        {
            "quay.json": ghost.export(ghost.one_post(html='<p>a</p><img src="/content/images/big.png" alt="b">')),
            "content/images/big.png": bytes(20_000_001),
        },
    )

    done = run(str(archive), "--write", "--to", str(tmp_path / "out"), "--json")

    assert [one["code"] for one in json.loads(done.stdout)["not_carried_over"]] == ["media-damaged", "routes"]
    assert not (tmp_path / "out" / "media").exists()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"readme.txt": b"a"}, "no JSON file"),
        ({"a.json": b"{}", "b.json": b"{}"}, "several JSON files (a.json, b.json)"),
        ({"a.json": b"{"}, "a.json in "),
    ],
)
def test_a_zip_without_one_export_is_refused_in_a_sentence(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    done = run(str(ghost.pack(tmp_path / "a.zip", files)))

    assert (done.exit_code, words in done.output) == (1, True), done.output


def test_a_damaged_entry_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = ghost.pack(tmp_path / "a.zip", {"a.json": ghost.export()})
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(bytes(content))

    done = run(str(path))

    assert (done.exit_code, "damaged" in done.output) == (1, True), done.output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("x.json", "--publish"),
        ("x.json", "--kind", "poem"),
        ("x.json", "--origin", "dream"),
        ("x.json", "--site", "quay"),
        ("x.json", "--paid-until", "soon"),
        ("x.json", "--paid-until", "2001-01-01"),
        ("x.json", "--paid-until", "2026-13-01"),
    ],
)
def test_what_is_mistyped_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2
