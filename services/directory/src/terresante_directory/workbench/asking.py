"""What several pages ask the directory for."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror
from terresante_platform.refusals import Unknown

from terresante_directory.workbench.visits import Visit

PAGE = 50


class NotFound(Unknown):
    """What an address names does not exist, or not for this administrator."""

    reason = "NOT_FOUND"


def not_found(what: str) -> NotFound:
    """`what`: in French, with its article."""
    return NotFound(f"{what} n’existe pas, ou n’est pas dans vos territoires.", "Cherchez depuis la liste.")


def codes(visit: Visit, name: str) -> list[tuple[str, str]]:
    """The codes of a value set with their labels, to choose from."""
    return [(one.code, one.label) for one in visit.workbench.values[name].codes.values()]


def is_id(text: str) -> bool:
    """Whether an address can hold an id there; what is none exists nowhere."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


async def territories(visit: Visit, *, only_own: bool = False) -> Sequence[pb.Territory]:
    """All territories, or the administrator's."""
    found = (await visit.directory.ListTerritories(pb.ListTerritoriesRequest())).territories
    own = set(visit.territories)
    return [territory for territory in found if not only_own or territory.code in own]


async def structures(visit: Visit, ids: Iterable[str]) -> dict[str, pb.Structure]:
    """Structures by id; unknown ones are left out."""
    wanted = sorted({id for id in ids if id})
    if not wanted:
        return {}
    reply = await visit.directory.BatchGetStructures(pb.BatchGetStructuresRequest(structure_ids=wanted))
    return {structure.structure_id: structure for structure in reply.structures}


async def own_structure(visit: Visit, id: str) -> pb.Structure:
    """A structure of the administrator's territories. Raises `NotFound` for any other."""
    found = (await structures(visit, [id])).get(id) if is_id(id) else None
    if found is None or found.territory_code not in visit.territories:
        raise not_found("Cette structure")
    return found


async def sheet(
    visit: Visit, id: str, at: Timestamp | None = None, known_at: Timestamp | None = None
) -> ror.GetStructureSheetResponse:
    """What is said of a structure of the administrator's territories. Raises `NotFound` for any other."""
    if not is_id(id):
        raise not_found("Cette structure")
    request = ror.GetStructureSheetRequest(structure_id=id, at=at, known_at=known_at)
    found: ror.GetStructureSheetResponse = await visit.ror.GetStructureSheet(request)
    if found.sheet.content.territory_code not in visit.territories:
        raise not_found("Cette structure")
    return found


async def names(visit: Visit, ids: Iterable[str]) -> dict[str, str]:
    """Names of structures by id, and of all territories by code."""
    known = {id: one.name for id, one in (await structures(visit, filter(is_id, ids))).items()}
    return known | {one.code: one.name for one in await territories(visit)}


async def own_structures(visit: Visit, text: str = "", limit: int = PAGE) -> list[pb.Structure]:
    """Structures of the administrator's territories that match, to choose from; territory by territory."""
    found: list[pb.Structure] = []
    for code in visit.territories:
        request = pb.SearchStructuresRequest(text=text, territory_code=code, limit=limit)
        found += (await visit.directory.SearchStructures(request)).structures
    return sorted(found, key=lambda structure: structure.name.casefold())[:limit]


async def choices(visit: Visit, chosen: str, text: str = "") -> list[pb.Structure]:
    """The same, the chosen one always among them."""
    found = await own_structures(visit, text)
    if not is_id(chosen) or any(one.structure_id == chosen for one in found):
        return found
    return [*(await structures(visit, [chosen])).values(), *found]


async def professional(visit: Visit, id: str) -> pb.Professional:
    """A professional. Raises `NotFound`."""
    if not is_id(id):
        raise not_found("Ce professionnel")
    reply = await visit.directory.BatchGetProfessionals(pb.BatchGetProfessionalsRequest(professional_ids=[id]))
    if not reply.professionals:
        raise not_found("Ce professionnel")
    found: pb.Professional = reply.professionals[0]
    return found
