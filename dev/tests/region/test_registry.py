"""The invented registry: reproducible, spelt as the RNIV wants, shaped like the region."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from terresante_dev.region.__main__ import write_registry
from terresante_dev.region.families import NOBODY
from terresante_dev.region.registry import CHUNK, Chunk, Registry

NAME = re.compile(r"^[A-Z]+(?:(?:-{1,2}|[' ])[A-Z]+)*$")
GIVEN = re.compile(r"^[A-Z]+(?:[-' ][A-Z]+)*$")
PLACE = re.compile(r"^(?:\d{5}|2[AB]\d{3})$")


@pytest.fixture(scope="module")
def chunk() -> Chunk:
    return Registry(CHUNK, 5).chunk(0)


def _bytes(folder: Path, seed: int) -> str:
    folder.mkdir()
    write_registry(Registry(1_000, seed), folder)
    return hashlib.sha256((folder / "registry.csv").read_bytes()).hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_people(tmp_path: Path) -> None:
    assert _bytes(tmp_path / "one", 1) == _bytes(tmp_path / "again", 1)
    assert _bytes(tmp_path / "other", 2) != _bytes(tmp_path / "one_more", 1)
    first, second = ({row[1:] for row in Registry(5_000, seed).chunk(0).rows()} for seed in (1, 2))
    assert not first & second


def test_a_smaller_registry_is_the_beginning_of_a_larger_one(chunk: Chunk) -> None:
    assert Registry(300, 5).chunk(0).rows() == chunk.rows()[:300]


def test_a_registry_has_exactly_its_size_and_no_number_twice() -> None:
    numbers = [row[0] for part in Registry(CHUNK + 7, 5).chunks() for row in part.rows()]
    assert len(numbers) == len(set(numbers)) == CHUNK + 7


def test_names_fit_the_alphabet_of_the_rniv(chunk: Chunk) -> None:
    for part in (chunk, chunk.spare):
        assert part is not None
        assert [name for name in part.birth_name if not NAME.match(name)] == []
        assert [names for names in part.first_names if not GIVEN.match(names)] == []
        assert [name for name in part.usage_name if name and not NAME.match(name)] == []


def test_places_are_codes_of_communes_and_countries(chunk: Chunk) -> None:
    assert [row[5] for row in chunk.rows() if not PLACE.match(row[5])] == []


def test_nobody_carries_anything_like_an_ins(chunk: Chunk) -> None:
    assert not any(re.search(r"\d{10}|\d{6}[0-9A-B]\d{6}", field) for row in chunk.rows() for field in row)


def test_no_two_persons_share_all_five_traits(chunk: Chunk) -> None:
    assert len({row[1:] for row in chunk.rows()}) == len(chunk)


def test_ages_sexes_and_places_are_those_of_the_region(chunk: Chunk) -> None:
    ages = 2026 - (chunk.birth.astype("datetime64[Y]").astype(np.int64) + 1970)
    shares = np.histogram(ages, bins=[0, 20, 40, 60, 80, 130])[0] / len(chunk)
    assert np.allclose(shares, [0.22, 0.28, 0.28, 0.18, 0.045], atol=0.03)
    assert 0.48 < (chunk.sex == 0).mean() < 0.53
    places = Counter(
        "here" if row[5][:2] in {"75", "77", "78", "91", "92", "93", "94", "95"} else row[5][:2] for row in chunk.rows()
    )
    assert 0.58 < places["here"] / len(chunk) < 0.70
    assert 0.09 < places["99"] / len(chunk) < 0.16
    assert 0.007 < places["97"] / len(chunk) < 0.02
    assert places["2A"] and places["2B"]


def test_surnames_are_spread_as_frequencies_say(chunk: Chunk) -> None:
    names = Counter(chunk.birth_name)
    assert names.most_common(1)[0][0] == "MARTIN"
    assert 0.004 < names["MARTIN"] / len(chunk) < 0.011  # families make it lumpy: INSEE says 0.35 %
    assert sum(count == 1 for count in names.values()) / len(chunk) > 0.15
    joined = Counter(mark for name in chunk.birth_name for mark in " -'" if mark in name)
    assert joined[" "] > 0.03 * len(chunk) and joined["-"] > 0.004 * len(chunk) and joined["'"] > 5
    assert sum("--" in name for name in chunk.birth_name) > 5


def test_people_have_one_to_three_given_names(chunk: Chunk) -> None:
    many = Counter((chunk.given != NOBODY).sum(axis=1).tolist())
    assert many.keys() == {1, 2, 3}
    assert min(many.values()) > 0.2 * len(chunk)


def _siblings(chunk: Chunk) -> list[tuple[int, int]]:
    order = np.lexsort((chunk.birth, chunk.household))
    mother = chunk.household[order]
    beside = np.flatnonzero((mother[1:] == mother[:-1]) & (mother[1:] >= 0))
    return list(zip(order[beside].tolist(), order[beside + 1].tolist(), strict=True))


def test_twins_share_name_date_and_place_but_not_the_first_name(chunk: Chunk) -> None:
    twins = [(one, other) for one, other in _siblings(chunk) if chunk.birth[one] == chunk.birth[other]]
    assert 80 < len(twins) < 350
    for one, other in twins:
        assert chunk.birth_name[one] == chunk.birth_name[other] and chunk.place[one] == chunk.place[other]
    first = [names.split(" ")[0] for names in chunk.first_names]
    assert all(first[one] != first[other] for one, other in _siblings(chunk))
    alike = sum(first[one][:3] == first[other][:3] for one, other in twins)
    assert alike > 0.1 * len(twins)
    assert 0.1 < sum(chunk.sex[one] != chunk.sex[other] for one, other in twins) / len(twins) < 0.3


def test_some_children_are_named_as_their_parent(chunk: Chunk) -> None:
    named = Counter(
        (clan, name, first.split(" ")[0], sex)
        for clan, name, first, sex in zip(chunk.clan, chunk.birth_name, chunk.first_names, chunk.sex, strict=True)
    )
    assert sum(count > 1 for count in named.values()) > 20


def test_many_women_and_few_men_go_by_another_name(chunk: Chunk) -> None:
    other = chunk.usage_name != ""
    assert 0.3 < other[chunk.sex == 0].mean() < 0.6
    assert other[chunk.sex == 1].mean() < 0.03


def test_the_first_of_january_is_too_frequent_as_in_life(chunk: Chunk) -> None:
    days = Counter(str(date)[5:] for date in chunk.birth)
    assert days.most_common(1)[0][0] == "01-01"
    assert days["01-01"] > 1.5 * len(chunk) / 365
