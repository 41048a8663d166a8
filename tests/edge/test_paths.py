"""One spelling per path (R23): each row goes through, is sent to its one spelling, or is not found; also queries."""

import pytest

from tests.edge.edge import Edge
from tests.token_cases import GOOD

LONG = "/articles/" + "a" * 502  # 512 characters

PASS = [
    "/", "/articles/the-river", "/api/articles", "/api/articles/a", "/api/sections", "/api/authors/jo-doe",
    "/feeds/rss.xml", "/feeds/sections/city/atom.xml", "/sitemap.xml", "/sitemaps/2026-12-2.xml", "/news-sitemap.xml",
    "/robots.txt", "/favicon.ico", "/static/site.3f2a.css", "/static/a_b-c.d.e",
    "/media/anonymous/a.jpg", "/.well-known/security.txt", "/.well-known/a/b", "/a..b", "/a.", "/_", "/-", "/0",
    "/a/b/c/d/e/f/g", "/__proto__", "/api", "/media-kit", LONG,
]  # fmt: skip

MOVED = {
    "/articles/the-river/": "/articles/the-river",
    "/Articles/The-River": "/articles/the-river",
    "/ARTICLES/THE-RIVER/": "/articles/the-river",
    "/articles/A": "/articles/a",
    "/API/articles": "/api/articles",
    "/api/": "/api",
    "/Media/Member/a.mp3": "/media/member/a.mp3",
    "/MEDIA/ANONYMOUS/A.JPG/": "/media/anonymous/a.jpg",
    "/.Well-Known/Security.txt": "/.well-known/security.txt",
    "/.well-known/a/": "/.well-known/a",
    "/feeds/rss.xml/": "/feeds/rss.xml",
    "//": "/",
    LONG + "/": LONG,
    LONG.upper(): LONG.lower(),
}

NOT_FOUND = [
    "", "a", "articles/a", "*", "?", "///", "//articles/a", "/articles//a", "/articles/a//", "//evil.example",
    "//evil.example/", "/\\evil.example", "\\\\evil.example", "/articles/.", "/articles/..", "/articles/./a",
    "/articles/../media/member/a", "/./a", "/../a", "/..", "/.", "/articles/a/.", "/articles/a/..", "/.git/config",
    "/.env", "/articles/.hidden", "/.well-known", "/.well-known/", "/.well-known/.a", "/.well-known/../a",
    "/a/.well-known/b", "/articles/%61", "/articles/%2e%2e/a", "/articles/a%2fb", "/articles%2fa", "/%", "/%00",
    "/articles/a%00", "/articles/a%0a", "/articles/a%20", "/articles/a\n", "/articles/a\r\n", "\n/articles/a",
    "/articles/a\x00", "/articles/a ", " /articles/a", "/articles/a\t", "/a b", "/articles/a;b",
    "/articles/a;jsessionid=1", "/articles/a,b", "/articles/a+b", "/articles/a~", "/articles/a@b", "/articles/a:b",
    "/articles/a=b", "/articles/a&b", "/articles/a#b", "/articles/a?b", "/articles/a'b", '/articles/a"b',
    "/articles/<a>", "/articles/a|b", "/articles/{a}", "/$a", "/articles/á", "/articles/á".upper(), "/articles/\u212a",
    "/articles/ａ", "/articles/\u202ea", "/\ud800", "http://evil.example/", LONG + "a", LONG + "//", "/" + "a/" * 300,
    "/" + "A" * 600, "/articles/a" + "/" * 50,
]  # fmt: skip


@pytest.mark.parametrize("path", PASS)
def test_the_one_spelling_is_let_through_as_it_is(edge: Edge, path: str) -> None:
    seen = edge(path)
    assert (seen.status, seen.result["uri"]) == (None, path)


@pytest.mark.parametrize(("path", "location"), MOVED.items())
def test_a_slip_of_case_or_a_last_slash_is_sent_to_the_one_spelling(edge: Edge, path: str, location: str) -> None:
    seen = edge(path)
    assert (seen.status, seen.location) == (301, location)
    assert edge(location).status != 301


@pytest.mark.parametrize("path", NOT_FOUND)
def test_anything_else_is_not_found(edge: Edge, path: str) -> None:
    assert edge(path, headers={"authorization": f"Bearer {GOOD}"}).status == 404


def test_there_are_enough_spellings_in_the_table() -> None:
    assert len({*PASS, *MOVED, *NOT_FOUND}) >= 100


