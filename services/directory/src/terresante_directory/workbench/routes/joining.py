"""/inscription, /mon-inscription: professionals enrol by themselves: they ask, prove it by card, choose a place."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform import calls
from terresante_platform.refusals import Invalid, Refusal

from terresante_directory.domain.enrolment import WAITING
from terresante_directory.domain.identifiers import Doubt, rpps
from terresante_directory.workbench import forms, pages
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.visits import Visit, Workbench, coming_posting, coming_visiting

ASKING, WAITS, MINE = "/inscription", "/inscription/attente", "/mon-inscription"
WITH_CARD = f"/connexion?avec=carte&vers={MINE}"
NOT_AWAITED = "ENROLMENT_UNKNOWN"
router = APIRouter()


class TermsNotAccepted(Invalid):
    """The terms were read, and not accepted."""

    reason = "TERMS_NOT_ACCEPTED"


class PlaceNotChosen(Invalid):
    """No place of practice was chosen."""

    reason = "PLACE_NOT_CHOSEN"


@router.get(ASKING)
async def asking(request: Request) -> Response:
    """What enrolling is, and the form that asks for it. For anybody."""
    return _form(Typed({}))


@router.post(ASKING)
async def ask(request: Request) -> Response:
    """Asks. Whoever exists and who does not are told the same: what was asked is looked up afterwards."""
    workbench: Workbench = request.app.state.workbench
    forms.must_be_ours(request, workbench.origin)
    typed = await forms.read(request)
    number = typed.one("rpps")
    try:
        calls.enter(calls.Call(client=workbench.strangers.admit(request.scope)))
        await workbench.desk.enrolment.AskToEnrol(pb.AskToEnrolRequest(rpps=number))
    except Refusal as refusal:
        return _form(typed, refusal)
    doubt = "cle" if Doubt.RPPS_KEY in rpps(number).doubts() else ""
    return RedirectResponse(WAITS + pages.query(doute=doubt), 303)


@router.get(WAITS)
async def waiting(doute: str = "") -> Response:
    """What comes next: the card. The same for every number."""
    values = {"doubted": doute == "cle", "days": WAITING.days, "with_card": WITH_CARD}
    return _page("joining/waiting.html", values)


@router.get(MINE)
async def mine(visit: Annotated[Visit, Depends(coming_visiting)], fait: str = "") -> Response:
    """Where they are: the terms and their places; what is done; that nothing waits for them."""
    try:
        return visit.page("joining/mine.html", enrolment=await _enrolment(visit), done=fait)
    except Refusal as refusal:
        if refusal.reason != NOT_AWAITED:
            raise
        return visit.page("joining/none.html")


@router.post(MINE)
async def complete(visit: Annotated[Visit, Depends(coming_posting)]) -> Response:
    """Accepts the terms that were read, and chooses a place of practice."""
    typed = visit.typed
    try:
        _must_be_complete(typed)
        request = pb.CompleteEnrolmentRequest(
            terms_version=typed.one("terms_version"), structure_id=typed.one("place"), role=typed.one("role")
        )
        await visit.enrolment.CompleteEnrolment(request)
    except Refusal as refusal:
        return visit.again("joining/mine.html", refusal, enrolment=await _enrolment(visit), done="")
    return visit.to(f"{MINE}?fait=inscrit")


def _must_be_complete(typed: Typed) -> None:
    """Raises `TermsNotAccepted`, `PlaceNotChosen`."""
    if typed.one("accepte") != "oui":
        raise TermsNotAccepted(
            "Les conditions n’ont pas été acceptées : rien n’a été fait.",
            "Lisez-les, puis cochez la case si vous les acceptez. Sinon, fermez cette page : le compte reste inerte.",
        )
    if not typed.one("place"):
        raise PlaceNotChosen("Aucun lieu d’exercice n’est choisi.", "Choisissez-en un de la liste.")


async def _enrolment(visit: Visit) -> pb.GetEnrolmentResponse:
    found: pb.GetEnrolmentResponse = await visit.enrolment.GetEnrolment(pb.GetEnrolmentRequest())
    return found


def _form(typed: Typed, refusal: Refusal | None = None) -> Response:
    status = pages.status_of(refusal) if refusal else 200
    return _page("joining/ask.html", {"typed": typed, "refusal": refusal, "days": WAITING.days}, status)


def _page(template: str, values: dict[str, object], status: int = 200) -> Response:
    """A page for somebody who is not signed in."""
    return pages.page(template, {"visit": None, "path": ASKING, "refusal": None, **values}, status)
