"""`python -m infra.local`: the whole stack on this machine, until Ctrl-C."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

# Nothing of this process may ever reach a real account, whoever is logged in on this machine.
os.environ.update(AWS_ACCESS_KEY_ID="local", AWS_SECRET_ACCESS_KEY="local", AWS_DEFAULT_REGION="us-east-1")  # noqa: S106
os.environ.pop("AWS_PROFILE", None)

DESCRIPTION = """\
Runs Frontline on this machine as it runs on AWS: what template.yaml describes, with moto for AWS and a front door that
caches and runs the edge functions as CloudFront does. Nothing is kept when it ends; Ctrl-C ends it."""
EPILOG = """\
Once it says `ready:`, read the sample paper as each tier (the commands are printed), see http://127.0.0.1:PORT/_local/,
and use the `frontline --local` command from another terminal. Functions' logs and metrics: .local/log/*.jsonl"""


def main() -> int:
    """Run the stack; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.local",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="where the front door listens on 127.0.0.1; 0 takes any (default: 8000)"
    )
    parser.add_argument("--template", type=Path, help="another template than this repository's, for comparisons")
    asked = parser.parse_args()
    if not 0 <= asked.port <= 65535:
        parser.error("--port: a number from 0 to 65535")
    if asked.template is not None and not asked.template.is_file():
        parser.error("--template: no such file")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    try:
        return _run(asked.port, asked.template)
    except _EndedError:
        return 0


def _run(port: int, template: Path | None) -> int:
    from infra.local.local_pages import tries
    from infra.local.seed import SeedError
    from infra.local.stack import LocalStack, PortTakenError
    from infra.local.template import TemplateError
    from infra.template import TEMPLATE

    root = Path(__file__).resolve().parents[2]
    state = Path(os.environ.get("FRONTLINE_LOCAL_STATE") or root / ".local" / "stack.json")
    try:
        stack = LocalStack(port, state, template=template or TEMPLATE)
    except (PortTakenError, TemplateError, SeedError) as error:
        print(error, file=sys.stderr)
        return 1
    try:
        print(f"ready: {stack.site_url}", flush=True)
        print(
            f"open {stack.site_url}/ in a browser; {stack.site_url}/_local/as/member reads as a member", file=sys.stderr
        )
        print("\n".join(["try:", *(f"  {line}" for line in tries(stack.site_url, stack.articles))]), file=sys.stderr)
        print(f"  the till, a stand-in for Stripe: {stack.till.url}", file=sys.stderr)
        print(f"  more: {stack.site_url}/_local/", file=sys.stderr)
        threading.Event().wait()
    finally:
        stack.stop()
    return 0


class _EndedError(BaseException):
    """A signal asks the stack to end; raised in the main thread, which then tidies up."""


def _end(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # once is enough
    raise _EndedError


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # threads that still talk with a viewer must not hold up the end
