"""The pages function: HTML for a tier, feeds, maps of the site and robots.txt, from S3 alone."""

from __future__ import annotations

import gc

gc.disable()  # Starting makes many objects and no garbage: looking for some is a tenth of its time.

import time
from typing import Any

from functions.pages.read import read
from functions.pages.wiring import doors
from shared.counting import count
from shared.http import request_of
from shared.settings import settings

_doors = doors(settings())
gc.freeze()  # What is here now stays for good, so that later collections need not look at it.
gc.enable()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the function URL (payload 2.0)."""
    request = request_of(event)
    outcome = read(request, _doors, time.time())
    count(outcome)
    return outcome.answer.to_event(head=request.method == "HEAD")
