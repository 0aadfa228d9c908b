"""/offres: search, the page of one, a new one, changed from a day on, closed, confirmed; those nobody confirmed."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.refusals import Refusal, Stale

from terresante_directory.workbench import asking, offerings
from terresante_directory.workbench.asking import not_found
from terresante_directory.workbench.contents import telecoms
from terresante_directory.workbench.differences import differences, remembered
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.moments import beginning
from terresante_directory.workbench.visits import Visit, posting, visiting

CHOSEN_FROM = {"fields": "activity_fields", "types": "offer_types", "modes": "care_modes", "capacity": "capacity_kinds"}
router = APIRouter(prefix="/offres")


@router.get("")
async def search(
    visit: Annotated[Visit, Depends(visiting)], q: str = "", type: str = "", territoire: str = "", suite: str = ""
) -> Response:
    """Offers of one of the administrator's territories."""
    code = territoire if territoire in visit.territories else next(iter(visit.territories), "")
    request = pb.SearchOffersRequest(
        text=q, territory_code=code, types=[type] if type else [], cursor=suite, limit=asking.PAGE
    )
    values = {"q": q, "type": type, "territory": code, "suite": suite, "values": visit.workbench.values}
    values["own"] = await asking.territories(visit, only_own=True)
    values["types"] = asking.codes(visit, "offer_types")
    template = "offers/_found.html" if visit.partial else "offers/list.html"
    try:
        reply = await visit.ror.SearchOffers(request)
    except Refusal as refusal:
        return visit.again(template, refusal, **values, found=[], next="")
    return visit.page(template, **values, found=reply.offers, next=reply.next_cursor)


@router.get("/a-confirmer")
async def stale_ones(visit: Annotated[Visit, Depends(visiting)], suite: str = "", fait: str = "") -> Response:
    """Offers that nobody changed or confirmed for six months."""
    reply = await visit.ror.ListStaleOffers(pb.ListStaleOffersRequest(cursor=suite, limit=asking.PAGE))
    return visit.page("offers/stale.html", found=reply.offers, next=reply.next_cursor, total=reply.total, done=fait)


