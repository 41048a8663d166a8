"""The whole stack with two handles that no product should have: its cache's clock, and the plug of each function.

Run as a program. Takes orders as lines of JSON on stdin (`{"clock": 3600}`, `{"stop": "ArticlesFunction"}`,
`{"start": …}`, `{"calls": …}`) and answers each with a line of JSON; ends with its stdin.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.update(AWS_ACCESS_KEY_ID="local", AWS_SECRET_ACCESS_KEY="local", AWS_DEFAULT_REGION="us-east-1")

from infra.local.stack import LocalStack


class _Clock:
    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def main(state: Path) -> None:
    clock = _Clock()
    stack = LocalStack(0, state, clock)
    print(json.dumps(stack.info), flush=True)
    for line in sys.stdin:
        print(json.dumps(_obey(json.loads(line), stack, clock)), flush=True)
    stack.stop()


def _obey(order: dict[str, Any], stack: LocalStack, clock: _Clock) -> Any:
    match order:
        case {"clock": seconds}:
            clock.ahead += seconds
            return clock.ahead
        case {"stop": function}:
            stack.pools[function].stop()
            return None
        case {"start": function}:
            stack.pools[function].start()
            return None
        case {"calls": function}:
            return stack.pools[function].calls
    raise ValueError(order)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
