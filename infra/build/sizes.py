"""Says how large each built function is, and refuses one that has grown past what a quick start allows."""

import io
import sys
import zipfile
from pathlib import Path

from infra.build.bundle import size

# Lambda would take 250 MB; a cold start would not.
LARGEST = 25_000_000
# Off the read path, what is needed decides: boto3 and obstore side by side, and for members cryptography (15 MB), by
# which other issuers' tokens are verified. Stripe's library is 12 MB, after half of it was left out.
LARGER = {
    "MailFunction": 30_000_000,
    "NewslettersFunction": 30_000_000,
    "MembersFunction": 46_000_000,
    **dict.fromkeys(("ContributionsFunction", "PaymentsFunction", "ReconcileFunction"), 42_000_000),
}


def zipped(folder: Path) -> int:
    """Bytes of the zip that would be uploaded."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder))
    return buffer.tell()


def main(arguments: list[str]) -> int:
    """`python -m infra.build.sizes <folder of built functions>`: exit code 1 when one is too large or none is there."""
    folders = sorted(path for path in Path(*arguments).iterdir() if path.is_dir()) if len(arguments) == 1 else []
    for folder in folders:
        files = [path for path in folder.rglob("*") if path.is_file()]
        compiled = sum(path.suffix == ".pyc" for path in files)
        print(
            f"{folder.name}: {size(folder) / 1e6:.1f} MB unpacked, {zipped(folder) / 1e6:.1f} MB zipped, "
            f"{len(files)} files, {compiled} of them compiled"
        )
    too_large = [folder.name for folder in folders if size(folder) > LARGER.get(folder.name, LARGEST)]
    for name in too_large:
        print(f"more than {LARGER.get(name, LARGEST) / 1e6:.0f} MB: {name}", file=sys.stderr)
    return 0 if folders and not too_large else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