@router.post("/a-confirmer")
async def confirm(visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Says that the chosen ones are still true."""
    chosen = visit.typed.all("offre")
    try:
        await visit.ror.ConfirmOffers(pb.ConfirmOffersRequest(offer_ids=chosen))
    except Refusal as refusal:
        reply = await visit.ror.ListStaleOffers(pb.ListStaleOffersRequest(limit=asking.PAGE))
        told = {"found": reply.offers, "next": reply.next_cursor, "total": reply.total, "done": ""}
        return visit.again("offers/stale.html", refusal, **told)
    return visit.to("/offres/a-confirmer?fait=confirmees")


@router.get("/nouvelle")
async def new(visit: Annotated[Visit, Depends(visiting)], structure: str = "") -> Response:
    """The form of a new one; `structure`: the one that provides it."""
    if not visit.typed.fields:
        visit.typed = Typed.of(structure_id=structure)
    return visit.page("offers/new.html", **await _choices(visit))


@router.post("/nouvelle")
async def register(visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Registers it."""
    visit.once()
    try:
        request = pb.EnrolOfferRequest(
            content=offerings.content(visit.typed),
            why=visit.typed.one("why"),
            **{"from": beginning(visit.typed.one("from"))},
        )
        reply = await visit.ror.EnrolOffer(request)
    except Refusal as refusal:
        return visit.again("offers/new.html", refusal, **await _choices(visit))
    return visit.to(f"/offres/{reply.sheet.offer_id}?fait=inscrite")


@router.get("/{id}")
async def one(id: str, visit: Annotated[Visit, Depends(visiting)], fait: str = "", le: str = "") -> Response:
    """An offer as it stands, or stood on day `le`."""
    sheet = await _sheet(visit, id, le)
    shown = offerings.shown(sheet.content, visit.workbench.values, {sheet.content.structure_id: sheet.structure_name})
    rows = [(label, shown[name]) for name, label in offerings.LABELS.items() if shown[name] and name != "name"]
    return visit.page("offers/one.html", sheet=sheet, rows=rows, done=fait, on=le)


@router.get("/{id}/modifier")
async def changing(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """The form that holds what is said of it."""
    sheet = await _sheet(visit, id)
    if not visit.typed.fields:
        visit.typed = offerings.typed_of(sheet.content)
    return visit.page("offers/change.html", sheet=sheet, before=_before(visit, sheet), **await _choices(visit))


@router.post("/{id}/modifier")
async def change(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Says it from the typed day on."""
    try:
        said = offerings.content(visit.typed)
        request = pb.ChangeOfferRequest(
            offer_id=id,
            version=visit.typed.number("version"),
            content=said,
            why=visit.typed.one("why"),
            **{"from": beginning(visit.typed.one("from"))},
        )
        await visit.ror.ChangeOffer(request)
    except Stale as stale:
        return await _overtaken(visit, stale, id, said)
    except Refusal as refusal:
        sheet = await _sheet(visit, id)
        values = await _choices(visit)
        return visit.again("offers/change.html", refusal, sheet=sheet, before=_before(visit, sheet), **values)
    return visit.to(f"/offres/{id}?fait=modifiee")


@router.get("/{id}/fermer")
async def closing(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Says what closing it does."""
    return visit.page("offers/close.html", **await _closing(visit, id))


@router.post("/{id}/fermer")
async def close(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Closes it."""
    typed = visit.typed
    try:
        request = pb.CloseOfferRequest(
            offer_id=id,
            version=typed.number("version"),
            closing_kind=typed.one("closing_kind"),
            why=typed.one("why"),
            **{"from": beginning(typed.one("from"))},
        )
        await visit.ror.CloseOffer(request)
    except Stale as stale:
        return await _overtaken(visit, stale, id, None)
    except Refusal as refusal:
        return visit.again("offers/close.html", refusal, **await _closing(visit, id))
    return visit.to(f"/offres/{id}?fait=fermee")


@router.get("/{id}/confirmer")
async def back(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Where the button leads back to after a login: the offer, on which it is to be pressed again."""
    return visit.to(f"/offres/{quote(id, safe='')}")


@router.post("/{id}/confirmer")
async def confirm_one(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Says that this one is still true."""
    await visit.ror.ConfirmOffers(pb.ConfirmOffersRequest(offer_ids=[id]))
    return visit.to(f"/offres/{id}?fait=confirmee")


async def _sheet(visit: Visit, id: str, on: str = "") -> pb.OfferSheet:
    """An offer of the administrator's territories. Raises `NotFound` for any other."""
    if not asking.is_id(id):
        raise not_found("Cette offre")
    reply = await visit.ror.BatchGetOffers(pb.BatchGetOffersRequest(offer_ids=[id], at=beginning(on), with_closed=True))
    if not reply.offers or reply.offers[0].territory_code not in visit.territories:
        raise not_found("Cette offre")
    found: pb.OfferSheet = reply.offers[0]
    return found


async def _closing(visit: Visit, id: str) -> dict[str, object]:
    sheet = await _sheet(visit, id)
    return {"sheet": sheet, "before": _before(visit, sheet), "closing_kinds": asking.codes(visit, "closing_kinds")}


async def _choices(visit: Visit) -> dict[str, object]:
    told = {name: asking.codes(visit, of) for name, of in CHOSEN_FROM.items()}
    return {
        **told,
        "activities": asking.codes(visit, "activities"),
        "channels": asking.codes(visit, "telecom_channels"),
        "choices": await asking.choices(visit, visit.typed.one("structure_id")),
        "telecoms": telecoms(visit.typed),
        "days": offerings.DAYS,
    }


def _before(visit: Visit, sheet: pb.OfferSheet) -> str:
    names = {sheet.content.structure_id: sheet.structure_name}
    return remembered(offerings.shown(sheet.content, visit.workbench.values, names))


async def _overtaken(visit: Visit, stale: Stale, id: str, typed: pb.OfferContent | None) -> Response:
    sheet = await _sheet(visit, id)
    values = visit.workbench.values
    names = await asking.names(visit, [sheet.content.structure_id, typed.structure_id if typed else ""])
    now = offerings.shown(sheet.content, values, names)
    shown = offerings.shown(typed, values, names) if typed else now
    rows = differences(offerings.LABELS, visit.typed.one("before"), now, shown)
    return visit.again("stale.html", stale, back=visit.request.url.path, version=sheet.version, differences=rows)
