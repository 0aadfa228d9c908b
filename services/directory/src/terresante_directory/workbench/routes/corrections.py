"""/professionnels/{id}/corriger: the right name, RPPS or profession of somebody; nobody's correction is overwritten."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as directory
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.refusals import Refusal, Stale

from terresante_directory.workbench import asking
from terresante_directory.workbench.differences import differences, remembered
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.visits import Visit, posting, visiting

LABELS = {"family_name": "Nom", "given_name": "Prénom", "rpps": "RPPS", "profession": "Métier"}
router = APIRouter(prefix="/professionnels/{id}/corriger")


@router.get("")
async def correcting(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """The form that holds what is known of them."""
    someone = await asking.professional(visit, id)
    if not visit.typed.fields:
        visit.typed = Typed.of(**{name: str(getattr(someone, name)) for name in LABELS})
    return visit.page("professionals/correct.html", **_form(visit, someone))


@router.post("")
async def correct(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Says what is right."""
    typed = visit.typed
    said = {name: typed.one(name) for name in LABELS}
    request = pb.CorrectProfessionalRequest(
        professional_id=id, version=typed.number("version"), why=typed.one("why"), **said
    )
    try:
        reply = await visit.ror.CorrectProfessional(request)
    except Stale as stale:
        someone = await asking.professional(visit, id)
        typed_now = {**said, "profession": visit.workbench.professions.get(said["profession"], "")}
        rows = differences(LABELS, typed.one("before"), _shown(someone), typed_now)
        return visit.again("stale.html", stale, back=visit.request.url.path, version=someone.version, differences=rows)
    except Refusal as refusal:
        return visit.again("professionals/correct.html", refusal, **_form(visit, await asking.professional(visit, id)))
    doubts = "".join(f"&doute={doubt}" for doubt in reply.doubts)
    return visit.to(f"/professionnels/{id}?fait=corrige{doubts}")


def _form(visit: Visit, someone: directory.Professional) -> dict[str, object]:
    before = remembered(_shown(someone))
    return {"someone": someone, "before": before, "professions": visit.workbench.professions}


def _shown(someone: directory.Professional) -> dict[str, str]:
    told = {name: str(getattr(someone, name)) for name in LABELS}
    return {**told, "profession": someone.profession_label}
