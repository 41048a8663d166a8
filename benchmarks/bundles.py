"""The folders that are measured: four functions as their zips hold them, a bare boto3 handler, the runtime client.

They are put together from what is installed here, for this machine, and compiled alike. The interpreter runs with
nothing else on its path (`-S`): a package that the zip does not hold (cryptography, above all) must not be found.
"""

from __future__ import annotations

import compileall
import importlib.metadata as metadata
import py_compile
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from infra.build.bundle import bundle, size

__all__ = ["Bundles", "make", "size"]

FOLDER = Path(__file__).parents[1] / ".build" / "bench"

_BARE = '''"""A handler that does one boto3 get_object: what ours is compared with."""
import os
import boto3
s3 = boto3.client("s3", region_name=os.environ["AWS_REGION"])
def handler(event, context):
    found = s3.get_object(Bucket=os.environ["CONTENT_BUCKET"], Key=event["key"])
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": found["Body"].read().decode()}
'''
_CLIENT_ONLY = '''"""What every boto3 function pays before its first line."""
import os
import boto3
s3 = boto3.client("s3", region_name=os.environ["AWS_REGION"])
def handler(event, context):
    return {"statusCode": 204, "body": ""}
'''


@dataclass(frozen=True)
class Bundles:
    """Search paths for each of the functions, and the runtime client's."""

    articles: Path
    pages: Path
    members: Path
    webhooks: Path
    bare: Path
    runtime: Path


def make() -> Bundles:
    """Make the folders anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    ours = ("articles", "pages", "members", "webhooks")
    bundles = Bundles(*(FOLDER / name for name in (*ours, "bare", "runtime")))
    for name in ours:
        bundle(name, FOLDER / name, lambda lock, folder: _copy(_names(lock), folder))
    bundles.bare.mkdir()
    _copy(_with_needs("boto3"), bundles.bare)
    (bundles.bare / "bare.py").write_text(_BARE)
    (bundles.bare / "client_only.py").write_text(_CLIENT_ONLY)
    bundles.runtime.mkdir()
    _copy(_with_needs("awslambdaric"), bundles.runtime)
    for folder in (*(FOLDER / name for name in ours), bundles.bare, bundles.runtime):
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(folder, quiet=2, force=True, invalidation_mode=mode, workers=1)
    return bundles


def _names(lock: Path) -> list[str]:
    return re.findall(r"^([a-z0-9-]+)==", lock.read_text(), re.MULTILINE)


def _with_needs(name: str) -> set[str]:
    """The distribution and what it requires here, extras aside."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name.lower() not in found:
            found.add(name.lower())
            required = (line for line in metadata.requires(name) or [] if "extra ==" not in line)
            waiting.extend(re.split(r"[^A-Za-z0-9._-]", line)[0] for line in required)
    return found


def _copy(names: Iterable[str], folder: Path) -> None:
    for name in names:
        for file in metadata.files(name) or []:
            source = Path(str(file.locate()))
            if ".." not in file.parts and source.suffix != ".pyc" and source.is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, folder / file)
