"""The national directory's open-access extract (`PS_LibreAcces_Personne_activite`): a line tells an activity.

It never enrols anybody by itself: of people, only those enrolled here are corrected, and their places; of structures,
new ones of the territory are proposed. All that it says is kept as what the source says.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.imports.formats import unreadable
from terresante_directory.domain.imports.said import (
    Line,
    NotSaid,
    Said,
    filled,
    formulas,
    person_texts,
    structure_texts,
)

RPPS_TYPE = "8"
ABROAD = "99"
COLUMNS = {
    "type": "type d'identifiant pp",
    "number": "identifiant pp",
    "family_name": "nom d'exercice",
    "given_name": "prénom d'exercice",
    "profession": "code profession",
    "siret": "numéro siret site",
    "finess": "numéro finess site",
    "technical": "identifiant technique de la structure",
    "legal_name": "raison sociale site",
    "sign": "enseigne commerciale site",
    "house": "numéro voie (coord. structure)",
    "repeated": "indice répétition voie (coord. structure)",
    "street_kind": "libellé type de voie (coord. structure)",
    "street": "libellé voie (coord. structure)",
    "postal_code": "code postal (coord. structure)",
    "commune_code": "code commune (coord. structure)",
    "commune": "libellé commune (coord. structure)",
    "phone": "téléphone (coord. structure)",
}
"""Names in the header, compared in lower case: their capitals differ between editions."""
PLACED = tuple(COLUMNS)[5:]
"""What tells of the structure."""
MOST_KEPT = 50_000


class Annuaire:
    """Reads the lines under a header."""

    def __init__(self, header: Sequence[str], professions: frozenset[str]) -> None:
        """`professions`: codes known here. Raises `FileUnreadable` when a column is missing."""
        names = [name.strip().lower() for name in header]
        if any(name not in names for name in COLUMNS.values()):
            raise unreadable("une colonne de l’extrait national manque dans l’en-tête.")
        self._places = {field: names.index(name) for field, name in COLUMNS.items()}
        self.width = len(header)
        self._professions = professions
        self._structure = lru_cache(MOST_KEPT)(_structure)
        self._told = OrderedDict[str, Said]()

    def line(self, number: int, cells: Sequence[str]) -> Line:
        """Its activity: the place, the professional, the structure; only the professional where they have no place.

        Raises `NotSaid`.
        """
        told = {field: cells[place].strip() for field, place in self._places.items()}
        person, doubts = self._person(told)
        structure = self._structure(tuple(told[field] for field in PLACED))
        if structure is None:
            return Line(number, (person,), tuple(doubts))
        site, more = structure
        place = Said(SubjectKind.PLACE, f"{person.key}|{site.key}", filled(professional=person.key, structure=site.key))
        said = (place, person) if self._is_told(site) else (place, person, site)
        return Line(number, said, tuple(dict.fromkeys((*doubts, *more))))

    def _is_told(self, site: Said) -> bool:
        """Whether a line above said just that: a structure comes with each of its professionals."""
        if self._told.get(site.key) is site:
            return True
        self._told[site.key] = site
        if len(self._told) > MOST_KEPT:
            self._told.popitem(last=False)
        return False

    def _person(self, told: Mapping[str, str]) -> tuple[Said, list[str]]:
        if not told["number"]:
            raise NotSaid("KEY_MISSING")
        is_rpps = told["type"] == RPPS_TYPE
        number = told["number"] if is_rpps else ""
        content, doubts = person_texts(number, told["family_name"], told["given_name"], told["profession"])
        doubts += formulas(content)
        if content.get("profession") not in self._professions:
            doubts.append("PROFESSION_UNKNOWN")
            content.pop("profession", None)
        key = f"rpps:{content['rpps']}" if is_rpps else f"{told['type']}:{told['number']}"
        return Said(SubjectKind.PROFESSIONAL, key, content), doubts


def _structure(cells: tuple[str, ...]) -> tuple[Said, tuple[str, ...]] | None:
    """`cells`: those of `PLACED`. Raises `NotSaid`."""
    told = dict(zip(PLACED, cells, strict=True))
    key = _key(told)
    if not key or not (told["sign"] or told["legal_name"]):
        return None
    street = (told["house"], told["repeated"], told["street_kind"], told["street"])
    is_abroad = told["commune_code"].startswith(ABROAD)
    texts = filled(
        name=told["sign"] or told["legal_name"],
        finess=told["finess"],
        siret=told["siret"],
        address_line=" ".join(part for part in street if part),
        postal_code="" if is_abroad else told["postal_code"],
        commune=told["commune"],
        commune_code="" if is_abroad else told["commune_code"],
        phone=told["phone"],
    )
    content, doubts = structure_texts(texts)
    return Said(SubjectKind.STRUCTURE, key, content), tuple(doubts)


def _key(told: Mapping[str, str]) -> str:
    """FINESS, else SIRET, else the source's own."""
    for field in ("finess", "siret"):
        if told[field]:
            return f"{field}:{told[field]}"
    return f"id:{told['technical']}" if told["technical"] else ""
