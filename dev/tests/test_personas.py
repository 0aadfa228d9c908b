"""Made-up people: numbers that the rules accept, names that the RNIV allows, the same people each time."""

import json
import re
from pathlib import Path

import pytest
from terresante_dev.personas import (
    Administrator,
    Cast,
    Feeder,
    Patient,
    Professional,
    Structure,
    crowd,
    numbers,
    sandbox,
)
from terresante_directory.domain import feeders, identifiers

ROOT = Path(__file__).resolve().parents[2]
STRICT_TRAIT = re.compile(r"[A-Z]+(?:(?:-{1,2}|[' ])[A-Z]+)*")
CASTS = [sandbox(), crowd(3, professionals=25, patients=300)]


def test_keys_are_those_of_official_samples() -> None:
    assert numbers.rpps(21889) == "99700218896"
    assert numbers.key("41930067") == "8"
    assert numbers.key("4193006780006") == "9"


@pytest.mark.parametrize("serial", [0, 1, 42, 9999])
def test_the_directory_takes_the_numbers_without_a_doubt(serial: int) -> None:
    assert identifiers.rpps(numbers.rpps(serial)).doubts() == ()
    assert identifiers.finess_doubts(identifiers.finess(numbers.finess(serial))) == ()
    assert identifiers.siret(numbers.siret(serial)) == numbers.siret(serial)


def test_a_serial_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="5 digits"):
        numbers.rpps(100_000)


def test_a_seed_always_gives_the_same_people_and_another_seed_others() -> None:
    first, again, other = (crowd(seed, professionals=5, patients=50) for seed in (1, 1, 2))

    assert first == again
    assert first.patients != other.patients


@pytest.mark.parametrize("cast", CASTS, ids=["sandbox", "crowd"])
def test_everybody_has_a_key_a_number_and_a_place_of_their_own(cast: Cast) -> None:
    people: list[Administrator | Professional | Patient | Feeder] = [
        *cast.administrators,
        *cast.professionals,
        *cast.patients,
        *cast.feeders,
    ]
    structures = {structure.key for structure in cast.structures}
    rpps = [professional.rpps for professional in cast.professionals if professional.rpps]

    assert len({person.key for person in people}) == len(people)
    assert len(set(rpps)) == len(rpps)
    for professional in cast.professionals:
        assert professional.places
        assert {place.structure for place in professional.places} <= structures


@pytest.mark.parametrize("cast", CASTS, ids=["sandbox", "crowd"])
def test_patients_have_traits_that_the_rniv_allows_and_no_two_the_same(cast: Cast) -> None:
    traits = {(one.birth_name, one.first_name, one.birth_date, one.sex, one.birth_postal_code) for one in cast.patients}

    assert len(traits) == len(cast.patients)
    for patient in cast.patients:
        assert STRICT_TRAIT.fullmatch(patient.birth_name)
        assert STRICT_TRAIT.fullmatch(patient.first_name)
        assert patient.given_names.startswith(patient.first_name)


def test_the_sandbox_speaks_of_territories_and_professions_that_exist() -> None:
    data = ROOT / "services" / "directory" / "src" / "terresante_directory" / "data"
    territories = json.loads((data / "territories.json").read_text(encoding="utf-8"))["territories"]
    professions = json.loads((data / "professions.json").read_text(encoding="utf-8"))["professions"]
    cast = sandbox()
    places: list[Structure | Administrator] = [*cast.structures, *cast.administrators]
    used = {each.territory for each in places}

    assert used <= {territory["code"] for territory in territories if territory["started"]}
    assert {each.profession for each in cast.professionals} <= {profession["code"] for profession in professions}


def test_the_sandboxs_feeders_are_those_of_its_structures_under_an_invented_arc() -> None:
    cast = sandbox()
    homes = {structure.key: structure for structure in cast.structures}
    issuers = [issuer for feeder in cast.feeders for issuer in feeder.issuers]

    assert len(set(issuers)) == len(issuers)
    for feeder in cast.feeders:
        home = homes[feeder.structure]
        assert home.finess or home.siret
        assert feeders.known_policy(feeder.policy) == feeder.policy
        for issuer in feeder.issuers:
            assert feeders.OID.fullmatch(issuer)
            assert issuer.startswith("1.2.250.1.999.")


def test_the_sandboxs_officer_is_of_a_territory_that_has_an_administrator() -> None:
    cast = sandbox()
    named = [code for professional in cast.professionals for code in professional.officer_of]

    assert named
    assert set(named) <= {administrator.territory for administrator in cast.administrators}
