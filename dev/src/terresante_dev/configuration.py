"""Writes docs/configuration.md from the settings classes: every variable, its kind, default and meaning.

`python -m terresante_dev.configuration` writes it; `--check` says whether it is current.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from terresante_platform.settings import Settings

PAGE = Path(__file__).resolve().parents[3] / "docs" / "configuration.md"
PARTS = ("gateway", "identity", "consent", "records", "messaging", "directory")
HEAD = """# Configuration

Written by `make generate` from the settings classes; do not edit. Each variable is set in the environment of the
process. An unknown `TERRESANTE_<PART>_…` variable, or a wrong value, stops the start with a line that names it.
"""


def page() -> str:
    """The whole page."""
    sections = [_section(part) for part in PARTS]
    return HEAD + "".join(sections)


def _section(part: str) -> str:
    settings: type[Settings] = import_module(f"terresante_{part}.settings").Settings
    prefix = settings.model_config.get("env_prefix", "")
    lines = [f"\n## {part}\n", "| Variable | Kind | Default | Meaning |", "|---|---|---|---|"]
    for name, field in settings.model_fields.items():
        lines.append(f"| `{prefix}{name.upper()}` | {_kind(field)} | {_default(field)} | {field.description} |")
    return "\n".join(lines) + "\n"


def _kind(field: FieldInfo) -> str:
    kind = field.annotation
    text = kind.__name__ if isinstance(kind, type) and not getattr(kind, "__args__", None) else str(kind)
    return text.replace("pathlib.", "").replace("|", "or").replace("_local.", "").replace("typing.", "")


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "**required**" if field.default_factory is None else "see the code"
    return f"`{json.dumps(field.default, default=str)}`"


def main() -> None:
    """Writes or checks the page."""
    undescribed = [
        f"{part}.{name}"
        for part in PARTS
        for name, field in import_module(f"terresante_{part}.settings").Settings.model_fields.items()
        if not field.description
    ]
    if undescribed:
        sys.exit(f"settings without a description: {', '.join(undescribed)}")
    if "--check" in sys.argv:
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        sys.exit(0 if current else "docs/configuration.md is not current: run `make generate`")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
