"""Which route of an HTTP API takes a request."""

import pytest

from infra.local.api_routes import Route, find

# The example of API Gateway's documentation, and more.
KEYS = [
    *("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /pets/dog/{id}", "ANY /{proxy+}"),
    *("POST /a/{x}/b", "GET /a/{x}/{y+}", "HEAD /"),
]


def _found(method: str, path: str, keys: list[str]) -> tuple[str, dict[str, str]] | None:
    found = find([Route(key, "Function", 30) for key in keys], method, path)
    return None if found is None else (found[0].key, found[1])


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1", {}),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("POST", "/pets/dog/2", "ANY /pets/dog/{id}", {"id": "2"}),
        ("POST", "/pets/dog/1", "ANY /pets/dog/{id}", {"id": "1"}),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}", {"proxy": "cat/1"}),
        ("GET", "/pets/dog/1/2", "GET /pets/{proxy+}", {"proxy": "dog/1/2"}),
        ("POST", "/test/5", "ANY /{proxy+}", {"proxy": "test/5"}),
        ("GET", "/a/%20/c/d", "GET /a/{x}/{y+}", {"x": " ", "y": "c/d"}),
        ("POST", "/a/1/b", "POST /a/{x}/b", {"x": "1"}),
        ("POST", "/a/1/c", "ANY /{proxy+}", {"proxy": "a/1/c"}),
        ("HEAD", "/", "HEAD /", {}),
    ],
)
@pytest.mark.parametrize("keys", [KEYS, KEYS[::-1]], ids=["as listed", "the other way"])
def test_the_most_particular_route_takes_it(
    method: str, path: str, key: str, parameters: dict[str, str], keys: list[str]
) -> None:
    assert _found(method, path, keys) == (key, parameters)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/account/"),
        ("GET", "/accounting"),
        ("PUT", "/account"),
        ("GET", "/Account"),
        ("GET", "/x"),
    ],
)
def test_what_no_route_takes_is_for_nobody(method: str, path: str) -> None:
    assert _found(method, path, ["GET /account", "ANY /account/{proxy+}"]) is None


def test_the_default_route_takes_what_is_left() -> None:
    assert _found("GET", "/x", ["$default", "GET /account"]) == ("$default", {})
    assert _found("GET", "/account", ["$default", "GET /account"]) == ("GET /account", {})
