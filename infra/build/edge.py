"""Writes the edge functions' JavaScript into template.yaml: CloudFormation takes it inline only (`make edge`)."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.template import TEMPLATE

ROOT = Path(__file__).resolve().parents[2]
SOURCES: Mapping[str, Path] = {
    "ViewerRequestFunction": ROOT / "infra/edge/viewer_request.js",
    "ViewerResponseFunction": ROOT / "infra/edge/viewer_response.js",
    "PersonalRequestFunction": ROOT / "infra/edge/personal_request.js",
}
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
LARGEST = 10 * 1024


class EdgeSourceError(Exception):
    """A source that cannot stand in the template as it is; the message says which and why."""


def inline(template: str, sources: Mapping[str, str]) -> str:
    """Return the template with each resource's FunctionCode replaced and every other byte as it was.

    `sources` maps the logical id of an AWS::CloudFront::Function to its JavaScript. Raises EdgeSourceError for a source
    that CloudFront or a YAML block literal would not take unchanged, and for a resource without a block literal.
    """
    for logical_id, source in sources.items():
        _check(logical_id, source)
        # The resource down to the literal, and the literal itself: indented lines, empty ones between them.
        head = rf"^  {re.escape(logical_id)}:\n(?:(?:    .*)?\n)*?      FunctionCode: \|\n"
        found = list(re.finditer(rf"({head})((?:        .*\n|\n(?=\n*        ))*)", template, re.MULTILINE))
        if len(found) != 1:
            raise EdgeSourceError(f"{logical_id}: {len(found)} resources of that name with `FunctionCode: |`")
        block = "".join(f"        {line}\n" if line else "\n" for line in source.splitlines())
        template = template[: found[0].start(2)] + block + template[found[0].end(2) :]
    return template


def _check(logical_id: str, source: str) -> None:
    size = len(source.encode())
    if size > LARGEST:
        raise EdgeSourceError(f"{logical_id}: {size} bytes; CloudFront takes {LARGEST}")
    if not source.endswith("\n") or source.endswith("\n\n"):
        raise EdgeSourceError(f"{logical_id}: the source has to end with exactly one newline")
    if source.startswith((" ", "\n")):
        raise EdgeSourceError(f"{logical_id}: the source has to begin in its first column")
    if odd := re.search(r"[^\n\x20-\x7e]", source):
        # Tabs, carriage returns, other line separators: splitlines, YAML and JavaScript disagree about them.
        raise EdgeSourceError(f"{logical_id}: character {odd[0]!r} at {odd.start()}; printable ASCII only")
    if any(line != line.rstrip() for line in source.split("\n")):
        raise EdgeSourceError(f"{logical_id}: a line ends with a space")


def main(arguments: list[str]) -> int:
    """Write the template, or with `--check` say whether it would change (exit code 1)."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m infra.build.edge [--check]", file=sys.stderr)
        return 2
    before = TEMPLATE.read_text()
    try:
        after = inline(before, {logical_id: path.read_text() for logical_id, path in SOURCES.items()})
    except EdgeSourceError as error:
        print(error, file=sys.stderr)
        return 1
    if after == before:
        return 0
    if arguments:
        print("template.yaml does not hold infra/edge/*.js as they are: run `make edge`", file=sys.stderr)
        return 1
    TEMPLATE.write_text(after)
    print("template.yaml: edge functions written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
