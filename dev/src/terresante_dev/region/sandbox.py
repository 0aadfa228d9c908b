"""People for the sandbox: persons of the registry in the shape in which dev enrols patients."""

from __future__ import annotations

from datetime import date

from terresante_dev.personas.people import Patient
from terresante_dev.region.registry import Chunk, Registry
from terresante_dev.region.vocabulary import vocabulary

FRENCH = "FR"


def patients(count: int, seed: int) -> list[Patient]:
    """`count` invented patients: households included, keys `region-00000000` and on; the same seed, the same people."""
    return [patient for chunk in Registry(count, seed).chunks() for patient in _patients(chunk)]


def _patients(chunk: Chunk) -> list[Patient]:
    words = vocabulary()
    found = []
    for row, (key, name, given, birth, sex, place) in enumerate(chunk.rows()):
        first = str(words.given_registered[chunk.given[row, 0]])
        abroad = words.countries.get(place, FRENCH)
        # A former commune has the postal code of the one that took it in.
        now = next((code for code in (place, *words.other_codes.get(place, ())) if code in words.postal_codes), "")
        postal = words.postal_codes.get(now, [])[:1] if abroad == FRENCH else []
        found.append(
            Patient(
                key=f"region-{key}",
                birth_name=name,
                first_name=first,
                given_names=given,
                birth_date=date.fromisoformat(birth),
                sex="F" if sex == "F" else "M",
                birth_postal_code="".join(postal),
                description="patient de la région inventée",
                birth_country=abroad,
            )
        )
    return found
