"""/ma-structure: what a correspondent sees of the structures they speak for, and how they ask to correct a sheet."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends
from google.protobuf.message import Message
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import enrolment_service_pb2 as enrolment
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asked, asking, contents
from terresante_directory.workbench.asking import NotFound
from terresante_directory.workbench.moments import beginning
from terresante_directory.workbench.visits import Visit, own_posting, own_visiting

LONGEST = 200
"""Characters of what is looked for."""
router = APIRouter(prefix="/ma-structure")


@router.get("")
async def mine(visit: Annotated[Visit, Depends(own_visiting)]) -> Response:
    """The structure, or the choice of one."""
    if len(visit.structures) == 1:
        return visit.to(f"/ma-structure/{visit.structures[0].structure_id}")
    return visit.page("own/home.html", structures=visit.structures)


@router.get("/{id}")
async def one(id: str, visit: Annotated[Visit, Depends(own_visiting)], q: str = "") -> Response:
    """Its sheet, offers and team, and what waits for a decision. `q`: only the offers and people so named."""
    must_speak_for(visit, id)
    found, text = await _sheet(visit, id), q[:LONGEST]
    offers = await visit.ror.SearchOffers(pb.SearchOffersRequest(structure_id=id, text=text, limit=asking.PAGE))
    request = directory.SearchProfessionalsRequest(structure_id=id, text=text, limit=asking.PAGE)
    team = await visit.directory.SearchProfessionals(request)
    waiting = await visit.enrolment.ListRequests(enrolment.ListRequestsRequest(structure_id=id, limit=asking.PAGE))
    names = await asking.names(visit, [found.sheet.content.part_of])
    shown = contents.shown(found.sheet.content, visit.workbench.values, names)
    return visit.page(
        "own/one.html",
        sheet=found.sheet,
        rows=[(label, shown[name]) for name, label in contents.LABELS.items() if shown[name] and name != "name"],
        offers=offers.offers,
        team=[(person, place) for person in team.professionals for place in places_here(person, id)],
        waiting=waiting.requests,
        more=bool(offers.next_cursor or team.next_cursor),
        said=asked,
        q=q,
    )


@router.get("/{id}/fiche")
async def correcting(id: str, visit: Annotated[Visit, Depends(own_visiting)]) -> Response:
    """The form that holds what is said of it."""
    must_speak_for(visit, id)
    sheet = (await _sheet(visit, id)).sheet
    if not visit.typed.fields:
        visit.typed = contents.typed_of(sheet.content)
    return visit.page("own/sheet.html", sheet=sheet, **_form(visit))


@router.post("/{id}/fiche")
async def correct(id: str, visit: Annotated[Visit, Depends(own_posting)]) -> Response:
    """Asks for it."""
    must_speak_for(visit, id)
    try:
        change = pb.ChangeStructureRequest(
            structure_id=id,
            version=visit.typed.number("version"),
            content=contents.content(visit.typed, visit.workbench.communes),
            **dated(visit),
        )
        return await ask(visit, id, "ChangeStructure", change)
    except Refusal as refusal:
        return visit.again("own/sheet.html", refusal, sheet=(await _sheet(visit, id)).sheet, **_form(visit))


async def ask(visit: Visit, structure: str, kind: str, change: Message) -> Response:
    """Asks for a change, once per sending of the form, and goes to the request. Raises as `AskForChange`."""
    visit.once()
    request = enrolment.AskForChangeRequest(
        structure_id=structure, kind=kind, change=asked.written(change), why=visit.typed.one("why")
    )
    reply = await visit.enrolment.AskForChange(request)
    return visit.to(f"/mes-demandes/{quote(reply.request.request_id)}?fait=envoyee")


def dated(visit: Visit) -> dict[str, Any]:
    """From when a change is to hold, as its request takes it. Raises `DayInvalid`."""
    return {"from": beginning(visit.typed.one("from"))}


def must_speak_for(visit: Visit, id: str) -> None:
    """Raises `NotFound` unless the professional is correspondent of that structure."""
    if not any(one.structure_id == id for one in visit.structures):
        raise NotFound("Vous n’êtes correspondant d’aucune structure à cette adresse.", "Repartez de « Ma structure ».")


def places_here(person: directory.Professional, structure: str) -> list[directory.Place]:
    """Where somebody practises in that structure, now or later."""
    return [place for place in person.places if place.structure_id == structure and not place.HasField("until")]


async def _sheet(visit: Visit, id: str) -> pb.GetStructureSheetResponse:
    found: pb.GetStructureSheetResponse = await visit.ror.GetStructureSheet(
        pb.GetStructureSheetRequest(structure_id=id)
    )
    return found


def _form(visit: Visit) -> dict[str, object]:
    return {
        "channels": asking.codes(visit, "telecom_channels"),
        "telecoms": contents.telecoms(visit.typed),
    }