@pytest.mark.parametrize(
    ("path", "query", "location"),
    [
        ("/API/articles", {"section": "opinion", "limit": "5"}, "/api/articles?section=opinion&limit=5"),
        ("/api/articles/", {"cursor": "a%3D"}, "/api/articles?cursor=a%3D"),
        ("/Articles/A", {"utm_source": "x", "limit": "5"}, "/articles/a"),
        ("/Articles/A", {"gift": GOOD}, f"/articles/a?gift={GOOD}"),
        ("/Articles/A", {"gift": "a\r\nset-cookie: a=b"}, "/articles/a?gift=a%0D%0Aset-cookie%3A%20a%3Db"),
        ("/api/articles/", {"tag": "a&b#c"}, "/api/articles?tag=a%26b%23c"),
        ("/Sections/City/", {"cursor": "2026-11", "next": "/a", "utm_source": "x"}, "/sections/city?cursor=2026-11"),
        ("/authors/JO", {"cursor": ["1", "2"], "gift": GOOD}, f"/authors/jo?cursor=1&gift={GOOD}"),
        ("/Sign-In", {"next": "/articles/a", "cursor": "1"}, "/sign-in?next=%2Farticles%2Fa"),
        ("/sign-in/", {"next": "//evil.example"}, "/sign-in?next=%2F%2Fevil.example"),
    ],
)
def test_a_redirect_keeps_the_parameters_that_mean_something(
    edge: Edge, path: str, query: dict[str, str], location: str
) -> None:
    seen = edge(path, query=query)
    assert (seen.status, seen.location) == (301, location)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/articles", "page"), ("/api/articles", "Section"), ("/api/articles", ""), ("/api/articles", "__proto__"),
        ("/api/articles", "constructor"), ("/api/articles", "s%65ction"), ("/api/articles/a", "section"),
        ("/api/articles/a", "utm_source"), ("/api/sections", "limit"), ("/api/authors", "x"), ("/api", "x"),
        ("/api/articles", "next"), ("/API/Articles/", "page"),
    ],
)  # fmt: skip
def test_the_api_refuses_a_parameter_that_means_nothing_and_names_it(edge: Edge, path: str, name: str) -> None:
    seen = edge(path, query={name: "1"})
    problem = seen.problem()
    assert (seen.status, problem["code"]) == (400, "unknown_parameter")
    assert f'"{name}"' in problem["detail"]


@pytest.mark.parametrize("name", ["section", "author", "tag", "limit", "cursor"])
def test_the_api_refuses_a_parameter_given_twice(edge: Edge, name: str) -> None:
    seen = edge("/api/articles", query={name: ["1", "2"]})
    assert (seen.status, seen.problem()["code"]) == (400, "repeated_parameter")
    assert f'"{name}"' in seen.problem()["detail"]


def test_the_api_lets_its_parameters_through_and_keeps_the_gift(edge: Edge) -> None:
    query = {"section": "opinion", "author": "jo", "tag": "x", "limit": "5", "cursor": "2026-11", "gift": GOOD}
    seen = edge("/api/articles", query=query)
    del query["gift"]
    assert seen.result["querystring"] == {name: {"value": value} for name, value in query.items()}
    assert seen.tier == "member"


@pytest.mark.parametrize(
    ("path", "known"),
    [("/sections/city", "cursor"), ("/authors/jo-doe", "cursor"), ("/sign-in", "next")],
)
@pytest.mark.parametrize("given", ["a%2Fb", "", ["first", "second"]])
def test_a_page_is_told_the_parameter_it_knows_and_of_several_the_first(
    edge: Edge, path: str, known: str, given: str | list[str]
) -> None:
    """A page is not refused for a slip in its address, as an API is."""
    others = dict.fromkeys({"section", "limit", "cursor", "next", "utm_source"} - {known}, "1")
    seen = edge(path, query={**others, known: given})
    first = given if isinstance(given, str) else given[0]
    assert (seen.status, seen.result["querystring"]) == (None, {known: {"value": first}})


@pytest.mark.parametrize(
    "path",
    ["/sections", "/authors", "/sections/city/a", "/sections/a.b", "/articles/a", "/sign-in/sent", "/sign-ins", "/"],
)
def test_a_path_beside_those_is_told_none(edge: Edge, path: str) -> None:
    assert edge(path, query={"cursor": "1", "next": "/a"}).result["querystring"] == {}


def test_the_refresh_we_send_readers_to_is_not_refused(edge: Edge) -> None:
    assert edge("/api/members/refresh", query={"next": "%2Farticles%2Fa"}).status is None


@pytest.mark.parametrize(
    "path", ["/", "/articles/a", "/feeds/rss.xml", "/static/a.css", "/media/anonymous/a.jpg", "/apis"]
)
def test_elsewhere_unknown_parameters_are_dropped(edge: Edge, path: str) -> None:
    seen = edge(path, query={"utm_source": "x", "section": ["a", "b"], "__proto__": "1", "gift": GOOD})
    assert (seen.status, seen.result["querystring"]) == (None, {})


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "PURGE", ""]
)
@pytest.mark.parametrize("path", ["/articles/a", "/api/articles", "/media/member/a", "/no//path", "/Articles/"])
def test_only_get_and_head_are_answered(edge: Edge, method: str, path: str) -> None:
    seen = edge(path, method=method)
    assert (seen.status, seen.header("allow"), seen.problem()["code"]) == (405, "GET, HEAD", "method_not_allowed")


def test_head_is_read_like_get(edge: Edge) -> None:
    assert edge("/articles/a", method="HEAD", cookies={"__Host-pass": GOOD}).tier == "member"
