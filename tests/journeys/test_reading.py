"""One article, one address, three tiers: who sees what, and from where it comes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import brotli
import pytest

from shared.domain.tiers import Tier
from tests.journeys.conftest import PATH, SLUG, Paper, Reply

SECURITY_HEADERS = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


def test_three_tiers_read_three_bodies_at_one_address(paper: Paper, secrets: dict[Tier, list[str]]) -> None:
    for tier in Tier:
        answer = paper.get(tier=tier)
        assert answer.status == 200
        assert answer.headers["x-rendered-for"] == tier.value
        text = answer.body.decode()
        for opens_for, sentences in secrets.items():
            assert [sentence in text for sentence in sentences] == [opens_for <= tier] * len(sentences)


def test_the_second_read_of_each_tier_comes_from_the_cache(paper: Paper) -> None:
    first = [paper.get(tier=tier) for tier in Tier]
    second = [paper.get(tier=tier) for tier in Tier]
    assert [answer.outcome for answer in first] == ["Miss"] * 3
    assert [answer.outcome for answer in second] == ["Hit"] * 3
    assert [answer.body for answer in first] == [answer.body for answer in second]
    assert all("age" in answer.headers for answer in second)


def test_a_member_reads_what_another_member_stored(paper: Paper) -> None:
    one, other = paper.mint(Tier.MEMBER), paper.mint(Tier.MEMBER)
    assert one != other
    calls = paper.origin_calls
    assert paper.get(authorization=f"Bearer {one}").outcome == "Miss"
    assert paper.get(authorization=f"bearer {other}").outcome == "Hit"
    assert paper.get(cookie=f"__Host-pass={other}; other=1").outcome == "Hit"
    assert paper.get(f"{PATH}?gift={one}").outcome == "Hit"
    assert paper.origin_calls - calls == 1


def test_a_gift_of_one_article_opens_that_one(paper: Paper) -> None:
    gift = paper.mint(Tier.MEMBER, only=SLUG)
    other = next(path for path in _articles(paper) if path != PATH)
    assert paper.get(f"{PATH}?gift={gift}").headers["x-rendered-for"] == "member"
    elsewhere = paper.get(f"{other}?gift={gift}")
    assert (elsewhere.headers["x-rendered-for"], elsewhere.headers["x-pass"]) == ("anonymous", "elsewhere")


@pytest.mark.parametrize(
    "headers",
    [
        {"x_reader_tier": "member"},
        {"X_Reader_Tier": "member", "x_reader_pass": "x"},
        {"x_pass_state": "valid"},
        {"authorization": "Bearer x.y.z"},
        {"authorization": "Bearer " + "a" * 5_000},
        {"cookie": "__Host-pass=member"},
    ],
)
def test_nothing_that_a_reader_claims_opens_anything(paper: Paper, headers: dict[str, Any]) -> None:
    for tier in Tier:
        paper.get(tier=tier)  # everybody's copy is there to be taken
    honest = paper.get()
    claimed = paper.get(**headers)
    assert claimed.body == honest.body
    assert claimed.headers["x-rendered-for"] == "anonymous"
    assert claimed.headers["x-pass"] in {"none", "invalid"}


def test_a_pass_that_has_run_out_reads_as_anonymous_and_is_told_so(paper: Paper) -> None:
    signed = paper.stack.passes().mint(Tier.MEMBER, 1_000_000.0, 300, None)
    answer = paper.get(authorization=f"Bearer {signed}")
    assert (answer.headers["x-rendered-for"], answer.headers["x-pass"]) == ("anonymous", "expired")


def test_an_answer_on_which_edge_and_origin_disagree_is_nobody_elses(paper: Paper) -> None:
    with paper.key_known_to_the_edge_alone() as sign:
        doubted = paper.get(authorization=f"Bearer {sign(Tier.MEMBER)}")
        assert (doubted.headers["x-rendered-for"], doubted.outcome) == ("anonymous", "Miss")
        honest = paper.get(tier=Tier.MEMBER)
        assert (honest.headers["x-rendered-for"], honest.outcome) == ("member", "Miss")


def test_what_becomes_of_a_pass_is_told_on_hits_too(paper: Paper) -> None:
    paper.get()
    states = [paper.get().headers["x-pass"], paper.get(authorization="Bearer x").headers["x-pass"]]
    assert states == ["none", "invalid"]
    paper.get(tier=Tier.MEMBER)
    hit = paper.get(tier=Tier.MEMBER)
    assert (hit.outcome, hit.headers["x-pass"]) == ("Hit", "valid")


def test_a_browser_keeps_an_answer_only_to_ask_again(paper: Paper) -> None:
    answer = paper.get(tier=Tier.MEMBER)
    assert answer.headers["cache-control"] == "private, no-cache"
    again = paper.get(tier=Tier.MEMBER, if_none_match=answer.headers["etag"])
    assert (again.status, again.body, again.outcome) == (304, b"", "Hit")


def test_a_tag_of_one_tier_does_not_confirm_another(paper: Paper) -> None:
    tag = paper.get(tier=Tier.MEMBER).headers["etag"]
    assert paper.get(if_none_match=tag).status == 200


def test_head_is_get_without_the_body(paper: Paper) -> None:
    got, headed = paper.get(), paper.get(method="HEAD")
    assert (headed.status, headed.body, headed.outcome) == (200, b"", "Hit")
    for name in ("etag", "content-type", "content-length", "x-rendered-for"):
        assert headed.headers[name] == got.headers[name]


def test_a_compressed_answer_holds_the_same(paper: Paper) -> None:
    packed = paper.get(accept_encoding="gzip, br")
    assert packed.headers["content-encoding"] == "br"
    assert brotli.decompress(packed.body) == paper.get().body
    assert paper.get(accept_encoding="br;q=0.9, gzip").outcome == "Hit"


# Refusals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/articles/no-such-article", 404),
        ("GET", "/api/articles/no_such", 404),
        ("GET", "/api/nothing/here", 404),
        ("GET", "/media/everyone/x.png", 404),
        ("GET", "/api/articles/a%2e%2e", 404),
        ("GET", "/api//articles", 404),
        ("POST", PATH, 405),
        ("DELETE", PATH, 405),
        ("PUT", "/media/anonymous/x.png", 405),
        ("GET", f"{PATH}?colour=blue", 400),
        ("GET", f"{PATH}?gift=a&gift=b&x=1", 400),
    ],
)
def test_a_refusal_is_a_problem_document(paper: Paper, method: str, path: str, status: int) -> None:
    answer = paper.get(path, method=method)
    assert answer.status == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json
    assert problem["status"] == status
    assert problem["code"]
    assert problem["detail"].endswith(".")
    if status == 405:
        assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", [f"{PATH}/", PATH.upper(), PATH.title()])
def test_another_spelling_is_redirected_to_the_one(paper: Paper, path: str) -> None:
    answer = paper.get(path)
    assert (answer.status, answer.headers["location"]) == (301, PATH)


@pytest.mark.parametrize("path", [PATH, "/api/nowhere", f"{PATH}/", "/media/anonymous/none.png", "/media/member/x.wav"])
def test_security_headers_are_on_every_status(paper: Paper, path: str) -> None:
    answer = paper.get(path)
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


@pytest.mark.parametrize("path", [PATH, "/", "/account", "/api/members/me", "/media/anonymous/none.png"])
def test_what_is_the_origins_own_affair_stays_there(paper: Paper, path: str) -> None:
    names = set(paper.get(path).headers)
    assert not {each for each in names if each == "cache-tag" or each.startswith(("x-amz", "apigw"))}


# Crowds ---------------------------------------------------------------------------------------------------------------


def test_fifty_readers_at_once_are_one_call_to_the_origin(paper: Paper) -> None:
    calls = paper.origin_calls
    answers = _at_once(paper, [Tier.ANONYMOUS] * 50)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert paper.origin_calls - calls == 1


def test_a_crowd_of_all_tiers_is_not_mixed(paper: Paper) -> None:
    calls = paper.origin_calls
    tiers = [*Tier] * 12
    for tier, answer in zip(tiers, _at_once(paper, tiers), strict=True):
        assert answer.headers["x-rendered-for"] == tier.value
        assert answer.json["access"]["tier"] == tier.value
    assert paper.origin_calls - calls == 3


def test_a_thousand_unknown_names_leave_the_paper_standing(paper: Paper) -> None:
    with ThreadPoolExecutor(8) as readers:
        statuses = list(readers.map(lambda n: paper.get(f"/api/articles/none-{n}").status, range(1_000)))
    assert set(statuses) == {404}
    assert paper.get().status == 200


def _at_once(paper: Paper, tiers: list[Tier]) -> list[Reply]:
    with ThreadPoolExecutor(len(tiers)) as readers:
        return list(readers.map(lambda tier: paper.get(tier=tier), tiers))


def _articles(paper: Paper) -> list[str]:
    page = paper.get("/_local/").body.decode()
    return [part.partition('"')[0] for part in page.split('href="')[1:] if part.startswith("/api/articles/")]
