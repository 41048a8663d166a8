"""template.yaml as it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

TEMPLATE: Final = Path(__file__).resolve().parents[1] / "template.yaml"


def read_template(path: Path = TEMPLATE) -> dict[str, Any]:
    """What it says, with every `!Tag` in its long form. Raises yaml.YAMLError."""
    # Imported here: whoever reads no template need not wait for it.
    import yaml
    from samtranslator.yaml_helper import intrinsics_multi_constructor

    # SAM's own `yaml_parse` takes five times as long, by the loader that is written in Python; and it teaches the tags
    # to everybody's.
    loader: Any = type("Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
    loader.add_multi_constructor("!", intrinsics_multi_constructor)
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506  # a safe one
    return found
