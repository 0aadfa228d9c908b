"""/administrateurs: who administers the territories one shares; others named within one's own rights, and ended."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1 import enrolment_service_pb2 as enrolment
from terresante_platform import calls
from terresante_platform.refusals import Invalid, Refusal

from terresante_directory.workbench import account_words, asking, letters
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.routes.accounts import ACTS, MEANS, handed_over
from terresante_directory.workbench.visits import Visit, posting, visiting

WAITING = frozenset({"ACCOUNTS_UNAVAILABLE", "ACCOUNT_BUSY"})
"""Refusals after which somebody is named, and their letter is still to be made."""
LOST = "demandez à un administrateur de votre territoire, ou à l’exploitant, comment en avoir une autre"
TRAIL = [("/administrateurs", "Administrateurs")]
router = APIRouter(prefix="/administrateurs")


class NowhereChosen(Invalid):
    """Rights to be ended nowhere."""

    reason = "NOWHERE_CHOSEN"


@router.get("")
async def administrators(visit: Annotated[Visit, Depends(visiting)], fait: str = "") -> Response:
    """Those of the caller's territories."""
    return visit.page("administrators/list.html", found=await _all(visit), **await _words(visit), done=fait)


@router.get("/nouveau")
async def new(visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """The form; or, taken up again, what waits for the service of accounts."""
    template = "administrators/waiting.html" if visit.typed.one("reprise") else "administrators/new.html"
    return visit.page(template, own=await asking.territories(visit, only_own=True))


@router.post("/nouveau")
async def name(visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Names one. Sent again, it goes on with the same person: `reprise` is how the first sending is known."""
    typed, words = visit.typed, await _words(visit)
    sending = typed.one("reprise") or typed.one("_envoi")
    calls.current().idempotency_key = sending
    request = enrolment.NameAdministratorRequest(
        given_name=typed.one("given_name"),
        family_name=typed.one("family_name"),
        territory_codes=typed.all("territory_codes"),
        means=MEANS.get(typed.one("means"), pb.LOGIN_MEANS_UNSPECIFIED),
        rpps=typed.one("rpps").strip(),
    )
    try:
        named = await visit.enrolment.NameAdministrator(request)
    except Refusal as refusal:
        waits = refusal.reason in WAITING or bool(typed.one("reprise"))
        template = "administrators/waiting.html" if waits else "administrators/new.html"
        if waits:
            visit.typed = Typed({**typed.fields, "reprise": [sending]})
        return visit.again(template, refusal, own=await asking.territories(visit, only_own=True))
    if request.means == pb.LOGIN_MEANS_PASSWORD_AND_CODE and not named.starting_password:
        return visit.to("/administrateurs?fait=deja")
    return await _handed_over(visit, named, words["territories"])


@router.get("/{id}")
async def one(id: str, visit: Annotated[Visit, Depends(visiting)], suite: str = "", fait: str = "") -> Response:
    """What an administrator may do here, and what was done about it; also once all has ended."""
    if not asking.is_id(id):
        raise asking.not_found("Cet administrateur")
    found = next((other for other in await _all(visit) if other.administrator_id == id), None)
    acts = await visit.enrolment.ListAccountActs(
        enrolment.ListAccountActsRequest(account_id=id, cursor=suite, limit=ACTS)
    )
    told = next((act.holder_name for act in acts.acts if act.holder_kind == "administrator"), "")
    shown = found.name if found else told
    if not shown:
        raise asking.not_found("Cet administrateur")
    values = {"other": found, "name": shown, "acts": acts, "suite": suite, "said": account_words, "done": fait}
    return visit.page("administrators/one.html", id=id, **values, **await _words(visit))


@router.get("/{id}/telephone")
async def losing_phone(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Asks how the identity was checked, and says what happens."""
    return visit.page("accounts/phone.html", **await _with_evidence(visit, id))


@router.post("/{id}/telephone")
async def lose_phone(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Has their next login enrol another phone; sent twice, it must not take the new phone away."""
    typed = visit.typed
    request = enrolment.ReplacePhoneRequest(administrator_id=id, evidence=typed.one("evidence"), why=typed.one("why"))
    try:
        await visit.must_be_first()
        await visit.enrolment.ReplacePhone(request)
    except Refusal as refusal:
        return visit.again("accounts/phone.html", refusal, **await _with_evidence(visit, id))
    return visit.to(f"/administrateurs/{id}?fait=telephone")


@router.get("/{id}/terminer")
async def ending(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Asks where and why, and says what happens."""
    return visit.page("administrators/end.html", other=await _other(visit, id), **await _words(visit))


@router.post("/{id}/terminer")
async def end(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Ends these rights at once. Nowhere ticked is nowhere: the service would take it for everywhere."""
    codes = visit.typed.all("territory_codes")
    request = enrolment.EndAdministratorRequest(administrator_id=id, territory_codes=codes, why=visit.typed.one("why"))
    try:
        if not codes:
            raise NowhereChosen("Il faut cocher au moins un territoire.", "Cochez ceux où ces droits prennent fin.")
        await visit.enrolment.EndAdministrator(request)
    except Refusal as refusal:
        return visit.again("administrators/end.html", refusal, other=await _other(visit, id), **await _words(visit))
    return visit.to("/administrateurs?fait=termine")


async def _handed_over(visit: Visit, named: enrolment.NameAdministratorResponse, names: dict[str, str]) -> Response:
    """`names`: of the territories, asked for before the naming: what fails after it loses the letter."""
    where = ", ".join(names.get(code, code) for code in named.administrator.territory_codes)
    letter = letters.Letter(
        name=named.administrator.name,
        role=f"administrateur de territoire ({where})",
        username=named.username,
        starting_password=named.starting_password,
        made_at=visit.workbench.sessions.now(),
        door=f"l’atelier du territoire ({visit.workbench.origin})",
        lost=LOST,
    )
    return await handed_over(visit, letter, TRAIL, "/administrateurs?fait=nomme")


async def _all(visit: Visit) -> list[enrolment.Administrator]:
    told = await visit.enrolment.ListAdministrators(enrolment.ListAdministratorsRequest())
    return list(told.administrators)


async def _other(visit: Visit, id: str) -> enrolment.Administrator:
    """Raises `NotFound` for whoever administers none of the caller's territories."""
    found = next((one for one in await _all(visit) if one.administrator_id == id), None)
    if found is None:
        raise asking.not_found("Cet administrateur")
    return found


async def _with_evidence(visit: Visit, id: str) -> dict[str, object]:
    other = await _other(visit, id)
    told = await visit.enrolment.ListAccounts(enrolment.ListAccountsRequest(limit=1))
    return {
        "name": other.name,
        "base": f"/administrateurs/{id}",
        "above": ("/administrateurs", "Administrateurs"),
        "evidence": sorted(told.evidence.items()),
    }


async def _words(visit: Visit) -> dict[str, dict[str, str]]:
    return {"territories": {one.code: one.name for one in await asking.territories(visit)}}
