"""First names that stand for one another: frenchised, written otherwise from Arabic, or short forms."""

from functools import lru_cache
from importlib.resources import files


def variant_of(name: str) -> str:
    """The head of the group a first name belongs to (data/first_name_variants.txt), or the name itself."""
    return _groups().get(name, name)


@lru_cache(maxsize=1)
def _groups() -> dict[str, str]:
    text = (files("terresante_identity.matching") / "data" / "first_name_variants.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {name: names[0] for names in lines for name in names}
