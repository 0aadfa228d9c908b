"""This platform's own tables: structures, offers, professionals with their places. Keys are those of the hand-over."""

from collections.abc import Mapping, Sequence

from terresante_directory.domain import words
from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.imports.finess import KINDS
from terresante_directory.domain.imports.formats import unreadable
from terresante_directory.domain.imports.said import (
    MAX_TEXT,
    Line,
    NotSaid,
    Said,
    days,
    filled,
    formulas,
    person_texts,
    structure_texts,
)
from terresante_directory.domain.structures import StructureLevel

LEVELS = {
    "EJ": StructureLevel.LEGAL_ENTITY.value,
    "EG": StructureLevel.SITE.value,
    "OI": StructureLevel.INTERNAL.value,
}
STRUCTURES = (
    "identifiant", "niveau", "nom", "rattachement", "finess", "siren", "siret", "territoire", "adresse",
    "code_postal", "commune", "telephone", "ouverture", "fermeture",
)  # fmt: skip
OFFERS = ("identifiant", "structure", "nom", "champ", "type", "activite", "mode", "ouverture", "fermeture")
PROFESSIONALS = ("identifiant", "rpps", "nom", "prenom", "profession", "structure", "role", "debut", "fin")
MAX_ROLE = 100
MAX_CODE = 40
MONTHS = 12
MAX_AGE = 150


class OwnTable:
    """Reads the lines under a header, whose columns say which table it is."""

    def __init__(self, header: Sequence[str], professions: frozenset[str]) -> None:
        """Raises `FileUnreadable` for columns of none."""
        self._names = [name.strip().lower() for name in header]
        self.width = len(header)
        self._professions = professions
        tables = ((STRUCTURES, self._structure), (OFFERS, self._offer), (PROFESSIONALS, self._place))
        read = next((read for columns, read in tables if set(columns) <= set(self._names)), None)
        if read is None or len(set(self._names)) < len(self._names):
            raise unreadable("ses colonnes ne sont celles d’aucune de nos tables.")
        self._read = read

    def line(self, number: int, cells: Sequence[str]) -> Line:
        """Raises `NotSaid`."""
        told = dict(zip(self._names, (cell.strip() for cell in cells), strict=True))
        if not told["identifiant"]:
            raise NotSaid("KEY_MISSING")
        said, doubts = self._read(told)
        return Line(number, said, tuple(dict.fromkeys(doubts)))

    def _structure(self, told: Mapping[str, str]) -> tuple[tuple[Said, ...], list[str]]:
        if told["niveau"].upper() not in LEVELS:
            raise NotSaid("LEVEL_UNKNOWN")
        opened, closed = days(told["ouverture"], told["fermeture"])
        texts = filled(
            level=LEVELS[told["niveau"].upper()],
            name=told["nom"],
            kind=KINDS.get(told.get("categorie", ""), ""),
            finess=told["finess"],
            siren=told["siren"],
            siret=told["siret"],
            territory_code=told["territoire"],
            address_line=told["adresse"],
            postal_code=told["code_postal"],
            commune_code=told["commune"].upper(),
            phone=told["telephone"][:MAX_TEXT],
            parent=f"id:{told['rattachement']}" if told["rattachement"] else "",
            opened=opened,
            closed=closed,
        )
        content, doubts = structure_texts(texts)
        return (Said(SubjectKind.STRUCTURE, f"id:{told['identifiant']}", content),), doubts

    def _offer(self, told: Mapping[str, str]) -> tuple[tuple[Said, ...], list[str]]:
        opened, closed = days(told["ouverture"], told["fermeture"])
        name = words.tidy(told["nom"])
        if not words.search_words(name) or len(name) > 200 or not words.is_readable(name):
            raise NotSaid("STRUCTURE_NAME_INVALID")
        content = filled(
            structure=f"id:{told['structure']}" if told["structure"] else "",
            name=name,
            field=_code(told["champ"]),
            type=_code(told["type"]),
            activity=_code(told["activite"]),
            care_modes=_code(told["mode"]),
            age_from_months=_months(told.get("age_min", "")),
            age_to_months=_months(told.get("age_max", "")),
            phone=told.get("telephone", "")[:MAX_TEXT],
            confidentiality=_number(told.get("confidentialite", ""), 3),
            capacity=_number(told.get("capacite", ""), 100_000),
            sensitive="true" if told.get("sensible") == "oui" else "",
            opened=opened,
            closed=closed,
            closing_kind=_code(told.get("type_fermeture", "")),
        )
        if "structure" not in content:
            raise NotSaid("STRUCTURE_UNKNOWN")
        return (Said(SubjectKind.OFFER, f"id:{told['identifiant']}", content),), list(formulas(content))

    def _place(self, told: Mapping[str, str]) -> tuple[tuple[Said, ...], list[str]]:
        since, until = days(told["debut"], told["fin"])
        if not told["structure"]:
            raise NotSaid("STRUCTURE_UNKNOWN")
        if told["profession"] not in self._professions:
            raise NotSaid("PROFESSION_UNKNOWN")
        person, doubts = person_texts(told["rpps"], told["nom"], told["prenom"], told["profession"])
        key = f"rpps:{person['rpps']}" if "rpps" in person else f"id:{told['identifiant']}"
        role = words.tidy(told["role"])
        if len(role) > MAX_ROLE or not words.is_readable(role):
            raise NotSaid("PLACE_INVALID")
        place = filled(professional=key, structure=f"id:{told['structure']}", role=role, since=since, until=until)
        said = (
            Said(SubjectKind.PLACE, f"{key}|{place['structure']}|{since}", place),
            Said(SubjectKind.PROFESSIONAL, key, person),
        )
        return said, [*doubts, *formulas(place), *formulas(person)]


def _code(text: str) -> str:
    if len(text) > MAX_CODE or not words.is_readable(text):
        raise NotSaid("NUMBER_INVALID")
    return text


def _number(text: str, most: int) -> str:
    if text and not (text.isdecimal() and text.isascii() and int(text) <= most):
        raise NotSaid("NUMBER_INVALID")
    return text


def _months(years: str) -> str:
    return str(int(_number(years, MAX_AGE)) * MONTHS) if years else ""
