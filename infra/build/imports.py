"""Which source files a module needs to run, found by reading its imports: what a zip has to hold, and nothing else."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path


class DynamicImportError(Exception):
    """A file that imports by a name made at run time, which cannot be followed by reading."""


def closure(
    entries: Iterable[str], roots: Sequence[Path], strict: bool = True, not_for_itself: Sequence[str] = ()
) -> frozenset[Path]:
    """Return the files under `roots` that importing the modules `entries` (dotted names) can ever need.

    Imports inside functions count (lazy is not optional), those under `if TYPE_CHECKING:` do not. Packages'
    `__init__.py` come along, as they run too. Names found under no root (the standard library, other packages) are
    passed over.
    `strict` refuses dynamic imports with DynamicImportError; without it they are overlooked. `not_for_itself` names
    subpackages that count only when something outside their own top-level package imports them.
    """
    waiting, seen, files = list(entries), set[str](), set[Path]()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        waiting.extend(_parents(module))
        file = _file_of(module, roots)
        if file is not None:
            files.add(file)
            imported = _imported_by(file, module, strict)
            waiting.extend(name for name in imported if not _reaches_for_itself(module, name, not_for_itself))
    return frozenset(files)


def _reaches_for_itself(module: str, imported: str, subpackages: Sequence[str]) -> bool:
    return any(
        _within(imported, part) and not _within(module, part) and _within(module, part.partition(".")[0])
        for part in subpackages
    )


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:n]) for n in range(1, len(parts)))


def _file_of(module: str, roots: Sequence[Path]) -> Path | None:
    for root in roots:
        base = root.joinpath(*module.split("."))
        for file in (base / "__init__.py", base.with_name(base.name + ".py")):
            if file.is_file():
                return file
    return None


def _imported_by(file: Path, module: str, strict: bool) -> Iterator[str]:
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in _run_time_nodes(ast.parse(file.read_bytes(), str(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            yield base
            # `from a import b`: b may be a module or a name in a; a name is found under no root and passed over.
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif strict and isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            raise DynamicImportError(f"{file}:{node.lineno}: write an import statement; the build cannot follow this")


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if node.level == 0:
        return node.module or ""
    above = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of the tree, in no order, but for what stands under `if TYPE_CHECKING:`."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            waiting.extend(node.orelse)
        else:
            yield node
            waiting.extend(ast.iter_child_nodes(node))
