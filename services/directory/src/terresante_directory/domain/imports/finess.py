"""The FINESS extract of establishments: 31 fields in a fixed order after `structureet`, no header of columns."""

from collections.abc import Sequence
from types import MappingProxyType

from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.imports.said import Line, NotSaid, Said, day, filled, structure_texts
from terresante_directory.domain.structures import StructureKind, StructureLevel

FIELDS = (
    "nofinesset", "nofinessej", "rs", "rslongue", "complrs", "compldistrib", "numvoie", "typvoie", "voie", "compvoie",
    "lieuditbp", "commune", "departement", "libdepartement", "ligneacheminement", "telephone", "telecopie",
    "categetab", "libcategetab", "categagretab", "libcategagretab", "siret", "codeape", "codemft", "libmft", "codesph",
    "libsph", "dateouv", "dateautor", "datemaj", "numuai",
)  # fmt: skip
RECORD = "structureet"
SKIPPED = ("finess", "geolocalisation")
"""The first line, and the records of the geolocated edition."""
KINDS = MappingProxyType(
    {
        "355": StructureKind.HOSPITAL_SERVICE.value,
        "365": StructureKind.HOSPITAL_SERVICE.value,
        "101": StructureKind.HOSPITAL_SERVICE.value,
        "500": StructureKind.NURSING_HOME.value,
        "620": StructureKind.PHARMACY.value,
        "611": StructureKind.LABORATORY.value,
    }
)
"""By category of establishment (TRE_R66): codes and labels as in `data/value_sets.json`, `establishment_categories`."""


class Finess:
    """Reads its lines."""

    def line(self, number: int, cells: Sequence[str]) -> Line | None:
        """The establishment; None for a record that says none. Raises `NotSaid`."""
        if cells[0].strip() in SKIPPED:
            return None
        if cells[0].strip() != RECORD or not len(FIELDS) <= len(cells) <= len(FIELDS) + 2:
            raise NotSaid("WRONG_FIELD_COUNT")
        told = dict(zip(FIELDS, (cell.strip() for cell in cells[1:]), strict=False))
        if not told["nofinesset"]:
            raise NotSaid("KEY_MISSING")
        street = (told["numvoie"], told["typvoie"], told["voie"], told["compvoie"])
        postal_code, _, town = told["ligneacheminement"].partition(" ")
        texts = filled(
            name=told["rslongue"] or told["rs"],
            level=StructureLevel.SITE.value,
            kind=KINDS.get(told["categetab"], ""),
            finess=told["nofinesset"],
            siret=told["siret"],
            address_line=" ".join(part for part in street if part),
            postal_code=postal_code,
            commune=town,
            commune_code=_cog(told["departement"], told["commune"]),
            phone=told["telephone"],
            opened=day(told["dateouv"]),
        )
        content, doubts = structure_texts(texts)
        if told["nofinessej"]:
            content["parent"] = f"finess:{told['nofinessej']}"
        return Line(number, (Said(SubjectKind.STRUCTURE, f"finess:{content['finess']}", content),), tuple(doubts))


def _cog(department: str, commune: str) -> str:
    """Overseas the department has three characters, and the commune two more."""
    return f"{department[:2]}{commune}" if len(commune) == 3 and department else ""
