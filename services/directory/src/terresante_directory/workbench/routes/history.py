"""/historique: who did what, when, what was said before and after, why; and undoing it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.refusals import Invalid, Refusal

from terresante_directory.workbench import asking, labels
from terresante_directory.workbench.asking import not_found
from terresante_directory.workbench.visits import LONG_SECONDS, Visit, posting, visiting

SUBJECTS = {"structures": "structure", "professionnels": "professional", "offres": "offer"}
PAGE = 15
"""Acts, of up to twenty changes each: more would weigh over 150 kB."""
EVERYTHING = "/historique"
router = APIRouter()


@router.get("/historique")
async def everything(visit: Annotated[Visit, Depends(visiting)], suite: str = "", fait: str = "") -> Response:
    """All acts in the administrator's territories, the newest first."""
    reply = await visit.ror.ListActs(pb.ListActsRequest(cursor=suite, limit=PAGE))
    values = {"title": "Historique de vos territoires", "here": EVERYTHING, "suite": suite, "done": fait}
    return await _page(visit, reply, **values)


@router.get("/{kind}/{id}/historique")
async def of_one(
    kind: str, id: str, visit: Annotated[Visit, Depends(visiting)], suite: str = "", fait: str = ""
) -> Response:
    """The acts on one structure, professional or offer."""
    if kind not in SUBJECTS or not asking.is_id(id):
        raise not_found("Cette page")
    subject = pb.Subject(kind=SUBJECTS[kind], id=id)
    reply = await visit.ror.ListActs(pb.ListActsRequest(subject=subject, cursor=suite, limit=PAGE))
    here = f"/{kind}/{id}/historique"
    return await _page(visit, reply, title="Historique de cette fiche", here=here, suite=suite, done=fait)


@router.get("/historique/{act}/annuler")
async def undoing(act: str, visit: Annotated[Visit, Depends(visiting)], retour: str = "", suite: str = "") -> Response:
    """Says what undoing it brings back; `retour`, `suite`: the page of the history that it is on."""
    back = _back(retour)
    return visit.page("history/undo.html", act=act, back=back, suite=suite, one=await _on(visit, back, suite, act))


@router.post("/historique/{act}/annuler")
async def undo(act: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Undoes the act whole."""
    back, suite = _back(visit.typed.one("retour")), visit.typed.one("suite")
    try:
        await visit.ror.UndoAct(pb.UndoActRequest(act_id=act, why=visit.typed.one("why")), LONG_SECONDS)
    except Refusal as refusal:
        one = await _on(visit, back, suite, act)
        return visit.again("history/undo.html", refusal, act=act, back=back, suite=suite, one=one)
    return visit.to(f"{back}?fait=annule")


def _back(typed: str) -> str:
    """Which history to go back to: one of ours."""
    return typed if _subject(typed) else EVERYTHING


def _subject(history: str) -> pb.Subject | None:
    """Whose history has this address; nothing for that of all."""
    match history.split("/"):
        case ["", kind, id, "historique"] if kind in SUBJECTS and asking.is_id(id):
            return pb.Subject(kind=SUBJECTS[kind], id=id)
    return None


async def _on(visit: Visit, history: str, cursor: str, act: str) -> labels.Told | None:
    """The act, if it is on this page of the history. It is shown only: undoing it does not hang on that."""
    request = pb.ListActsRequest(subject=_subject(history), cursor=cursor, limit=PAGE)
    try:
        acts = (await visit.ror.ListActs(request)).acts
    except Invalid:
        return None
    told = await _told(visit, [one for one in acts if one.act_id == act])
    return next(iter(told), None)


async def _told(visit: Visit, acts: Sequence[pb.Act]) -> list[labels.Told]:
    names = {one.code: one.name for one in await asking.territories(visit)}
    ids = {text for act in acts for text in labels.ids_in(act)}
    names |= {id: one.name for id, one in (await asking.structures(visit, list(ids)[: labels.MOST])).items()}
    return [labels.told(act, names, visit.workbench) for act in acts]


async def _page(visit: Visit, reply: pb.ListActsResponse, **values: str) -> Response:
    return visit.page("history/list.html", acts=await _told(visit, reply.acts), next=reply.next_cursor, **values)
