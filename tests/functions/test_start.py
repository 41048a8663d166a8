"""What a start of a read function loads: nothing that an anonymous read does not need, nor ever a client of AWS's."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import msgspec

from tests.aws import REGION
from tests.functions.paper import PAPER, published
from tests.samples import NIGHT_FERRY
from tests.twins import RING

_HEAVY = {"boto3", "pydantic", "requests", "http.client", "ssl", "aws_xray_sdk"}
_ARTICLES = """
import json, sys, time
from functions.articles import handler
from shared.domain.tiers import Tier
def event(**headers):
    path = "/api/articles/night-ferry"
    return {"rawPath": path, "headers": headers, "requestContext": {"http": {"method": "GET", "path": path}}}
loaded = [sorted(sys.modules)]
answers = [handler.handler(event(**{"x-reader-tier": "anonymous"}), None)]
loaded.append(sorted(sys.modules))
token = handler._doors.passes.mint(Tier.MEMBER, time.time(), 300)
answers.append(handler.handler(event(**{"x-reader-tier": "member", "x-reader-pass": token}), None))
loaded.append(sorted(sys.modules))
json.dump({"loaded": loaded, "answers": answers}, sys.stderr)
"""


def test_a_read_loads_only_what_it_needs(aws: str, bucket: str, client: Any) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="articles/night-ferry.json", Body=msgspec.json.encode(NIGHT_FERRY))
    s3.put_object(Bucket=bucket, Key="keyring.json", Body=msgspec.json.encode(RING))
    told, out = _run(_ARTICLES, "articles", aws, bucket)

    start, anonymous, member = (set(names) for names in told["loaded"])
    assert [answer["statusCode"] for answer in told["answers"]] == [200, 200]
    assert ["SECRET-MEMBER" in answer["body"] for answer in told["answers"]] == [False, True]
    assert not {"jwt", "hashlib"} & (start | anonymous)
    assert "jwt" in member
    assert not member & _HEAVY
    metrics = [json.loads(line) for line in out.splitlines()]
    assert [(one["Tier"], one["Outcome"], one["Reads"]) for one in metrics] == [
        ("anonymous", "200", [1.0]),
        ("member", "200", [1.0]),
    ]
    assert "x-reader-pass" not in out
    assert "eyJ" not in out


_PAGES = """
import json, sys
from functions.pages import handler
def event(path):
    return {"rawPath": path, "headers": {}, "requestContext": {"http": {"method": "GET", "path": path}}}
loaded, answers = [sorted(sys.modules)], []
for path in ("/robots.txt", "/feeds/feed.json", "/feeds/sections/nowhere/rss.xml", "/feeds/rss.xml", "/sitemap.xml"):
    answers.append(handler.handler(event(path), None))
    loaded.append(sorted(sys.modules))
json.dump({"loaded": loaded, "answers": answers}, sys.stderr)
"""


def test_a_feed_loads_only_what_it_needs(aws: str, bucket: str, client: Any) -> None:
    s3 = client("s3")
    for key, raw in published(NIGHT_FERRY).raw.items():
        s3.put_object(Bucket=bucket, Key=key, Body=raw)
    s3.put_object(Bucket=bucket, Key="paper.json", Body=msgspec.json.encode(PAPER))

    told, out = _run(_PAGES, "pages", aws, bucket)

    loaded = [set(names) for names in told["loaded"]]
    assert [answer["statusCode"] for answer in told["answers"]] == [200, 200, 404, 200, 200]
    assert "jinja2" in loaded[0]  # pages are most of what is asked for, and a start has a whole processor to itself
    assert [("xml.etree.ElementTree" in names) for names in loaded] == [False, False, False, False, True, True]
    assert not loaded[-1] & (_HEAVY | {"jwt", "email.utils"})
    metrics = [json.loads(line) for line in out.splitlines()]
    assert [(one["service"], one["Tier"], one["Outcome"], one["Reads"]) for one in metrics] == [
        ("pages", "anonymous", outcome, [1.0]) for outcome in ("200", "200", "404", "200", "200")
    ]
    assert metrics[1]["place"] == "/feeds/feed.json"


def _run(program: str, service: str, aws: str, bucket: str) -> tuple[dict[str, Any], str]:
    """What the program says in a process of its own: as JSON on stderr, and what the function has logged."""
    variables = {
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": aws,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "CONTENT_BUCKET": bucket,
        "KEYRING_BUCKET": bucket,
        "POWERTOOLS_METRICS_NAMESPACE": "Frontline",
        "POWERTOOLS_SERVICE_NAME": service,
    }
    done = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stderr), done.stdout
