"""Makes the standard sets under .run/bench/identity/: `python bench/identity/sets.py 60k` (or 1m, 12m).

fit/ and test/ are different people (another registry seed) with another mix of errors (another set seed).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from terresante_dev.region.__main__ import write_delivery, write_pairs, write_queries, write_registry
from terresante_dev.region.registry import Registry

FOLDER = Path(__file__).parents[2] / ".run" / "bench" / "identity"
SIZES = {"60k": 60_000, "1m": 1_000_000, "12m": 12_000_000}
LOOKUPS = {"60k": 8_000, "1m": 20_000, "12m": 20_000}
FIT_REGISTRY, FIT_SET, TEST_REGISTRY, TEST_SET = 101, 11, 202, 22
PAIRS = 200_000


def main(name: str) -> None:
    """Writes test/<name>; with the smallest size fit/60k as well."""
    if name == "60k":
        fit = _folder("fit", name)
        registry = Registry(SIZES[name], FIT_REGISTRY)
        write_registry(registry, fit)
        write_queries(registry, 16_000, FIT_SET, fit)
        write_pairs(registry, PAIRS, FIT_SET, fit)
    test = _folder("test", name)
    registry = Registry(SIZES[name], TEST_REGISTRY)
    start = time.perf_counter()
    write_registry(registry, test)
    print(f"registry {name}: {time.perf_counter() - start:.1f} s")
    write_queries(registry, LOOKUPS[name], TEST_SET, test)
    write_delivery(registry, TEST_SET, test)


def _folder(kind: str, name: str) -> Path:
    folder = FOLDER / kind / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "60k")
