"""Writes foreign_names.csv.gz: pools of names by origin, from PyPI `faker` and npm `@faker-js/faker` (both MIT).

node -e 'import(process.argv[1]+"/dist/index.js").then(m => console.log(JSON.stringify(Object.fromEntries(
  ["fr_SN", "ro", "sr_RS_latin", "vi"].map(l => [l, m.allLocales[l].person])))))' FAKER_JS > faker-js.json
python -m terresante_dev.region.making.foreign FAKER faker-js.json dev/src/terresante_dev/region/data

FAKER is a folder that holds the package `faker`. Pools without frequencies of their own take INSEE's where the surname
is in surnames.csv.gz (made first), and a floor elsewhere.
"""

from __future__ import annotations

import csv
import gzip
import importlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from terresante_dev.region.making.french import write
from terresante_dev.region.making.spelling import registered

FLOOR = 40
# Surnames of INSEE's list that hardly occur before 1950 and are built as those of the Maghreb often are: they widen a
# pool that its source keeps short.
MAGHREB = re.compile(
    "(BEN[A-Z]{3,}|BOU[A-Z]{3,}|AIT |EL |ABDE|HADJ|KHE|OUL|CHERI|ZER|MOKH|HAM[AIMD]|GHE|YAH|RAHM|BELK|BELH|MAHM|LARB"
    "|KAD|DJE|TAH)"
)
FAKER = {
    "maghreb": "fr_DZ", "portugal": "pt_PT", "spain": "es_ES", "italy": "it_IT", "turkey": "tr_TR", "india": "en_IN",
    "poland": "pl_PL", "guinea_gulf": "tw_GH", "nigeria": "yo_NG", "east_africa": "sw",
}  # fmt: skip
FAKER_JS = {"sahel": "fr_SN", "romania": "ro", "balkans": "sr_RS_latin", "vietnam": "vi"}


def _names(locale: str, attribute: str) -> list[str]:
    provider: Any = importlib.import_module(f"faker.providers.person.{locale}").Provider
    return list(getattr(provider, attribute))


def pools(faker_js: dict[str, Any]) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Triples pool, kind (F, M: first names; S: surnames), names as their source writes them."""
    for pool, locale in FAKER.items():
        surnames = "unisex_last_names" if locale == "pl_PL" else "last_names"
        yield pool, "S", _names(locale, surnames)
        yield pool, "F", _names(locale, "first_names_female")
        yield pool, "M", _names(locale, "first_names_male")
    for pool, locale in FAKER_JS.items():
        person = faker_js[locale]
        yield pool, "S", person["last_name"]["generic"]
        yield pool, "F", person["first_name"]["female"]
        yield pool, "M", person["first_name"]["male"]
    # Romanised given names carry no sex in their source; both take them.
    yield "china", "S", _names("zh_CN", "last_romanized_names")
    for sex in "FM":
        yield "china", sex, _names("zh_CN", "first_romanized_names")


def main(faker: Path, faker_js: Path, target: Path) -> None:
    """Reads both packages, writes the file."""
    sys.path.insert(0, str(faker))
    with gzip.open(target / "surnames.csv.gz", "rt", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    young = {row["name"]: int(row["born_1961_2000"]) for row in table}
    rising = {row["name"] for row in table if young[row["name"]] > 8 * (int(row["born_1911_1950"]) + 8)}
    maghreb = {name for name in rising if MAGHREB.match(name)}
    rows: list[list[object]] = []
    for pool, kind, names in pools(json.loads(faker_js.read_text(encoding="utf-8"))):
        spellings = {*map(registered, names)} | maghreb if (pool, kind) == ("maghreb", "S") else {*names}
        for name in sorted(spellings):
            spelt = registered(name)
            if len(spelt) > 1:
                weight = FLOOR + young.get(spelt, 0) // 4 if kind == "S" else 1
                rows.append([pool, kind, spelt if kind == "S" else name, weight])
    write(target / "foreign_names.csv.gz", ["pool", "kind", "name", "weight"], rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
