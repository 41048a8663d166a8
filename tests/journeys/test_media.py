"""Pictures and sound: who may have them, parts of them, and how they come there."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from shared.domain.tiers import Tier
from tests.journeys.conftest import Paper
from tests.samples import SAMPLE, raw_article

SOUND = "/media/member/night-crossing.wav"
PICTURE = "/media/anonymous/the-night-ferry-question.png"
CHART = "/media/subscriber/rent-by-district.png"
NARROW_CHART = "/media/subscriber/rent-by-district-480w.png"


def test_everybody_sees_what_is_for_everyone(paper: Paper) -> None:
    answer = paper.get(PICTURE)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert answer.body == (SAMPLE / PICTURE[1:]).read_bytes()
    assert paper.get(PICTURE).outcome == "Hit"


@pytest.mark.parametrize(
    ("path", "opens_for"),
    [
        (PICTURE, Tier.ANONYMOUS),
        (CHART, Tier.SUBSCRIBER),
        (NARROW_CHART, Tier.SUBSCRIBER),
        (SOUND, Tier.MEMBER),
    ],
)
def test_a_file_opens_for_its_tier_and_those_above(paper: Paper, path: str, opens_for: Tier) -> None:
    paper.get(path, Tier.MEMBER)  # is in the cache now, which must not open it to anybody
    for tier in Tier:
        answer = paper.get(path, tier)
        assert answer.status == (200 if tier >= opens_for else 403)
        if tier < opens_for:
            assert answer.json["code"] == "tier_too_low"
            assert len(answer.body) < 500


def test_a_narrower_copy_is_named_with_its_picture_and_comes_as_narrow_as_it_says(paper: Paper) -> None:
    picture = paper.get("/api/articles/the-night-ferry-question").json["lead_picture"]
    assert picture["widths"] == [480, 960]
    for width in picture["widths"]:
        answer = paper.get(f"{PICTURE.removesuffix('.png')}-{width}w.png")
        assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
        assert Image.open(io.BytesIO(answer.body)).size == (width, width * 9 // 16)
        assert len(answer.body) < (SAMPLE / PICTURE[1:]).stat().st_size


def test_a_closed_file_and_a_missing_one_look_the_same_from_below(paper: Paper) -> None:
    there, missing = paper.get(SOUND), paper.get("/media/member/no-such-file.wav")
    assert (there.status, there.body) == (missing.status, missing.body)


def test_a_missing_file_is_forbidden_even_to_those_who_may(paper: Paper) -> None:
    assert paper.get("/media/member/no-such-file.wav", Tier.MEMBER).status == 403


def test_a_part_of_a_recording_is_cut_from_the_cache(paper: Paper) -> None:
    whole = (SAMPLE / SOUND[1:]).read_bytes()
    for first in (0, 1_000):
        answer = paper.get(SOUND, Tier.MEMBER, range=f"bytes={first}-{first + 99}")
        assert (answer.status, answer.body) == (206, whole[first : first + 100])
        assert answer.headers["content-range"] == f"bytes {first}-{first + 99}/{len(whole)}"
    assert answer.outcome == "Hit"
    outside = paper.get(SOUND, Tier.MEMBER, range=f"bytes={len(whole)}-")
    assert (outside.status, outside.headers["content-range"]) == (416, f"bytes */{len(whole)}")


def test_a_gift_of_an_article_opens_no_file(paper: Paper) -> None:
    gift = paper.mint(Tier.MEMBER, only="the-night-ferry-question")
    assert paper.get(f"{SOUND}?gift={gift}").status == 403


def test_a_picture_has_a_tag_that_confirms_it(paper: Paper) -> None:
    tag = paper.get(PICTURE).headers["etag"]
    assert paper.get(PICTURE, if_none_match=tag).status == 304


def test_a_picture_comes_with_its_article_and_is_replaced_with_it(paper: Paper, tmp_path: Path) -> None:
    src = "/media/anonymous/of-one-colour.png"
    shown = {"src": src, "alt": "One colour", "width": 8, "height": 8, "origin": "illustration"}
    (tmp_path / "x.json").write_text(json.dumps(raw_article(slug="of-one-colour", id="a-9998", lead_picture=shown)))
    missing = paper.frontline("publish", str(tmp_path / "x.json"))
    assert (missing.returncode, f"{src} is neither at hand nor in the media bucket" in missing.stderr) == (1, True)
    assert paper.get("/api/articles/of-one-colour").status == 404
    (tmp_path / "media" / "anonymous").mkdir(parents=True)
    for colour, what in (("red", "new"), ("blue", "changed")):
        made = io.BytesIO()
        Image.new("RGB", (8, 8), colour).save(made, "PNG")
        (tmp_path / src[1:]).write_bytes(made.getvalue())
        done = paper.frontline("publish", str(tmp_path / "x.json"))
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"{what:<9}  {src}"), done.stderr
        assert paper.get("/api/articles/of-one-colour").json["lead_picture"]["src"] == src
        answer = paper.get(src)
        assert (answer.body, answer.headers["content-type"]) == (made.getvalue(), "image/png")
        assert paper.get(src).outcome == "Hit"
