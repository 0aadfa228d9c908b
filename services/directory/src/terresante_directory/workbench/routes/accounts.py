"""/professionnels/{id}/compte: open or re-issue with its letter, suspend at once, reinstate."""

import asyncio
import base64
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking, letters
from terresante_directory.workbench.visits import Visit, posting, visiting

MEANS = {"card": pb.LOGIN_MEANS_CARD, "password": pb.LOGIN_MEANS_PASSWORD_AND_CODE}
router = APIRouter(prefix="/professionnels/{id}/compte")


@router.get("/ouvrir")
async def opening(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """How they will log in."""
    return visit.page("accounts/open.html", someone=await asking.professional(visit, id))


@router.post("/ouvrir")
async def open_account(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Opens the account. The letter is this very answer: it is kept nowhere, and a second sending shows nothing."""
    means = MEANS.get(visit.typed.one("means"), pb.LOGIN_MEANS_UNSPECIFIED)
    someone = await asking.professional(visit, id)
    request = pb.OpenAccountRequest(professional_id=id, means=means)
    try:
        await visit.must_be_first()
        opened = await visit.directory.OpenAccount(request)
    except Refusal as refusal:
        return visit.again("accounts/open.html", refusal, someone=someone)
    letter = letters.Letter(
        name=f"{someone.given_name} {someone.family_name}",
        profession=someone.profession_label,
        username=opened.username,
        starting_password=opened.starting_password,
        made_at=visit.workbench.sessions.now(),
    )
    pdf = await asyncio.to_thread(letters.pdf, letter)
    return visit.page(
        "accounts/letter.html",
        someone=someone,
        letter=letter,
        steps=letters.steps(letter),
        pdf=base64.b64encode(pdf).decode(),
    )


@router.get("/suspendre")
async def suspending(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Says what a suspension does."""
    return visit.page("accounts/suspend.html", someone=await asking.professional(visit, id))


@router.post("/suspendre")
async def suspend(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Suspends at once."""
    try:
        await visit.directory.SuspendAccount(pb.SuspendAccountRequest(professional_id=id))
    except Refusal as refusal:
        return visit.again("accounts/suspend.html", refusal, someone=await asking.professional(visit, id))
    return visit.to(f"/professionnels/{id}?fait=suspendu")


@router.get("/retablir")
async def reinstating(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Says what reinstating does."""
    return visit.page("accounts/reinstate.html", someone=await asking.professional(visit, id))


@router.post("/retablir")
async def reinstate(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Lifts the suspension."""
    try:
        await visit.directory.ReinstateAccount(pb.ReinstateAccountRequest(professional_id=id))
    except Refusal as refusal:
        return visit.again("accounts/reinstate.html", refusal, someone=await asking.professional(visit, id))
    return visit.to(f"/professionnels/{id}?fait=retabli")
