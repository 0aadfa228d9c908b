"""The region's rules of enrolment, read from a data file at start. Operators replace it by a setting."""

import json
from importlib.resources import files
from pathlib import Path

from terresante_directory.domain.enrolment import Rules

DATA = files("terresante_directory") / "data"


def load(file: Path | None = None) -> Rules:
    """Raises KeyError or ValueError for a file of another shape."""
    told = json.loads((file or DATA / "enrolment.json").read_text(encoding="utf-8"))
    return Rules(
        evidence=dict(told["evidence"]),
        terms_version=str(told["terms"]["version"]),
        terms=str(told["terms"]["text"]),
        smallest_count=int(told["smallest_count"]),
        masked=frozenset(told["masked"]),
        stale_days=int(told["stale_days"]),
    )
