"""/demandes: what correspondents ask, talked about, assigned, decided. /mes-demandes: a correspondent's own."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asked, asking
from terresante_directory.workbench.asking import not_found
from terresante_directory.workbench.visits import LONG_SECONDS, Visit, own_posting, own_visiting, posting, visiting

YES = "oui"
router = APIRouter(prefix="/demandes")
own = APIRouter(prefix="/mes-demandes")


@router.get("")
async def inbox(
    visit: Annotated[Visit, Depends(visiting)],
    territoire: str = "",
    structure: str = "",
    miennes: str = "",
    closes: str = "",
    suite: str = "",
) -> Response:
    """Requests in the administrator's territories, the oldest open one first. `miennes`: assigned to them."""
    request = pb.ListRequestsRequest(
        territory_code=territoire,
        structure_id=structure if asking.is_id(structure) else "",
        mine=miennes == YES,
        with_closed=closes == YES,
        cursor=suite,
        limit=asking.PAGE,
    )
    reply = await visit.enrolment.ListRequests(request)
    return visit.page(
        "requests/list.html",
        requests=reply.requests,
        next=reply.next_cursor,
        on={"territoire": territoire, "structure": structure, "miennes": miennes, "closes": closes},
        own=await asking.territories(visit, only_own=True),
        said=asked,
        first=not suite,
    )


@router.get("/{id}")
async def one(id: str, visit: Annotated[Visit, Depends(visiting)], fait: str = "") -> Response:
    """What is asked, field by field, its thread, and the decision."""
    return visit.page("requests/one.html", done=fait, **await _told(visit, id))


@router.get("/{id}/commentaire")
@router.get("/{id}/decision")
async def back(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Where a form of the page leads back to after a login: the page, on which it is to be sent again."""
    return visit.to(f"/demandes/{(await _request(visit, id)).request_id}")


@router.post("/{id}/commentaire")
async def say(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Adds to its thread, assigns it, or both."""
    typed = visit.typed
    request = pb.CommentRequestRequest(request_id=id, text=typed.one("text"), assign_to=typed.one("assign_to"))
    try:
        await visit.must_be_first()
        await visit.enrolment.CommentRequest(request)
    except Refusal as refusal:
        return visit.again("requests/one.html", refusal, done="", **await _told(visit, id))
    return visit.to(f"/demandes/{id}?fait={'confiee' if typed.one('assign_to') else 'dit'}")


@router.post("/{id}/decision")
async def decide(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Approves or refuses it; approved, the change is made."""
    typed = visit.typed
    verdict = {"accepter": True, "refuser": False}.get(typed.one("verdict"))
    if verdict is None:
        raise not_found("Cette décision")
    request = pb.DecideRequestRequest(request_id=id, approve=verdict, comment=typed.one("comment"))
    try:
        reply = await visit.enrolment.DecideRequest(request, LONG_SECONDS)
    except Refusal as refusal:
        return visit.again("requests/one.html", refusal, done="", **await _told(visit, id))
    done = {pb.REQUEST_STATE_APPROVED: "acceptee", pb.REQUEST_STATE_HALF_APPROVED: "moitie"}
    return visit.to(f"/demandes/{id}?fait={done.get(reply.request.state, 'refusee')}")


@own.get("")
async def mine(visit: Annotated[Visit, Depends(own_visiting)], suite: str = "") -> Response:
    """All that a correspondent asked, closed ones too."""
    reply = await visit.enrolment.ListRequests(
        pb.ListRequestsRequest(with_closed=True, cursor=suite, limit=asking.PAGE)
    )
    return visit.page("own/requests.html", requests=reply.requests, next=reply.next_cursor, said=asked, first=not suite)


@own.get("/{id}")
async def one_of_mine(id: str, visit: Annotated[Visit, Depends(own_visiting)], fait: str = "") -> Response:
    """What they asked, what was said of it, and what was decided."""
    return visit.page("own/request.html", done=fait, **await _asked(visit, id))


@own.get("/{id}/commentaire")
async def back_to_mine(id: str, visit: Annotated[Visit, Depends(own_visiting)]) -> Response:
    """Where the form leads back to after a login."""
    return visit.to(f"/mes-demandes/{(await _request(visit, id)).request_id}")


@own.post("/{id}/commentaire")
async def answer(id: str, visit: Annotated[Visit, Depends(own_posting)]) -> Response:
    """Adds to its thread."""
    request = pb.CommentRequestRequest(request_id=id, text=visit.typed.one("text"))
    try:
        await visit.must_be_first()
        await visit.enrolment.CommentRequest(request)
    except Refusal as refusal:
        return visit.again("own/request.html", refusal, done="", **await _asked(visit, id))
    return visit.to(f"/mes-demandes/{id}?fait=dit")


async def _request(visit: Visit, id: str) -> pb.ChangeRequest:
    """A request that the caller may see. Raises `NotFound`, `RequestUnknown`."""
    if not asking.is_id(id):
        raise not_found("Cette demande")
    found: pb.ChangeRequest = (await visit.enrolment.GetRequest(pb.GetRequestRequest(request_id=id))).request
    return found


async def _asked(visit: Visit, id: str) -> dict[str, object]:
    request = await _request(visit, id)
    return {"request": request, "explained": await asked.explained(visit, request), "said": asked}


async def _told(visit: Visit, id: str) -> dict[str, object]:
    told = await _asked(visit, id)
    listed = (await visit.enrolment.ListAdministrators(pb.ListAdministratorsRequest())).administrators
    code = told["request"].territory_code  # type: ignore[attr-defined]
    names = {one.code: one.name for one in await asking.territories(visit)}
    colleagues = [(one.administrator_id, one.name) for one in listed if code in one.territory_codes]
    return {**told, "colleagues": colleagues, "territory": names.get(code, code)}
