"""A second reading of the edge's rules, in plain Python, to hold the function against; tokens are the table's."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.edge.edge import TIERS
from tests.token_cases import CASES

WORTH = {case.token: case for case in CASES}
SAFE = set("abcdefghijklmnopqrstuvwxyz0123456789._-")
PARAMETERS = {
    "/api/articles": ["section", "author", "tag", "limit", "cursor"],
    "/api/members/refresh": ["next"],
    "/sign-in": ["next"],
}


@dataclass
class Reading:
    """What should become of a request; `status` is None when it goes on, the rest is what cache and origin see."""

    status: int | None
    state: str
    tier: str = "anonymous"
    token: str | None = None
    location: str | None = None
    query: dict[str, str] = field(default_factory=dict)


def is_canonical(path: str) -> bool:
    if path == "/":
        return True
    first, *rest = path.split("/")
    if first != "" or not rest or len(path) > 512:
        return False
    if rest[0] == ".well-known" and len(rest) > 1:
        rest = rest[1:]
    return all(part and not part.startswith(".") and set(part) <= SAFE for part in rest)


def one_spelling(path: str) -> str | None:
    lower = "".join(letter.lower() if "A" <= letter <= "Z" else letter for letter in path)
    for spelling in (lower, lower[:-1] if lower.endswith("/") else lower):
        if is_canonical(spelling):
            return spelling
    return None


def single(given: dict[str, Any]) -> str:
    """What a source gave; given twice it counts as an empty token."""
    return "" if "multiValue" in given else str(given["value"])


def tokens(request: dict[str, Any]) -> list[str]:
    found = []
    bearer = request["headers"].get("authorization")
    if bearer is not None:
        value = bearer["value"]
        if value[:6].lower() == "bearer" and value[6:7] in ("", " ", "\t"):
            found.append("" if "multiValue" in bearer else value[7:])
    cookies = [given for name, given in request["cookies"].items() if name.lower() == "__host-pass"]
    if cookies:
        found.append(single(cookies[0]) if len(cookies) == 1 else "")
    if "gift" in request["querystring"]:
        found.append(single(request["querystring"]["gift"]))
    return found


def worth(token: str, path: str | None) -> tuple[str, str]:
    case = WORTH.get(token)
    if case is None or case.state == "invalid":
        return "invalid", "anonymous"
    if case.state == "valid" and case.only and path not in (f"/articles/{case.only}", f"/api/articles/{case.only}"):
        return "elsewhere", "anonymous"
    return case.state, case.tier


def read(request: dict[str, Any]) -> Reading:
    path = one_spelling(request["uri"])
    state, tier, winner = "none", "anonymous", None
    for token in reversed(tokens(request)):  # from the least to the most important: of equals the last one read wins
        new_state, new_tier = worth(token, path)
        if TIERS.index(new_tier) >= TIERS.index(tier):
            state, tier, winner = new_state, new_tier, token if new_state == "valid" else None
    query = request["querystring"]
    if request["method"] not in ("GET", "HEAD"):
        return Reading(405, state)
    if path is None:
        return Reading(404, state)
    parts = path.split("/")[1:]
    goes_on = parts[0] in ("sections", "authors") and len(parts) == 2 and not set(parts[1]) & set("._")
    known = ["cursor"] if goes_on else PARAMETERS.get(path, [])
    if parts[0] == "api":
        others = [name for name in query if name != "gift"]
        if any(name not in known or "multiValue" in query[name] for name in others):
            return Reading(400, state)
    if path != request["uri"]:
        kept = [f"{name}={quote(query[name]['value'], safe='%+~')}" for name in [*known, "gift"] if name in query]
        return Reading(301, state, location="?".join([path, *(["&".join(kept)] if kept else [])]))
    if parts[0] == "media":
        if parts[1:2] == [] or parts[1] not in TIERS:
            return Reading(404, state)
        if TIERS.index(parts[1]) > TIERS.index(tier):
            return Reading(403, state)
    names = [name.lower() for name in request["cookies"]]
    page = parts[0] not in ("api", "assets", "media", "static", "feeds", ".well-known") and "." not in parts[-1]
    if page and state in ("none", "expired") and "__host-session" in names and "__host-refreshed" not in names:
        return Reading(302, state, location=f"/api/members/refresh?next={quote(path, safe='')}")
    return Reading(None, state, tier, winner, None, {name: query[name]["value"] for name in known if name in query})
