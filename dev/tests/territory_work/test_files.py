"""The files of the field: their exact shapes, and the committed samples."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from terresante_dev.territory_work import annuaire, finess, ground, own, samples, words
from terresante_dev.territory_work.making import Size, directory
from terresante_dev.territory_work.model import Directory
from terresante_dev.territory_work.past import changes

DAY = date(2026, 1, 5)
SAMPLES = Path(__file__).resolve().parents[3] / "services" / "directory" / "tests" / "samples"


@pytest.fixture(scope="module")
def made() -> Directory:
    return directory(Size(structures=800, professionals=1_500, offers=600, territories=22), 5, DAY)


def test_each_line_of_the_national_extract_has_56_columns_and_a_bar_after_each(made: Directory) -> None:
    lines = list(annuaire.lines(made))

    assert len(annuaire.COLUMNS) == len(set(annuaire.COLUMNS)) == 56
    assert lines[0].split("|")[:3] == ["Type d'identifiant PP", "Identifiant PP", "Identification nationale PP"]
    assert all(line.count("|") == 56 and line.endswith("|") for line in lines)


def test_the_national_extract_has_a_line_for_each_place_of_the_day(made: Directory) -> None:
    rows = [_row(line) for line in list(annuaire.lines(made))[1:]]
    known = {one.key: one for one in made.professionals if one.rpps}
    current = [
        place
        for place in made.places
        if place.professional in known and place.since <= DAY and (place.until is None or place.until > DAY)
    ]
    nowhere = set(known) - {place.professional for place in current}

    assert len(rows) == len(current) + len(nowhere)
    assert {row["Identification nationale PP"] for row in rows} == {f"8{one.rpps}" for one in known.values()}
    assert sum(row["Numéro SIRET site"] == "" for row in rows) == len(nowhere) > 0


def test_communes_and_sectors_of_the_national_extract_are_national_codes(made: Directory) -> None:
    placed = [row for line in list(annuaire.lines(made))[1:] if (row := _row(line))["Numéro SIRET site"]]

    assert {row["Code commune (coord. structure)"] for row in placed} <= set(ground.communes())
    assert {row["Code secteur d'activité"] for row in placed} <= set(words.SECTORS)


def test_each_line_of_the_finess_extract_has_32_fields_below_its_first_record(made: Directory) -> None:
    first, *lines = finess.lines(made, edition=99)

    assert first == "finess;etalab;99;2026-01-05"
    assert lines
    assert all(line.startswith("structureet;") and line.count(";") == 31 for line in lines)


def test_the_finess_extract_has_the_open_sites_that_have_a_number(made: Directory) -> None:
    told = {line.split(";")[1] for line in list(finess.lines(made))[1:]}

    assert told == {one.finess for one in made.sites if one.finess and (one.closed is None or one.closed > DAY)}


def test_a_commune_of_the_finess_extract_is_its_department_and_three_digits(made: Directory) -> None:
    rows = [line.split(";")[1:] for line in list(finess.lines(made))[1:]]
    rank = {name: number for number, name in enumerate(finess.FIELDS)}

    assert {row[rank["departement"]] + row[rank["commune"]] for row in rows} <= set(ground.communes())


def test_our_own_files_have_a_row_for_each_thing(made: Directory, tmp_path: Path) -> None:
    own.write(made, changes(made, 5), tmp_path)
    structures, offers, professionals = (
        _read(tmp_path / name) for name in ("structures.csv", "offres.csv", "professionnels.csv")
    )

    assert len(structures) == made.structures
    assert len(offers) == len(made.offers)
    assert len(professionals) == len(made.places)
    assert tuple(structures[0]) == own.STRUCTURES
    assert len(_read(tmp_path / "historique.csv")) == len(changes(made, 5))


def test_a_row_of_our_own_file_refers_to_a_row_above_it(made: Directory, tmp_path: Path) -> None:
    own.write(made, changes(made, 5), tmp_path)
    seen = {""}
    for row in _read(tmp_path / "structures.csv"):
        assert row["rattachement"] in seen
        seen.add(row["identifiant"])


def test_an_older_encoding_loses_only_what_it_lacks(made: Directory, tmp_path: Path) -> None:
    annuaire.write(made, tmp_path / "old.txt", "iso-8859-15")
    annuaire.write(made, tmp_path / "new.txt")
    old = (tmp_path / "old.txt").read_text(encoding="iso-8859-15")
    new = (tmp_path / "new.txt").read_text(encoding="utf-8")

    assert old == new.replace("’", "?")
    assert "É" in old


def test_codes_of_offers_and_sites_are_in_the_directory_s_value_sets() -> None:
    text = (files("terresante_directory") / "data" / "value_sets.json").read_text(encoding="utf-8")
    known = {name: {one["code"]: one for one in told["codes"]} for name, told in json.loads(text)["value_sets"].items()}

    for offered in (one for some in words.OFFERS.values() for one in some):
        for name, code in (
            ("activity_fields", offered.field),
            ("offer_types", offered.type),
            ("activities", offered.activity),
            ("care_modes", offered.care_mode),
        ):
            assert code in known[name], (offered.name, name, code)
    for kind in words.KINDS:
        assert kind.legal_status in known["legal_statuses"]
        assert not kind.category or kind.category in known["establishment_categories"]
    assert {code: known["activity_sectors"][code]["label"] for code in words.SECTORS} == words.SECTORS


def test_professions_are_the_directory_s() -> None:
    text = (files("terresante_directory") / "data" / "professions.json").read_text(encoding="utf-8")

    assert {trade.code for trade in words.TRADES} <= {one["code"] for one in json.loads(text)["professions"]}


def test_the_committed_samples_are_what_the_command_writes(tmp_path: Path) -> None:
    samples.main(tmp_path)

    for file in tmp_path.iterdir():
        assert (SAMPLES / file.name).read_bytes() == file.read_bytes(), f"write {file.name} again"


def test_the_command_writes_six_files_and_says_how_much(tmp_path: Path) -> None:
    few = ("--structures", "40", "--professionals", "60", "--offers", "20", "--territories", "15")
    command = [sys.executable, "-m", "terresante_dev.territory_work", *few, "--out", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert "40 structures, 60 professionals" in done.stdout
    assert "20 offers, 15 territories" in done.stdout
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "PS_LibreAcces_Personne_activite_202601050000.txt",
        "etalab-cs1100502-stock-20260105-0000.csv",
        "historique.csv",
        "offres.csv",
        "professionnels.csv",
        "structures.csv",
    ]


def _row(line: str) -> dict[str, str]:
    return dict(zip(annuaire.COLUMNS, line.split("|"), strict=False))


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=";"))
