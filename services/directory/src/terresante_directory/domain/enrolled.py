"""What an act says when somebody or something is enrolled, or a place of practice begins or ends."""

from collections.abc import Sequence
from datetime import datetime

from terresante_directory.domain.facts import Content, Fact, Span, Statement
from terresante_directory.domain.professionals import Place, Professional
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.structures import Structure
from terresante_directory.domain.subjects import of_place, of_professional, of_structure


def professional_content(professional: Professional) -> Content:
    return {
        "rpps": professional.rpps.value if professional.rpps else "",
        "family_name": professional.family_name,
        "given_name": professional.given_name,
        "profession": professional.profession,
    }


def place_content(professional: Professional, place: Place) -> Content:
    """`continues_since`: ISO, when the place that it continues began; blank if it continues none."""
    return {
        "professional_id": str(professional.id),
        "structure_id": str(place.structure),
        "role": place.role,
        "continues_since": place.continues_since.isoformat() if place.continues_since else "",
    }


def structure_enrolled(structure: Structure, at: datetime) -> list[Statement]:
    """It is what it is from then on."""
    content = StructureContent.of_structure(structure).content()
    return [Statement(of_structure(structure.id), Span(at), content)]


def professional_enrolled(professional: Professional, at: datetime) -> list[Statement]:
    """They are who they are from then on, and practise in their places."""
    said = Statement(of_professional(professional.id), Span(at), professional_content(professional))
    return [said, *(begun for place in professional.places for begun in place_begun(professional, place))]


def professional_corrected(right: Professional, known: Sequence[Fact]) -> list[Statement]:
    """For all times of which anything was said."""
    content = professional_content(right)
    return [Statement(fact.subject, fact.span, content) for fact in known]


def place_begun(professional: Professional, place: Place) -> list[Statement]:
    return [Statement(of_place(place.id), Span(place.since, place.until), place_content(professional, place))]


def place_ended(professional: Professional, place: Place) -> list[Statement]:
    """Nothing of it is said from its end on; of one that ended as it began, that it was."""
    gone = Statement(of_place(place.id), Span(place.since), None)
    return [gone, *place_begun(professional, place)]
