"""What may be part of what (domain §3.1): legal entity, site, internal organisation; and nothing of itself."""

from collections.abc import Collection, Iterable

from terresante_platform.refusals import Invalid

from terresante_directory.domain.facts import Fact
from terresante_directory.domain.sheets import StructureContent
from terresante_directory.domain.structures import StructureLevel, closed_structure

UNDER: dict[str, tuple[str, ...]] = {
    StructureLevel.LEGAL_ENTITY.value: (),
    StructureLevel.SITE.value: (StructureLevel.LEGAL_ENTITY.value,),
    StructureLevel.INTERNAL.value: (StructureLevel.SITE.value, StructureLevel.INTERNAL.value),
}
"""By level: the levels that it may be part of."""


class StructureLevelInvalid(Invalid):
    reason = "STRUCTURE_LEVEL_INVALID"


class StructureParentInvalid(Invalid):
    reason = "STRUCTURE_PARENT_INVALID"


def level(text: str) -> str:
    """Raises `StructureLevelInvalid` for what is none."""
    if text not in UNDER:
        raise StructureLevelInvalid(
            "Une structure est une entité juridique, un site ou une organisation interne.", "Choisissez son niveau."
        )
    return text


def must_fit(said: StructureContent, above: Collection[StructureContent]) -> None:
    """`above`: what is said of its parent for as long as it is part of it; none if it has no parent.

    Raises `StructureParentInvalid`, `StructureClosed`.
    """
    if not said.part_of:
        if said.level == StructureLevel.INTERNAL.value:
            raise parent_invalid()
        return
    if any(parent.closed for parent in above):
        raise closed_structure()
    if not above or any(parent.level not in UNDER[said.level] for parent in above):
        raise parent_invalid()


def must_bear(said: StructureContent, children: Iterable[StructureContent]) -> None:
    """Raises `StructureLevelInvalid` where what is part of it would no longer fit."""
    if any(said.level not in UNDER[child.level] for child in children):
        raise StructureLevelInvalid(
            "Ce niveau ne convient pas : d’autres structures font partie de celle-ci.",
            "Déplacez-les d’abord, ou gardez le niveau.",
        )


def must_not_contain(id: str, ancestors: Iterable[Fact]) -> None:
    """Raises `StructureParentInvalid` when a structure is among what is above its new parent, or that parent."""
    if any(fact.subject.id == id for fact in ancestors):
        raise StructureParentInvalid(
            "Une structure ne peut pas faire partie d’elle-même.", "Choisissez une autre structure de rattachement."
        )


def parent_invalid() -> StructureParentInvalid:
    return StructureParentInvalid(
        "Cette structure ne peut pas faire partie de celle-là : un site relève d’une entité juridique ou de rien, une "
        "organisation interne d’un site ou d’une autre organisation interne, une entité juridique de rien.",
        "Corrigez le niveau ou le rattachement.",
    )
