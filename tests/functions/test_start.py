"""What a start of the articles function loads: nothing that an anonymous read does not need, nor ever a client of
AWS's."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import msgspec

from tests.aws import REGION
from tests.samples import NIGHT_FERRY
from tests.twins import RING

_PROGRAM = """
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
    variables = {
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": aws,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "CONTENT_BUCKET": bucket,
        "KEYRING_BUCKET": bucket,
        "POWERTOOLS_METRICS_NAMESPACE": "Frontline",
        "POWERTOOLS_SERVICE_NAME": "articles",
    }

    done = subprocess.run([sys.executable, "-c", _PROGRAM], env=variables, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stderr)
    start, anonymous, member = (set(names) for names in told["loaded"])
    assert [answer["statusCode"] for answer in told["answers"]] == [200, 200]
    assert ["SECRET-MEMBER" in answer["body"] for answer in told["answers"]] == [False, True]
    assert "jwt" not in start | anonymous
    assert "jwt" in member
    assert not member & {"boto3", "pydantic", "requests", "http.client", "ssl", "aws_xray_sdk"}
    metrics = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["Tier"], one["Outcome"], one["Reads"]) for one in metrics] == [
        ("anonymous", "200", [1.0]),
        ("member", "200", [1.0]),
    ]
    assert "x-reader-pass" not in done.stdout
    assert "eyJ" not in done.stdout
