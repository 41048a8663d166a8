"""Makes the folder that becomes a function's zip: its code and its locked dependencies, compiled, no ballast.

SAM calls it for each function (`BuildMethod: makefile` in template.yaml, the rule in build.mk).
"""

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jinja2 import FileSystemLoader

from infra.build.imports import closure
from shared.mailing.letters import environment as mail_environment
from shared.site.html import environment as page_environment

ROOT = Path(__file__).resolve().parents[2]
LAMBDA_PYTHON = (3, 13)
LAMBDA_PLATFORM = "aarch64-manylinux_2_28"  # Amazon Linux 2023 has glibc 2.34
LAMBDA_FOLDER = "/var/task"

# Large packages of which a function uses a corner, without dynamic imports inside: only what is reached is shipped.
PRUNED_BY_IMPORTS = ("aws_lambda_powertools",)
# What such a package reaches for itself, but only in company that is not shipped: its JSON helper asks the resolver's
# code about pydantic models. A function that imports the resolver gets it.
NOT_FOR_ITSELF = ("aws_lambda_powertools.event_handler",)
# What no function imports, though parts of the package name it: stripe's types for type checkers alone, and its classes
# for events that are believed. They are half of 13 MB. It loads the rest by names made at run time, so that imports
# cannot tell what is needed.
PRUNED_BY_NAME = ("stripe/params", "stripe/events")
# botocore describes each AWS service in files of its own, 400 of them: only those that a function calls are shipped. A
# house test compares them with what its role may ask.
BOTOCORE_SERVICES: Mapping[str, tuple[str, ...]] = {
    "mail": ("dynamodb", "s3", "sesv2", "sqs"),
    "contributions": ("dynamodb", "s3", "secretsmanager"),
    "members": ("dynamodb", "kms", "s3", "sqs"),
    "newsletters": ("dynamodb", "s3", "sesv2", "sqs"),
    "payments": ("dynamodb", "s3", "secretsmanager", "sqs"),
    "publishing": ("cloudfront", "s3", "scheduler", "sqs"),
    "webhooks": ("secretsmanager", "sqs"),
}
# Of a distribution's metadata stay METADATA (scanners read name, version and licence from it) and the licence's text.
METADATA_WITHOUT_USE = ("INSTALLER", "RECORD", "REQUESTED", "WHEEL", "top_level.txt", "entry_points.txt", "sboms")
FILES_WITHOUT_USE = ("*.pyi", "py.typed", "*.pth", "*.pyc")
FOLDERS_WITHOUT_USE = ("tests", "test", "docs", "__pycache__")

Install = Callable[[Path, Path], None]


def bundle(function: str, folder: Path, install: Install) -> None:
    """Fill the empty or missing `folder` with what `functions/<function>` needs to run.

    `install(lock file, folder)` puts the dependencies there. The function's own folder comes with its data files
    (templates, tables) but without Python files that nothing imports; so does each package in `shared` of which it
    imports something. Entries are `handler.py` and all others whose names end so. Raises FileExistsError for a folder
    with something in it: what is pruned there must have come from here.
    """
    own = ROOT / "functions" / function
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    install(own / "requirements.txt", folder)
    entries = [f"functions.{function}.{path.stem}" for path in sorted(own.glob("*handler.py"))]
    needed = closure(entries, [ROOT])
    if own / "handler.py" not in needed:
        raise FileNotFoundError(own / "handler.py")
    _prune(folder, function, entries)
    packages = [own, *sorted({file.parent for file in needed if file.parent.parent == ROOT / "shared"})]
    data = (path for package in packages for path in package.rglob("*") if path.is_file() and _is_data(path, own))
    for file in sorted({*needed, *data}):
        target = folder / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    for package in packages:
        if (package / "templates").is_dir():
            _compile_templates(folder / package.relative_to(ROOT))
    compile_for_lambda(folder)


def install_for_lambda(lock: Path, folder: Path) -> None:
    """Install exactly what the lock file says, by its hashes, as wheels for Lambda's machine whatever this one is."""
    machine = ["--python-platform", LAMBDA_PLATFORM, "--python-version", ".".join(map(str, LAMBDA_PYTHON))]
    _install(lock, folder, machine)


