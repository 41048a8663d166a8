"""The sources fit CloudFront Functions: their size, and no syntax or built-in that cloudfront-js-2.0 has not.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
"""

import re
from pathlib import Path

import pytest

from tests.edge.edge import SOURCES

FILES = sorted(SOURCES.glob("*.js"))
MOST_BYTES = 10_240

# Text in quotes and comments is taken out first, template literals are not: what they hold is code.
QUIET = re.compile(
    r"//[^\n]*|/\*.*?\*/|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|/\^(?:[^/\\\n]|\\.)*/[gi]*|/\((?:[^/\\\n]|\\.)*/[gi]*",
    re.DOTALL,
)
BUILT_INS = "Map|Set|WeakMap|WeakSet|Proxy|Reflect|BigInt|Intl|URL|URLSearchParams|structuredClone|fetch|setTimeout"
METHODS = (
    "at|flat|flatMap|findLast|toSorted|toReversed|matchAll|fromEntries|hasOwn|isWellFormed|normalize|localeCompare"
)
MISSING = {
    "optional chaining": r"\?\.",
    "nullish": r"\?\?",
    "logical assignment": r"(\|\||&&)=",
    "class": r"\bclass\b",
    "for of": r"\bfor\s*\([^;)]*\bof\b",
    "generator": r"function\s*\*|\byield\b",
    "spread or rest pattern": r"[(,\[{]\s*\.\.\.",
    "destructuring": r"\b(const|let|var)\s*[\[{]",
    "default parameter": r"(function\s*\w*\s*\(|\()[\w\s,]*\b\w+\s*=[^=>][^);]*\)\s*(=>|\{)",
    "async closure": r"\basync\s*(\(|\w+\s*=>|function\s*\()",
    "await inside call arguments": r"\w\([^()]*\bawait\b",
    "shorthand member": r"(?:[(,=:]|return)\s*\{\s*\w+\s*[,}]",
    "dynamic import, require, eval": r"\b(import|require|eval|Function)\s*\(",
    "private or static": r"#\w|\bstatic\b",
    "bigint": r"\b\d+n\b",
    "built-ins that are not there": rf"\b({BUILT_INS})\b\s*[.(]",
    "methods that are not there": rf"\.({METHODS})\(",
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_function_is_small_enough(file: Path) -> None:
    assert len(file.read_bytes()) < MOST_BYTES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_function_is_plain_text_in_ascii(file: Path) -> None:
    assert file.read_text(encoding="utf-8").isascii()  # it is put into a template, where YAML and consoles read it too


@pytest.mark.parametrize("name", MISSING)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_function_uses_nothing_that_the_runtime_lacks(file: Path, name: str) -> None:
    assert faults(file.read_text(encoding="utf-8"), name) == []


@pytest.mark.parametrize(
    ("name", "code"),
    {
        "optional chaining": "a?.b",
        "nullish": "a ?? b",
        "logical assignment": "a ||= b",
        "class": "class A {}",
        "for of": "for (const a of b) {}",
        "generator": "function* a() {}",
        "spread or rest pattern": "f(...a)",
        "destructuring": "const { a } = b;",
        "default parameter": "function f(a, b = 1) {}",
        "async closure": "f(async (a) => a)",
        "await inside call arguments": "f(await g)",
        "shorthand member": "return { a, b: c };",
        "dynamic import, require, eval": "eval('1')",
        "private or static": "this.#a",
        "bigint": "1n",
        "built-ins that are not there": "new Map()",
        "methods that are not there": "[].at(-1)",
    }.items(),
)
def test_each_of_these_would_be_seen(name: str, code: str) -> None:
    assert faults(code, name)


def faults(code: str, name: str) -> list[str]:
    plain = QUIET.sub("''", code)
    return [match.group() for match in re.finditer(MISSING[name], plain)]
