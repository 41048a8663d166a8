"""For all tests: how hard properties are tried, and an AWS."""

from __future__ import annotations

import gc
import os
import signal

from hypothesis import HealthCheck, settings

from tests.aws import aws, bucket, client
from tests.dynamodb_local import dynamodb_local

__all__ = ["aws", "bucket", "client", "dynamodb_local"]

# A run after a change is quick; `HYPOTHESIS_PROFILE=thorough make test` digs.
settings.register_profile("quick", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_collection_finish() -> None:
    """Ten thousand tests stay for good: no collection need look at them again."""
    gc.collect()
    gc.freeze()


# Ctrl-C is Ctrl-C, also where the tests were started in the background and have inherited that it is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
