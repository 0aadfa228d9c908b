"""/ma-structure/{id}/offres: a correspondent asks for an offer to be enrolled, corrected or closed."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking, offerings
from terresante_directory.workbench.asking import NotFound
from terresante_directory.workbench.contents import telecoms
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.routes.own import ask, dated, must_speak_for
from terresante_directory.workbench.visits import Visit, own_posting, own_visiting

CHOSEN_FROM = {
    "fields": "activity_fields",
    "types": "offer_types",
    "modes": "care_modes",
    "capacity": "capacity_kinds",
    "activities": "activities",
    "channels": "telecom_channels",
}
router = APIRouter(prefix="/ma-structure/{id}/offres")


@router.get("/nouvelle")
async def new(id: str, visit: Annotated[Visit, Depends(own_visiting)]) -> Response:
    """The form of a new one."""
    must_speak_for(visit, id)
    if not visit.typed.fields:
        visit.typed = Typed.of(structure_id=id)
    return visit.page("own/offer.html", structure=id, sheet=None, **_form(visit))


@router.post("/nouvelle")
async def enrol(id: str, visit: Annotated[Visit, Depends(own_posting)]) -> Response:
    """Asks for it."""
    must_speak_for(visit, id)
    try:
        change = pb.EnrolOfferRequest(content=_content(visit, id), **dated(visit))
        return await ask(visit, id, "EnrolOffer", change)
    except Refusal as refusal:
        return visit.again("own/offer.html", refusal, structure=id, sheet=None, **_form(visit))


@router.get("/{offer}/modifier")
async def correcting(id: str, offer: str, visit: Annotated[Visit, Depends(own_visiting)]) -> Response:
    """The form that holds what is said of it."""
    sheet = await _sheet(visit, id, offer)
    if not visit.typed.fields:
        visit.typed = offerings.typed_of(sheet.content)
    return visit.page("own/offer.html", structure=id, sheet=sheet, **_form(visit))


@router.post("/{offer}/modifier")
async def correct(id: str, offer: str, visit: Annotated[Visit, Depends(own_posting)]) -> Response:
    """Asks for it."""
    sheet = await _sheet(visit, id, offer)
    try:
        change = pb.ChangeOfferRequest(
            offer_id=offer,
            version=visit.typed.number("version"),
            content=_content(visit, id),
            **dated(visit),
        )
        return await ask(visit, id, "ChangeOffer", change)
    except Refusal as refusal:
        return visit.again("own/offer.html", refusal, structure=id, sheet=sheet, **_form(visit))


@router.get("/{offer}/fermer")
async def closing(id: str, offer: str, visit: Annotated[Visit, Depends(own_visiting)]) -> Response:
    """Says what closing it does."""
    sheet = await _sheet(visit, id, offer)
    return visit.page(
        "own/close_offer.html", structure=id, sheet=sheet, closing_kinds=asking.codes(visit, "closing_kinds")
    )


@router.post("/{offer}/fermer")
async def close(id: str, offer: str, visit: Annotated[Visit, Depends(own_posting)]) -> Response:
    """Asks for it."""
    sheet = await _sheet(visit, id, offer)
    typed = visit.typed
    try:
        change = pb.CloseOfferRequest(
            offer_id=offer,
            version=typed.number("version"),
            closing_kind=typed.one("closing_kind"),
            **dated(visit),
        )
        return await ask(visit, id, "CloseOffer", change)
    except Refusal as refusal:
        kinds = asking.codes(visit, "closing_kinds")
        return visit.again("own/close_offer.html", refusal, structure=id, sheet=sheet, closing_kinds=kinds)


def _content(visit: Visit, structure: str) -> pb.OfferContent:
    """What was typed, of that structure whatever the form says. Raises as `offerings.content`."""
    said = offerings.content(visit.typed)
    said.structure_id = structure
    return said


async def _sheet(visit: Visit, structure: str, id: str) -> pb.OfferSheet:
    """An offer of a structure that they speak for. Raises `NotFound` for any other."""
    must_speak_for(visit, structure)
    found = []
    if asking.is_id(id):
        found = (await visit.ror.BatchGetOffers(pb.BatchGetOffersRequest(offer_ids=[id]))).offers
    if not found or found[0].content.structure_id != structure:
        raise NotFound("Cette offre n’est pas de votre structure, ou est fermée.", "Repartez de « Ma structure ».")
    sheet: pb.OfferSheet = found[0]
    return sheet


def _form(visit: Visit) -> dict[str, object]:
    told: dict[str, object] = {name: asking.codes(visit, of) for name, of in CHOSEN_FROM.items()}
    return {**told, "telecoms": telecoms(visit.typed), "days": offerings.DAYS}
