"""Makes the other sets that the shipped weights were fitted on: `python -m bench.identity.fit_sets` (after `sets.py 60k`)."""

from __future__ import annotations

from terresante_dev.region.__main__ import write_queries, write_registry
from terresante_dev.region.registry import Registry

from bench.identity.files import FOLDER

# Name, people, seed of the registry, seed of the errors, look-ups.
SETS = (("60k-b", 60_000, 103, 13, 24_000), ("300k", 300_000, 104, 14, 24_000))


def main() -> None:
    for name, people, registry_seed, set_seed, lookups in SETS:
        folder = FOLDER / "fit" / name
        folder.mkdir(parents=True, exist_ok=True)
        registry = Registry(people, registry_seed)
        write_registry(registry, folder)
        write_queries(registry, lookups, set_seed, folder)


if __name__ == "__main__":
    main()
