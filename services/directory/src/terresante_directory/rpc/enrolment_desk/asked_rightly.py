"""Whether what a correspondent asks is about their own structure, and could be said at all."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import parsed

from terresante_directory.domain.changing import closing_kind
from terresante_directory.domain.identifiers import ProfessionalId, StructureId
from terresante_directory.domain.offers import unknown_offer
from terresante_directory.domain.professionals import typed_role
from terresante_directory.domain.requests import ChangeKind, invalid
from terresante_directory.domain.typed_offers import typed_offer
from terresante_directory.domain.typed_structures import typed_structure
from terresante_directory.store import professionals, requests
from terresante_directory.wire import offers, structures
from terresante_directory.wire.moments import starting


async def must_be_of(connection: AsyncConnection, structure: StructureId, kind: ChangeKind, change: Any) -> None:
    """Raises `RequestInvalid`, `OfferUnknown`, `ProfessionalUnknown`: it is about another structure, or nothing."""
    if kind in (ChangeKind.ADD_PLACE, ChangeKind.END_PLACE):
        professional = ProfessionalId(parsed(change.professional_id, "professional_id"))
        await professionals.must_exist(connection, professional)
        if kind is ChangeKind.END_PLACE:
            return await _must_be_a_place_of(connection, structure, professional, change.place_id)
    if kind in (ChangeKind.CHANGE_OFFER, ChangeKind.CLOSE_OFFER):
        if await requests.structure_of_offer(connection, parsed(change.offer_id, "offer_id")) != structure:
            raise unknown_offer()
    elif _about(kind, change) != str(structure):
        raise invalid("Ce changement concerne une autre structure.")
    return None


def _about(kind: ChangeKind, change: Any) -> str:
    """The structure that a change names."""
    said = {ChangeKind.ENROL_OFFER: "content", ChangeKind.ADD_PLACE: "place"}.get(kind)
    return str((getattr(change, said) if said else change).structure_id)


async def _must_be_a_place_of(
    connection: AsyncConnection, structure: StructureId, professional: ProfessionalId, id: str
) -> None:
    known = (await professionals.get_many(connection, [professional]))[professional].places
    wanted = parsed(id, "place_id")
    if not any(place.id == wanted and place.structure == structure for place in known):
        raise invalid("Ce lieu d’exercice n’est pas dans votre structure.")


def must_be_sayable(kind: ChangeKind, change: Any, at: datetime) -> None:
    """Raises what the change itself would for what is typed wrong: who asks mends it, not who decides."""
    if kind is ChangeKind.CHANGE_STRUCTURE:
        typed_structure(structures.typed_content(change.content))
    if kind in (ChangeKind.CHANGE_OFFER, ChangeKind.ENROL_OFFER):
        typed_offer(offers.typed_content(change.content), at)
    if kind is ChangeKind.CLOSE_OFFER:
        closing_kind(change.closing_kind)
    if kind is ChangeKind.ADD_PLACE:
        typed_role(change.place.role)
    if "from" in change.DESCRIPTOR.fields_by_name:
        starting(change, at)
