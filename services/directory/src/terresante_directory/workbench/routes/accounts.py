"""/professionnels/{id}/compte: what an account is and what was done to it; opened or re-issued with its letter,
suspended at once, reinstated; a phone or a card that is lost.
"""

import asyncio
import base64
import re
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1 import enrolment_service_pb2 as enrolment
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import account_words, asking, letters
from terresante_directory.workbench.visits import Visit, posting, visiting

MEANS = {"card": pb.LOGIN_MEANS_CARD, "password": pb.LOGIN_MEANS_PASSWORD_AND_CODE}
LIST = re.compile(r"/comptes(\?[A-Za-z0-9_.~%&=+-]{0,500})?")
"""A list that a form goes back to."""
ACTS = 20
router = APIRouter(prefix="/professionnels/{id}/compte")


@router.get("")
async def one(id: str, visit: Annotated[Visit, Depends(visiting)], fait: str = "", suite: str = "") -> Response:
    """An account, what troubles it, what may be done to it, and what was."""
    account = await _account(visit, id)
    request = enrolment.ListAccountActsRequest(account_id=id, cursor=suite, limit=ACTS)
    acts = await visit.enrolment.ListAccountActs(request)
    return visit.page("accounts/one.html", account=account, acts=acts, done=fait, suite=suite, said=account_words)


@router.get("/ouvrir")
async def opening(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """How they will log in."""
    return visit.page("accounts/open.html", someone=await _someone(visit, id))


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
        role=someone.profession_label,
        username=opened.username,
        starting_password=opened.starting_password,
        made_at=visit.workbench.sessions.now(),
    )
    base = f"/professionnels/{id}"
    trail = [("/professionnels", "Professionnels"), (base, letter.name)]
    return await handed_over(visit, letter, trail, base)


async def handed_over(visit: Visit, letter: letters.Letter, trail: list[tuple[str, str]], then: str) -> Response:
    """The page that shows a letter, this once. `then`: where to go afterwards."""
    return visit.page(
        "accounts/letter.html",
        letter=letter,
        steps=letters.steps(letter),
        pdf=await printed(letter),
        links=trail,
        then=then,
    )


async def printed(*made: letters.Letter) -> str:
    """The letters as one PDF, in base64."""
    return base64.b64encode(await asyncio.to_thread(letters.pdf, *made)).decode()


@router.get("/suspendre")
async def suspending(id: str, visit: Annotated[Visit, Depends(visiting)], retour: str = "") -> Response:
    """Says what a suspension does. `retour`: the list to go back to."""
    return visit.page("accounts/suspend.html", someone=await _someone(visit, id), retour=retour)


@router.post("/suspendre")
async def suspend(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Suspends at once."""
    retour = visit.typed.one("retour")
    try:
        await visit.directory.SuspendAccount(pb.SuspendAccountRequest(professional_id=id, why=visit.typed.one("why")))
    except Refusal as refusal:
        someone = await asking.professional(visit, id)
        return visit.again("accounts/suspend.html", refusal, someone=someone, retour=retour)
    return visit.to(_back(retour, id, "suspendu"))


@router.get("/retablir")
async def reinstating(id: str, visit: Annotated[Visit, Depends(visiting)], retour: str = "") -> Response:
    """Says what reinstating does. `retour`: the list to go back to."""
    return visit.page("accounts/reinstate.html", someone=await _someone(visit, id), retour=retour)


@router.post("/retablir")
async def reinstate(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Lifts the suspension."""
    retour = visit.typed.one("retour")
    try:
        await visit.directory.ReinstateAccount(
            pb.ReinstateAccountRequest(professional_id=id, why=visit.typed.one("why"))
        )
    except Refusal as refusal:
        someone = await asking.professional(visit, id)
        return visit.again("accounts/reinstate.html", refusal, someone=someone, retour=retour)
    return visit.to(_back(retour, id, "retabli"))


@router.get("/telephone")
async def losing_phone(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Asks how the identity was checked, and says what happens."""
    return visit.page("accounts/phone.html", **await _with_evidence(visit, id))


@router.post("/telephone")
async def lose_phone(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Has the next login enrol another phone; sent twice, it must not take the new phone away."""
    typed = visit.typed
    request = enrolment.ReplacePhoneRequest(professional_id=id, evidence=typed.one("evidence"), why=typed.one("why"))
    try:
        await visit.must_be_first()
        await visit.enrolment.ReplacePhone(request)
    except Refusal as refusal:
        return visit.again("accounts/phone.html", refusal, **await _with_evidence(visit, id))
    return visit.to(f"/professionnels/{id}/compte?fait=telephone")


@router.get("/carte")
async def losing_card(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Says what happens now, and once the next card is there."""
    return visit.page("accounts/card.html", account=await _account(visit, id))


@router.post("/carte")
async def lose_card(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """No card opens the account any more; sent twice, it must not take the next card away."""
    request = enrolment.ReportCardLostRequest(professional_id=id, why=visit.typed.one("why"))
    try:
        await visit.must_be_first()
        await visit.enrolment.ReportCardLost(request)
    except Refusal as refusal:
        return visit.again("accounts/card.html", refusal, account=await _account(visit, id))
    return visit.to(f"/professionnels/{id}/compte?fait=carte")


async def _account(visit: Visit, id: str) -> enrolment.Account:
    """The account of somebody whom the administrator answers for, be it none. Raises `NotFound` for anybody else."""
    found: enrolment.Account = (await _told(visit, id)).accounts[0]
    return found


async def _someone(visit: Visit, id: str) -> pb.Professional:
    """Whoever the administrator answers for. Raises `NotFound` for anybody else."""
    await _account(visit, id)
    return await asking.professional(visit, id)


async def _with_evidence(visit: Visit, id: str) -> dict[str, object]:
    told = await _told(visit, id)
    return {
        "name": told.accounts[0].name,
        "base": f"/professionnels/{id}/compte",
        "above": ("/comptes", "Comptes"),
        "evidence": sorted(told.evidence.items()),
    }


async def _told(visit: Visit, id: str) -> enrolment.ListAccountsResponse:
    request = enrolment.ListAccountsRequest(professional_id=id)
    told: enrolment.ListAccountsResponse = (
        await visit.enrolment.ListAccounts(request) if asking.is_id(id) else enrolment.ListAccountsResponse()
    )
    if not told.accounts:
        raise asking.not_found("Ce compte")
    return told


def _back(list: str, id: str, done: str) -> str:
    if not LIST.fullmatch(list):
        return f"/professionnels/{id}?fait={done}"
    return f"{list}{'&' if '?' in list else '?'}fait={done}"
