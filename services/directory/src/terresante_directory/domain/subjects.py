"""What a subject's content says of where it belongs: under which structure, in which territory, with which number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from terresante_directory.domain.facts import Content, Fact, NewFact, Subject, SubjectKind
from terresante_directory.domain.identifiers import PlaceId, ProfessionalId, StructureId
from terresante_directory.domain.professionals import already_registered as professional_already
from terresante_directory.domain.professionals import place_already
from terresante_directory.domain.structures import StructureLevel
from terresante_directory.domain.structures import already_registered as structure_already


@dataclass(frozen=True, slots=True)
class Belonging:
    """`parent`: the structure it is under or at. `territory`: None where its structure's is meant.

    `key`: no other subject has the same at the same time.
    """

    parent: str | None = None
    territory: str | None = None
    key: str | None = None


def of_structure(id: StructureId) -> Subject:
    return Subject(SubjectKind.STRUCTURE, str(id))


def of_offer(id: UUID) -> Subject:
    return Subject(SubjectKind.OFFER, str(id))


def of_professional(id: ProfessionalId) -> Subject:
    return Subject(SubjectKind.PROFESSIONAL, str(id))


def of_place(id: PlaceId) -> Subject:
    return Subject(SubjectKind.PLACE, str(id))


def belonging(subject: Subject, content: Content) -> Belonging:
    """Where a subject belongs, of which this is said."""
    match subject.kind:
        case SubjectKind.STRUCTURE:
            return Belonging(_text(content, "part_of"), _text(content, "territory_code"), _structure_key(content))
        case SubjectKind.OFFER:
            return Belonging(parent=_text(content, "structure_id"))
        case SubjectKind.PROFESSIONAL:
            rpps = _text(content, "rpps")
            return Belonging(key=f"rpps:{rpps}" if rpps else None)
        case SubjectKind.PLACE:
            structure = _text(content, "structure_id")
            return Belonging(parent=structure, key=f"place:{content['professional_id']}:{structure}")
        case SubjectKind.COMMUNE:
            return Belonging(territory=_text(content, "territory_code"))
        case SubjectKind.TERRITORY:
            return Belonging(territory=subject.id)


def moved(said: Iterable[Fact | NewFact]) -> set[UUID]:
    """The structures of which this says two different things of where they are, or whether they are closed."""
    where: dict[Subject, set[tuple[object, ...]]] = {}
    for one in said:
        if one.subject.kind is SubjectKind.STRUCTURE:
            place = tuple(one.content[name] for name in ("territory_code", "part_of", "closed"))
            where.setdefault(one.subject, set()).add(place)
    return {UUID(subject.id) for subject, places in where.items() if len(places) > 1}


def label(subject: Subject, content: Content) -> str:
    """How the subject is called for people; blank for a place, whose professional and structure have the names."""
    if subject.kind is SubjectKind.PROFESSIONAL:
        return f"{content['given_name']} {content['family_name']}"
    if subject.kind is SubjectKind.PLACE:
        return _text(content, "role") or ""
    if subject.kind is SubjectKind.COMMUNE:
        return subject.id
    return _text(content, "name") or ""


def key_taken(kind: SubjectKind) -> Exception:
    """The refusal when another subject of this kind has the same key at the same time."""
    refusals: Mapping[SubjectKind, Exception] = {
        SubjectKind.STRUCTURE: structure_already(),
        SubjectKind.PROFESSIONAL: professional_already(),
        SubjectKind.PLACE: place_already(),
    }
    return refusals[kind]


def _structure_key(content: Content) -> str | None:
    """Units bear the number of their site, and a closed structure's may be taken up again."""
    if content["closed"] or content["level"] == StructureLevel.INTERNAL.value:
        return None
    if finess := _text(content, "finess"):
        return f"finess:{finess}"
    siret = _text(content, "siret")
    return f"siret:{siret}" if siret else None


def _text(content: Content, name: str) -> str | None:
    value = content[name]
    return str(value) if value else None
