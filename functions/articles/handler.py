"""The articles function: article JSON for a tier, from S3 alone."""

from __future__ import annotations

import gc

gc.disable()  # Starting makes many objects and no garbage: looking for some is a tenth of its time.

import time
from typing import Any

from functions.articles.read import Doors, read
from functions.articles.wiring import doors
from shared.counting import count
from shared.http import request_of
from shared.settings import settings

_doors: Doors = doors(settings())
gc.freeze()  # What is here now stays for good, so that later collections need not look at it.
gc.enable()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request of the function URL (payload 2.0)."""
    request = request_of(event)
    outcome = read(request, _doors, time.time())
    count(outcome)
    return outcome.answer.to_event(head=request.method == "HEAD")