def install_for_here(lock: Path, folder: Path) -> None:
    """The same as wheels for this machine and this Python: for an emulator that runs the zips as processes of its
    own."""
    _install(lock, folder, ["--python", sys.executable])


def _install(lock: Path, folder: Path, machine: Sequence[str]) -> None:
    uv = Path(sys.executable).with_name("uv")
    exactly = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy"]
    environment = {name: value for name, value in os.environ.items() if name != "UV_COMPILE_BYTECODE"}
    command = [str(uv), "pip", "install", "--quiet", "--target", str(folder), *machine, *exactly, "-r", str(lock)]
    subprocess.run(command, check=True, env=environment)  # noqa: S603 - our own words and the lock's path


INSTALLS: Mapping[str, Install] = {"lambda": install_for_lambda, "here": install_for_here}


def size(folder: Path) -> int:
    """Bytes of all files below, which is what Lambda counts against its 250 MB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _compile_templates(package: Path) -> None:
    """Have templates be Python by the time a start needs them: compiling them costs more than all else that it does."""
    folder = package / "templates"
    is_mail = any(folder.glob("*.txt"))  # a mail has a text, a page has none
    made = (mail_environment if is_mail else page_environment)(FileSystemLoader(folder))
    made.compile_templates(package / "compiled", zip=None, ignore_errors=False)
    shutil.rmtree(package / "templates")


def _is_data(path: Path, own: Path) -> bool:
    return path.suffix not in {".py", ".pyc"} and path != own / "requirements.txt"


def _prune(folder: Path, function: str, entries: Sequence[str]) -> None:
    reached = closure(entries, [ROOT, folder], strict=False, not_for_itself=NOT_FOR_ITSELF)
    for package in PRUNED_BY_IMPORTS:
        for path in set((folder / package).rglob("*.py")) - reached:
            path.unlink()
        for path in [path for path in (folder / package).rglob("*") if path.is_dir() and not any(path.rglob("*.py"))]:
            _remove(path)
    for name in PRUNED_BY_NAME:
        _remove(folder / name)
    for service in (folder / "botocore" / "data").glob("*/"):
        if service.name not in BOTOCORE_SERVICES[function]:
            _remove(service)
    for metadata in folder.glob("*.dist-info"):
        for name in METADATA_WITHOUT_USE:
            _remove(metadata / name)
    _remove(folder / "bin")
    _remove(folder / ".lock")  # uv's own
    for pattern in FILES_WITHOUT_USE:
        for path in list(folder.rglob(pattern)):
            path.unlink()
    for path in [path for path in folder.rglob("*") if path.is_dir() and path.name in FOLDERS_WITHOUT_USE]:
        if path.name != "docs" or not (path / "__init__.py").exists():  # botocore.docs is code, and is imported
            _remove(path)
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def compile_for_lambda(folder: Path, python: tuple[int, int] = sys.version_info[:2]) -> bool:
    """Compile everything beside its source, and return whether that was done: `python` has to be Lambda's version.

    The sources stay: tracebacks quote them, and they cost no time. Unchecked, or Python would compare times with the
    sources', which differ after unzipping, and compile again at each cold start. The paths inside
    are Lambda's, or Python would correct them while it imports.
    """
    if python != LAMBDA_PYTHON:
        here, wanted = (".".join(map(str, version)) for version in (python, LAMBDA_PYTHON))
        print(
            f"!! NOT COMPILED: this is Python {here}, Lambda's is {wanted}. The zip works, but each cold start "
            f"compiles it anew and takes about twice as long. Build with Python {wanted}.",
            file=sys.stderr,
        )
        return False
    compiled = compileall.compile_dir(
        folder,
        quiet=1,
        force=True,
        stripdir=str(folder),
        prependdir=LAMBDA_FOLDER,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        workers=1,
    )
    if not compiled:
        raise SyntaxError(f"something below {folder} does not compile; the lines above say what")
    return True


def main(arguments: list[str]) -> int:
    """`python -m infra.build.bundle <function> <folder> <machine>`, where the machine is `lambda` or `here`."""
    if len(arguments) != 3 or arguments[2] not in INSTALLS:
        print(f"usage: python -m infra.build.bundle <function> <folder> {'|'.join(INSTALLS)}", file=sys.stderr)
        return 2
    bundle(arguments[0], Path(arguments[1]), INSTALLS[arguments[2]])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
