"""The same answers from njs, the engine that CloudFront's own comes from, where it is installed.

It differs from QuickJS where it matters: its patterns are Perl's, its texts whole Unicode, its JSON of limited depth.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.edge.edge import PERSONAL_REQUEST, VIEWER_REQUEST, VIEWER_RESPONSE, Edge, event
from tests.edge.test_paths import MOVED, NOT_FOUND, PASS
from tests.token_cases import CASES, ITS_PATHS, KEYRING, NOW, OTHER_PATHS, SLUG, mint

pytestmark = pytest.mark.skipif(
    shutil.which("njs") is None, reason="njs is not installed here (Debian: apt install njs)"
)

RUNNER = """
Date.now = () => %d;
const EVENTS = JSON.parse(require('fs').readFileSync('%s').toString());
async function all() {
  for (let i = 0; i < EVENTS.length; i++) {
    const result = await handler(EVENTS[i]);
    const at = result.statusCode === undefined ? ['x-pass-state', 'x-reader-tier'] : ['x-pass', 'location'];
    const shown = at.map((name) => (result.headers[name] === undefined ? null : result.headers[name].value));
    console.log(JSON.stringify([result.statusCode === undefined ? null : result.statusCode].concat(shown)));
  }
}
all();
"""


def under_njs(folder: Path, events: list[dict[str, Any]]) -> list[list[Any]]:
    (folder / "events.json").write_text(json.dumps(events))
    (folder / "cloudfront.js").write_text(
        f"export default {{ kvs: () => ({{ get: () => Promise.resolve({json.dumps(KEYRING)}) }}) }};"
    )
    source = VIEWER_REQUEST.replace("from 'cloudfront'", "from 'cloudfront.js'")
    (folder / "main.js").write_text(source + RUNNER % (NOW * 1000, folder / "events.json"))
    return [json.loads(line) for line in run(folder).splitlines()]


def run(folder: Path) -> str:
    command = [shutil.which("njs") or "njs", "-p", str(folder), str(folder / "main.js")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_every_token_and_path_is_answered_alike(edge: Edge, tmp_path: Path) -> None:
    events = [
        event(f"/articles/{case.only or SLUG}", headers={"authorization": f"Bearer {case.token}"}) for case in CASES
    ]
    events += [event(path) for path in (*PASS, *MOVED, *NOT_FOUND)]
    events += [event(path, query={"gift": mint(only=SLUG)}) for path in (*ITS_PATHS, *OTHER_PATHS)]
    expected = []
    for one in events:
        seen = edge.run(one)
        expected.append([seen.status, seen.state, seen.tier if seen.status is None else seen.location])
    assert under_njs(tmp_path, events) == expected


@pytest.mark.parametrize("source", [VIEWER_RESPONSE, PERSONAL_REQUEST], ids=["viewer_response", "personal_request"])
def test_the_other_functions_are_read(source: str, tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text(source)
    assert run(tmp_path) == ""
