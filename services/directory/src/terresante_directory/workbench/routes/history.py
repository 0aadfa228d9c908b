"""/historique: who did what, when, what was said before and after, why; and undoing it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking, labels
from terresante_directory.workbench.asking import not_found
from terresante_directory.workbench.visits import LONG_SECONDS, Visit, posting, visiting

SUBJECTS = {"structures": "structure", "professionnels": "professional", "offres": "offer"}
PAGE = 25
router = APIRouter()


@router.get("/historique")
async def everything(visit: Annotated[Visit, Depends(visiting)], suite: str = "", fait: str = "") -> Response:
    """All acts in the administrator's territories, the newest first."""
    reply = await visit.ror.ListActs(pb.ListActsRequest(cursor=suite, limit=PAGE))
    return await _page(visit, reply, title="Historique de vos territoires", here="/historique", fait=fait)


@router.get("/{kind}/{id}/historique")
async def of_one(
    kind: str, id: str, visit: Annotated[Visit, Depends(visiting)], suite: str = "", fait: str = ""
) -> Response:
    """The acts on one structure, professional or offer."""
    if kind not in SUBJECTS or not asking.is_id(id):
        raise not_found("Cette page")
    subject = pb.Subject(kind=SUBJECTS[kind], id=id)
    reply = await visit.ror.ListActs(pb.ListActsRequest(subject=subject, cursor=suite, limit=PAGE))
    return await _page(visit, reply, title="Historique de cette fiche", here=f"/{kind}/{id}/historique", fait=fait)


@router.get("/historique/{act}/annuler")
async def undoing(act: str, visit: Annotated[Visit, Depends(visiting)], retour: str = "") -> Response:
    """Says what undoing does."""
    return visit.page("history/undo.html", act=act, back=_back(retour))


@router.post("/historique/{act}/annuler")
async def undo(act: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Undoes the act whole."""
    back = _back(visit.typed.one("retour"))
    try:
        await visit.ror.UndoAct(pb.UndoActRequest(act_id=act, why=visit.typed.one("why")), LONG_SECONDS)
    except Refusal as refusal:
        return visit.again("history/undo.html", refusal, act=act, back=back)
    return visit.to(f"{back}?fait=annule")


def _back(typed: str) -> str:
    """Which history to go back to: one of ours."""
    parts = typed.split("/")
    of_one = len(parts) == 4 and parts[0] == "" and parts[1] in SUBJECTS and asking.is_id(parts[2])
    return typed if of_one and parts[3] == "historique" else "/historique"


async def _page(visit: Visit, reply: pb.ListActsResponse, *, title: str, here: str, fait: str) -> Response:
    names = {one.code: one.name for one in await asking.territories(visit)}
    ids = {text for act in reply.acts for text in labels.ids_in(act)}
    names |= {id: one.name for id, one in (await asking.structures(visit, list(ids)[: labels.MOST])).items()}
    told = [labels.told(act, names, visit.workbench) for act in reply.acts]
    return visit.page("history/list.html", acts=told, next=reply.next_cursor, title=title, here=here, done=fait)
