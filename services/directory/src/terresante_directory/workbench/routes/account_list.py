"""/comptes: accounts of the administrator's territories; many opened at once; what was done to them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1 import enrolment_service_pb2 as enrolment
from terresante_platform.refusals import Invalid, Refusal
from terresante_platform.telemetry import log

from terresante_directory.workbench import account_words, asking, letters, refusing
from terresante_directory.workbench.pages import NOT_YOURS
from terresante_directory.workbench.routes.accounts import MEANS, printed
from terresante_directory.workbench.visits import Visit, posting, visiting

MOST_AT_ONCE = 100
MANY_SECONDS = 60.0
"""How long many accounts may take; those left then are told so."""
router = APIRouter(prefix="/comptes")


class NobodyChosen(Invalid):
    """A form for many that names nobody, or too many."""

    reason = "NOBODY_CHOSEN"


@router.get("")
async def accounts(
    visit: Annotated[Visit, Depends(visiting)],
    territoire: str = "",
    etat: str = "",
    depuis: str = "",
    q: str = "",
    suite: str = "",
    fait: str = "",
) -> Response:
    """Those that are asked for; every choice is in the address."""
    where = territoire if territoire in visit.territories else ""
    etat, depuis = (etat if etat in account_words.CHOICES else ""), (depuis if depuis in account_words.SILENT else "")
    now = visit.workbench.sessions.now()
    request = account_words.asked(etat, depuis, now, territory=where, text=q, cursor=suite)
    values = {
        "said": account_words,
        "chosen": {"territoire": where, "etat": etat, "depuis": depuis, "q": q},
        "own": await asking.territories(visit, only_own=True),
        "suite": suite,
        "done": fait,
    }
    template = "accounts/_found.html" if visit.partial else "accounts/list.html"
    try:
        told = await visit.enrolment.ListAccounts(request)
    except Refusal as refusal:
        return visit.again(template, refusal, **values, told=enrolment.ListAccountsResponse())
    return visit.page(template, **values, told=told)


@router.get("/historique")
async def history(visit: Annotated[Visit, Depends(visiting)], suite: str = "") -> Response:
    """What was done to accounts in these territories, the newest first."""
    acts = await visit.enrolment.ListAccountActs(enrolment.ListAccountActsRequest(cursor=suite))
    return visit.page("accounts/history.html", acts=acts, suite=suite, said=account_words)


@router.get("/ouvrir")
async def choosing(
    visit: Annotated[Visit, Depends(visiting)], territoire: str = "", q: str = "", suite: str = "", tous: str = ""
) -> Response:
    """Who has no account yet. `tous`: all of the page are ticked."""
    return visit.page("accounts/open_many.html", **await _without(visit, territoire, q, suite, tous))


@router.post("/ouvrir")
async def open_many(visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Shows who; once confirmed, opens them. The letters are this very answer: they are kept nowhere, and a second
    sending shows nothing. Nothing that can fail comes after them.
    """
    chosen = list(dict.fromkeys(visit.typed.all("professional_ids")))
    means = MEANS.get(visit.typed.one("means"), pb.LOGIN_MEANS_UNSPECIFIED)
    try:
        _must_be_few(chosen)
        names = await _names(visit, chosen)
        if not visit.typed.one("confirme"):
            return visit.page("accounts/open_check.html", names=names, chosen=chosen, means=means)
        await visit.must_be_first()
        request = enrolment.OpenAccountsRequest(professional_ids=chosen, means=means)
        lines = (await visit.enrolment.OpenAccounts(request, MANY_SECONDS)).accounts
    except Refusal as refusal:
        return visit.again("accounts/open_many.html", refusal, **await _without(visit))
    for line in lines:
        if line.reason:
            log.info("refused", route=refusing.route_of(visit.request), reason=line.reason)
    if all(line.reason == NOT_YOURS for line in lines):
        raise asking.not_found("Ce professionnel")
    made = {line.professional_id: _letter(visit, line) for line in lines if not line.reason}
    pdf = await printed(*made.values()) if made else ""
    shown = {line.professional_id for line in lines if line.reason not in ("", NOT_YOURS)}
    names = {id: name for id, name in names.items() if id in shown}
    return visit.page("accounts/letters.html", lines=lines, letters=made, names=names, pdf=pdf)


async def _without(
    visit: Visit, territory: str = "", text: str = "", cursor: str = "", all_ticked: str = ""
) -> dict[str, object]:
    """People without an account to choose from, those chosen before among them."""
    where = territory if territory in visit.territories else ""
    request = enrolment.ListAccountsRequest(
        state=pb.ACCOUNT_STATE_NONE, territory_code=where, text=text, cursor=cursor, limit=MOST_AT_ONCE
    )
    told = await visit.enrolment.ListAccounts(request)
    ticked = {one.professional_id for one in told.accounts} if all_ticked else set(visit.typed.all("professional_ids"))
    return {
        "told": told,
        "ticked": ticked,
        "elsewhere": sorted(ticked - {one.professional_id for one in told.accounts}),
        "chosen": {"territoire": where, "q": text},
        "own": await asking.territories(visit, only_own=True),
    }


def _must_be_few(chosen: Sequence[str]) -> None:
    if not 0 < len(chosen) <= MOST_AT_ONCE:
        raise NobodyChosen(
            "Il faut cocher au moins une personne, et 100 au plus.", "Cochez celles dont le compte est à ouvrir."
        )


def _letter(visit: Visit, line: enrolment.OpenedAccount) -> letters.Letter:
    someone = line.opened.professional
    return letters.Letter(
        name=f"{someone.given_name} {someone.family_name}",
        role=someone.profession_label,
        username=line.opened.username,
        starting_password=line.opened.starting_password,
        made_at=visit.workbench.sessions.now(),
    )


async def _names(visit: Visit, ids: Sequence[str]) -> dict[str, str]:
    wanted = [id for id in ids if asking.is_id(id)]
    if not wanted:
        return {}
    told = await visit.directory.BatchGetProfessionals(pb.BatchGetProfessionalsRequest(professional_ids=wanted))
    return {one.professional_id: f"{one.given_name} {one.family_name}" for one in told.professionals}
