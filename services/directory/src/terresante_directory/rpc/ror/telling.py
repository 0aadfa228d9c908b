"""Offers as each reader is told them: R-ROR1, R-ROR2 and R-ROR3 before anything is returned."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory.domain.disclosure import Disclosure, Reader, is_shown
from terresante_directory.domain.facts import Moment, Told
from terresante_directory.domain.identifiers import StructureId
from terresante_directory.domain.offers import OfferContent
from terresante_directory.domain.subjects import of_offer, of_structure
from terresante_directory.store import facts, offers
from terresante_directory.store.offers import Found
from terresante_directory.wire.offers import Given, sheet_to_proto

Who = tuple[Disclosure, Reader]
"""The grid, and who reads."""


async def sheets(
    connection: AsyncConnection, ids: Sequence[UUID], moment: Moment, who: Who, with_closed: bool
) -> list[pb.OfferSheet]:
    """Offers at a moment, in the order asked; those unknown then, or not to be shown, are left out."""
    subjects = [of_offer(id) for id in ids]
    told = await facts.as_of(connection, subjects, moment)
    said = {subject: OfferContent.of(one.fact.content) for subject, one in told.items()}
    at = {of_structure(StructureId(UUID(one.structure_id))) for one in said.values()}
    around = await facts.as_of(connection, at, moment)
    versions = await offers.versions(connection, ids)
    found = []
    for id, subject in zip(ids, subjects, strict=True):
        if subject not in told:
            continue
        structure = around.get(of_structure(StructureId(UUID(said[subject].structure_id))))
        structure_closed = structure is None or bool(structure.fact.content["closed"])
        if not is_shown(said[subject].closed, structure_closed, with_closed):
            continue
        where = structure.fact.content if structure else {"name": "", "territory_code": ""}
        given = Given(str(where["name"]), str(where["territory_code"]))
        found += _told(told[subject], versions[id], given, who)
    return found


def found_to_proto(found: Sequence[Found], who: Who) -> list[pb.OfferSheet]:
    """What a search found."""
    return [
        sheet
        for one in found
        for sheet in _told(one.told, one.version, Given(one.structure_name, one.territory, one.distance), who)
    ]


def _told(told: Told, version: int, given: Given, who: Who) -> list[pb.OfferSheet]:
    """The sheet, or none for an offer that the reader may not see."""
    disclosure, reader = who
    said = OfferContent.of(told.fact.content)
    if said.sensitive and not disclosure.sees_sensitive(reader):
        return []
    contacts = disclosure.contacts(said.telecoms, reader, given.territory)
    return [sheet_to_proto(told, replace(said, telecoms=contacts), version, given)]
