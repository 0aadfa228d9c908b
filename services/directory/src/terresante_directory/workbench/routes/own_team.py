"""/ma-structure/{id}/equipe: a correspondent asks for somebody to practise there, or to practise there no more."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking
from terresante_directory.workbench.asking import NotFound
from terresante_directory.workbench.routes.own import ask, must_speak_for, places_here
from terresante_directory.workbench.visits import Visit, own_posting, own_visiting

SHOWN = 20
router = APIRouter(prefix="/ma-structure/{id}/equipe")


@router.get("/ajouter")
async def adding(id: str, visit: Annotated[Visit, Depends(own_visiting)], q: str = "") -> Response:
    """Who it is about, looked for by name or RPPS, and their role."""
    must_speak_for(visit, id)
    try:
        found = await _found(visit, q)
    except Refusal as refusal:
        return visit.again("own/join.html", refusal, structure=id, q=q, found=[])
    return visit.page("own/join.html", structure=id, q=q, found=found)


@router.post("/ajouter")
async def add(id: str, visit: Annotated[Visit, Depends(own_posting)]) -> Response:
    """Asks for it."""
    must_speak_for(visit, id)
    typed = visit.typed
    try:
        someone = await asking.professional(visit, typed.one("professional"))
        place = pb.NewPlace(structure_id=id, role=typed.one("role"))
        change = pb.AddPlaceRequest(professional_id=someone.professional_id, version=someone.version, place=place)
        return await ask(visit, id, "AddPlace", change)
    except Refusal as refusal:
        q = typed.one("q")
        return visit.again("own/join.html", refusal, structure=id, q=q, found=await _found(visit, q))


@router.get("/{professional}/{place}/terminer")
async def ending(id: str, professional: str, place: str, visit: Annotated[Visit, Depends(own_visiting)]) -> Response:
    """Asks before."""
    someone, which = await _place(visit, id, professional, place)
    return visit.page("own/leave.html", structure=id, someone=someone, place=which)


@router.post("/{professional}/{place}/terminer")
async def end(id: str, professional: str, place: str, visit: Annotated[Visit, Depends(own_posting)]) -> Response:
    """Asks for it."""
    someone, which = await _place(visit, id, professional, place)
    try:
        change = pb.EndPlaceRequest(professional_id=professional, place_id=place, version=visit.typed.number("version"))
        return await ask(visit, id, "EndPlace", change)
    except Refusal as refusal:
        return visit.again("own/leave.html", refusal, structure=id, someone=someone, place=which)


async def _found(visit: Visit, text: str) -> list[pb.Professional]:
    if not text.strip():
        return []
    reply = await visit.directory.SearchProfessionals(pb.SearchProfessionalsRequest(text=text[:200], limit=SHOWN))
    return list(reply.professionals)


async def _place(visit: Visit, structure: str, professional: str, id: str) -> tuple[pb.Professional, pb.Place]:
    """Somebody of a structure that they speak for, and their place there. Raises `NotFound`."""
    must_speak_for(visit, structure)
    someone = await asking.professional(visit, professional)
    which = next((place for place in places_here(someone, structure) if place.place_id == id), None)
    if which is None:
        raise NotFound("Cette personne n’exerce pas dans votre structure.", "Repartez de « Ma structure ».")
    return someone, which
