"""What a viewer gets of a stored object: 304, ranges, compressed forms."""

import gzip

import brotli
import pytest

from infra.local.edge_answers import compressed, for_viewer
from infra.local.messages import Answer, Request
from tests.local.edge import Rig, said

BODY = b"0123456789" * 500


def _asked(method: str = "GET", **headers: str) -> Request:
    return Request(method, "/a", headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()))


# Conditions -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tags", ['"1"', 'W/"1"', '"0", "1"', "*"])
def test_a_viewer_who_holds_it_gets_304_without_a_body(tags: str) -> None:
    answer = for_viewer(said(), _asked(if_none_match=tags))
    assert (answer.status, answer.body, answer.header("etag")) == (304, b"", '"1"')
    assert answer.header("content-length") is None


def test_another_etag_gets_the_whole() -> None:
    assert for_viewer(said(), _asked(if_none_match='"2"')).status == 200


def test_if_modified_since_counts_only_without_if_none_match() -> None:
    day = "Mon, 12 Jan 1970 13:46:40 GMT"
    dated = said(last_modified=day)
    assert for_viewer(dated, _asked(if_modified_since=day)).status == 304
    assert for_viewer(dated, _asked(if_modified_since="Sun, 11 Jan 1970 13:46:40 GMT")).status == 200
    assert for_viewer(dated, _asked(if_modified_since=day, if_none_match='"2"')).status == 200


def test_an_error_is_never_304() -> None:
    assert for_viewer(said(status=404), _asked(if_none_match='"1"')).status == 404


def test_the_cache_itself_answers_304() -> None:
    rig = Rig()
    rig.get()
    answer = rig.get(if_none_match='"1"')
    assert (answer.status, answer.header("x-cache"), rig.calls) == (304, "Hit from frontline", 1)


# Ranges ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "shown", "body"),
    [
        ("bytes=0-0", "bytes 0-0/10", b"0"),
        ("bytes=2-4", "bytes 2-4/10", b"234"),
        ("bytes=7-", "bytes 7-9/10", b"789"),
        ("bytes=-3", "bytes 7-9/10", b"789"),
        ("bytes=-99", "bytes 0-9/10", b"0123456789"),
        ("bytes=8-99", "bytes 8-9/10", b"89"),
    ],
)
def test_one_range_of_bytes(asked: str, shown: str, body: bytes) -> None:
    answer = for_viewer(said(b"0123456789"), _asked(range=asked))
    assert (answer.status, answer.header("content-range"), answer.body) == (206, shown, body)
    assert answer.header("content-length") == str(len(body))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_that_lies_outside_is_refused(asked: str) -> None:
    answer = for_viewer(said(b"0123456789"), _asked(range=asked))
    assert (answer.status, answer.header("content-range"), answer.body) == (416, "bytes */10", b"")


@pytest.mark.parametrize("asked", ["bytes=4-2", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "bytes=--1", ""])
def test_what_is_no_single_range_gets_the_whole(asked: str) -> None:
    answer = for_viewer(said(b"0123456789"), _asked(range=asked))
    assert (answer.status, answer.body) == (200, b"0123456789")


@pytest.mark.parametrize(("held", "status"), [('"1"', 206), ('"0"', 200), ('W/"1"', 200)])
def test_if_range_keeps_parts_of_two_objects_apart(held: str, status: int) -> None:
    assert for_viewer(said(b"0123456789"), _asked(range="bytes=0-1", if_range=held)).status == status


def test_a_range_is_cut_from_the_copy() -> None:
    rig = Rig(says=said(b"0123456789"))
    assert [rig.get(range="bytes=0-1").body, rig.get(range="bytes=2-3").body, rig.get().body] == [
        b"01",
        b"23",
        b"0123456789",
    ]
    assert rig.calls == 1


def test_a_head_gets_no_range() -> None:
    assert for_viewer(said(b"0123456789"), _asked("HEAD", range="bytes=0-1")).status == 200


# Compression ----------------------------------------------------------------------------------------------------------


def test_brotli_is_taken_before_gzip() -> None:
    assert brotli.decompress(compressed(said(BODY), "br,gzip").body) == BODY
    assert gzip.decompress(compressed(said(BODY), "gzip").body) == BODY


def test_a_compressed_form_says_so() -> None:
    answer = compressed(said(BODY), "br")
    assert answer.header("content-encoding") == "br"
    assert answer.header("vary") == "Accept-Encoding"
    assert answer.header("content-length") == str(len(answer.body))


@pytest.mark.parametrize(("etag", "shown"), [('"1"', 'W/"1"'), ('W/"1"', 'W/"1"'), ("1", None)])
def test_a_compressed_form_has_a_weak_etag(etag: str, shown: str | None) -> None:
    assert compressed(said(BODY, etag=etag), "br").header("etag") == shown


@pytest.mark.parametrize("size", [999, 10_000_001])
def test_small_and_huge_objects_stay_as_they_are(size: int) -> None:
    assert compressed(said(b"x" * size), "br").header("content-encoding") is None


@pytest.mark.parametrize("size", [1_000, 10_000_000])
def test_from_a_thousand_to_ten_million_bytes_is_compressed(size: int) -> None:
    assert compressed(said(b"x" * size), "gzip").header("content-encoding") == "gzip"


@pytest.mark.parametrize("kind", ["audio/mpeg", "image/png", "application/problem+json", "application/octet-stream"])
def test_other_types_stay_as_they_are(kind: str) -> None:
    assert compressed(said(BODY, content_type=kind), "br").header("content-encoding") is None


def test_parameters_of_a_type_do_not_matter() -> None:
    answer = compressed(said(BODY, content_type="application/json; charset=utf-8"), "br")
    assert answer.header("content-encoding") == "br"


def test_what_the_origin_compressed_is_not_compressed_again() -> None:
    assert compressed(said(BODY, content_encoding="zstd"), "br").body == BODY


def test_only_200_403_and_404_are_compressed() -> None:
    packed = [
        status for status in (200, 403, 404, 410, 500) if compressed(said(BODY, status=status), "br").body != BODY
    ]
    assert packed == [200, 403, 404]


def test_compressed_and_plain_forms_are_kept_apart() -> None:
    rig = Rig(says=said(BODY))
    packed, plain = rig.get(accept_encoding="br"), rig.get()
    assert brotli.decompress(packed.body) == plain.body == BODY
    assert rig.get(accept_encoding="br").body == packed.body


def test_a_head_never_has_a_body() -> None:
    for status in (200, 404, 503):
        assert for_viewer(Answer(status, (), b"x"), _asked("HEAD")).body == b""
