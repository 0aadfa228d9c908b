"""Any number of people, for measures and tests of scale."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from terresante_dev.personas import numbers
from terresante_dev.personas.names import FAMILY, MEN, POSTAL_CODES, WOMEN
from terresante_dev.personas.people import Cast, Patient, Place, Professional, Structure

OLDEST, YOUNGEST = date(1922, 1, 1), date(2024, 12, 31)
FIRST_SERIAL = 1_000
"""Smaller serial numbers are the sandbox's."""
_TRADES = (
    ("10", "Médecin", "médecin généraliste"),
    ("60", "Infirmier", "infirmier libéral"),
    ("70", "Masseur-Kinésithérapeute", "masseur-kinésithérapeute"),
    ("21", "Pharmacien", "pharmacien"),
)


def crowd(seed: int, *, professionals: int, patients: int, territory: str = "94-ouest") -> Cast:
    """That many people, with one practice for ten professionals. The same arguments give the same people.

    At most 99,000 professionals. Patients may share a name or a birth date, as in life; never all five
    traits.
    """
    chance = Random(seed)  # noqa: S311 -- not a secret: the point is that it can be repeated
    structures = [_practice(number, territory) for number in range(-(-professionals // 10))]
    return Cast(
        structures,
        (),
        [_professional(number, chance, structures) for number in range(professionals)],
        _patients(patients, chance),
    )


def _practice(number: int, territory: str) -> Structure:
    serial = FIRST_SERIAL + number
    name = f"Maison de santé n° {number + 1}"
    finess = numbers.finess(serial)
    return Structure(f"practice-{number}", name, "cabinet", territory, "94800", "Villejuif", finess)


def _professional(number: int, chance: Random, structures: Sequence[Structure]) -> Professional:
    profession, title, role = chance.choice(_TRADES)
    return Professional(
        f"professional-{number}",
        chance.choice(FAMILY),
        chance.choice(WOMEN + MEN),
        profession,
        title,
        (Place(structures[number // 10].key, role),),
        role,
        rpps=numbers.rpps(FIRST_SERIAL + number),
        card=True,
    )


def _patients(wanted: int, chance: Random) -> list[Patient]:
    found: dict[tuple[str, str, date, str, str], Patient] = {}
    while len(found) < wanted:
        patient = _patient(len(found), chance)
        traits = (
            patient.birth_name,
            patient.first_name,
            patient.birth_date,
            patient.sex,
            patient.birth_postal_code,
        )
        found.setdefault(traits, patient)
    return list(found.values())


def _patient(number: int, chance: Random) -> Patient:
    woman = chance.random() < 0.53
    given = chance.sample(WOMEN if woman else MEN, chance.randint(1, 3))
    return Patient(
        key=f"patient-{number}",
        birth_name=chance.choice(FAMILY).upper(),
        first_name=given[0].upper(),
        given_names=" ".join(given).upper(),
        birth_date=OLDEST + timedelta(days=chance.randrange((YOUNGEST - OLDEST).days)),
        sex="F" if woman else "M",
        birth_postal_code=chance.choice(POSTAL_CODES),
        description="patiente" if woman else "patient",
    )
