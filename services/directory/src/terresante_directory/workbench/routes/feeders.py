"""/systemes: systems that feed identities, registered and changed."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.refusals import Refusal, Stale

from terresante_directory.workbench import asking, words
from terresante_directory.workbench.asking import not_found
from terresante_directory.workbench.differences import Difference
from terresante_directory.workbench.visits import Visit, posting, visiting

STATES = {"open": pb.ACCOUNT_STATE_OPEN, "suspended": pb.ACCOUNT_STATE_SUSPENDED}
BETWEEN_ISSUERS = re.compile(r"[\s,;]+")
router = APIRouter(prefix="/systemes")


@router.get("")
async def feeders(visit: Annotated[Visit, Depends(visiting)], fait: str = "") -> Response:
    """Those of the administrator's territories."""
    found = await _all(visit)
    structures = await asking.structures(visit, (one.structure_id for one in found))
    return visit.page("feeders/list.html", feeders=found, structures=structures, done=fait)


@router.get("/nouveau")
async def new(visit: Annotated[Visit, Depends(visiting)], structure: str = "", chercher: str = "") -> Response:
    """The form of a new one."""
    return visit.page("feeders/new.html", **await _choices(visit, visit.typed.one("structure") or structure, chercher))


@router.post("/nouveau")
async def register(visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Registers it and opens its account."""
    typed = visit.typed
    visit.once()
    request = pb.RegisterFeederRequest(
        name=typed.one("name"),
        structure_id=typed.one("structure"),
        issuers=[one for one in BETWEEN_ISSUERS.split(typed.one("issuers")) if one],
        policy=typed.one("policy"),
        certificate_subject=typed.one("certificate_subject"),
    )
    try:
        await visit.directory.RegisterFeeder(request)
    except Refusal as refusal:
        return visit.again("feeders/new.html", refusal, **await _choices(visit, typed.one("structure"), ""))
    return visit.to("/systemes?fait=inscrit")


@router.get("/{id}")
async def one(id: str, visit: Annotated[Visit, Depends(visiting)], fait: str = "") -> Response:
    """A system, and the form that changes it."""
    feeder = await _one(visit, id)
    structures = await asking.structures(visit, [feeder.structure_id])
    return visit.page("feeders/one.html", feeder=feeder, structures=structures, states=STATES, done=fait)


@router.post("/{id}")
async def change(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Changes how far it goes alone, or suspends or reinstates it."""
    typed = visit.typed
    request = pb.ChangeFeederRequest(
        feeder_id=id,
        version=typed.number("version"),
        policy=typed.one("policy"),
        account_state=STATES.get(typed.one("state"), pb.ACCOUNT_STATE_UNSPECIFIED),
    )
    try:
        await visit.directory.ChangeFeeder(request)
    except Stale as stale:
        feeder = await _one(visit, id)
        rows = [
            Difference(
                "Rapprochement",
                words.POLICIES.get(typed.one("before_policy"), ""),
                words.POLICIES.get(feeder.policy, feeder.policy),
                words.POLICIES.get(typed.one("policy"), ""),
            ),
            Difference(
                "Accès",
                _state(typed.one("before_state")),
                words.account(feeder.account_state),
                _state(typed.one("state")),
            ),
        ]
        return visit.again("stale.html", stale, back=f"/systemes/{id}", version=feeder.version, differences=rows)
    except Refusal as refusal:
        feeder = await _one(visit, id)
        structures = await asking.structures(visit, [feeder.structure_id])
        return visit.again("feeders/one.html", refusal, feeder=feeder, structures=structures, states=STATES, done="")
    return visit.to(f"/systemes/{id}?fait=change")


def _state(name: str) -> str:
    return words.account(STATES[name]) if name in STATES else ""


async def _all(visit: Visit) -> list[pb.Feeder]:
    return list((await visit.directory.ListFeeders(pb.ListFeedersRequest())).feeders)


async def _one(visit: Visit, id: str) -> pb.Feeder:
    found = next((one for one in await _all(visit) if one.feeder_id == id), None)
    if found is None:
        raise not_found("Ce système")
    return found


async def _choices(visit: Visit, structure: str, searched: str) -> dict[str, object]:
    return {"choices": await asking.choices(visit, structure, searched), "chosen": structure, "searched": searched}
