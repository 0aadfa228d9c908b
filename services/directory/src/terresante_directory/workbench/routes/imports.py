"""/imports: a file looked at line by line before anything changes, applied whole or in part, undone in one act."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response
from terresante.directory.v1 import import_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.domain.imports.arriving import LONGEST_SECONDS
from terresante_directory.workbench import asking, words
from terresante_directory.workbench.asking import not_found
from terresante_directory.workbench.forms import whole
from terresante_directory.workbench.reconciling import worded
from terresante_directory.workbench.uploads import Upload
from terresante_directory.workbench.visits import LONG_SECONDS, Visit, posting, sent, visiting

FORMATS = {
    "tableau": (pb.SOURCE_FORMAT_OWN_TABLE, "Notre tableau (CSV ou XLSX)"),
    "annuaire": (pb.SOURCE_FORMAT_ANNUAIRE, "Annuaire Santé, extraction en libre accès"),
    "finess": (pb.SOURCE_FORMAT_FINESS, "FINESS, extraction des structures"),
    "ror": (pb.SOURCE_FORMAT_ROR_FHIR, "ROR, FHIR (Bundle ou NDJSON)"),
}
OUTCOMES = {
    pb.LINE_OUTCOME_NEW: "Nouvelles",
    pb.LINE_OUTCOME_CHANGED: "Changées",
    pb.LINE_OUTCOME_GONE: "Disparues",
    pb.LINE_OUTCOME_CONFLICT: "En conflit",
    pb.LINE_OUTCOME_REJECTED: "Illisibles",
    pb.LINE_OUTCOME_SAME: "Identiques",
    pb.LINE_OUTCOME_ELSEWHERE: "D’ailleurs",
}
APPLICABLE = (pb.LINE_OUTCOME_NEW, pb.LINE_OUTCOME_CHANGED, pb.LINE_OUTCOME_GONE, pb.LINE_OUTCOME_CONFLICT)
PAGE = 50
TO_LOOK_AT = "a-regarder"
UPLOAD_SECONDS = LONGEST_SECONDS + 60
"""Time is bound by progress: `Pace` breaks off what comes too slowly."""
router = APIRouter(prefix="/imports")


@router.get("")
async def imports(visit: Annotated[Visit, Depends(visiting)], etat: str = "", suite: str = "") -> Response:
    """Those of the administrator's territories; only those to be looked at, if the address says so."""
    state = etat if etat == TO_LOOK_AT else ""
    states = [pb.IMPORT_STATE_READY] if state else []
    reply = await visit.imports.ListImports(pb.ListImportsRequest(cursor=suite, limit=PAGE, states=states))
    return visit.page(
        "imports/list.html", imports=reply.imports, next=reply.next_cursor, states=words.IMPORTS, state=state
    )


@router.get("/nouveau")
async def new(visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """The form of a new one."""
    return visit.page("imports/new.html", **await _choices(visit))


@router.post("/nouveau")
async def upload(request: Request) -> Response:
    """Takes the file as it comes; the session's token stands before it in the form."""
    upload = Upload(request)
    visit = await sent(request, await upload.begin())
    chosen, _ = FORMATS.get(visit.typed.one("format"), (pb.SOURCE_FORMAT_UNSPECIFIED, ""))

    async def parts() -> AsyncIterator[pb.UploadFileRequest]:
        about = pb.FileDescription(
            format=chosen,
            file_name=upload.file_name.replace("\\", "/").rpartition("/")[2][:200],
            territory_code=visit.typed.one("territory_code"),
            complete=visit.typed.one("complete") == "oui",
            closed=True,
        )
        yield pb.UploadFileRequest(description=about)
        async for piece in upload.pieces():
            yield pb.UploadFileRequest(piece=piece)
        yield pb.UploadFileRequest(piece=b"")

    try:
        reply = await _handed_over(visit, parts(), upload)
    except Refusal as refusal:
        if upload.fault is None:
            await upload.throw_away()
        return visit.again("imports/new.html", refusal, **await _choices(visit))
    return visit.to(f"/imports/{reply.import_id}")


@router.get("/{id}")
async def one(
    id: str, visit: Annotated[Visit, Depends(visiting)], sorte: int = 0, suite: str = "", fait: str = ""
) -> Response:
    """How far it is, what it would do, and its lines of one outcome."""
    return visit.page("imports/one.html", done=fait, **await _told(visit, id, sorte, suite))


@router.get("/{id}/choisir")
@router.get("/{id}/appliquer")
async def back(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Where a form of the page leads back to after a login: the page, on which it is to be sent again."""
    return visit.to(f"/imports/{quote(id, safe='')}")


@router.post("/{id}/choisir")
async def choose(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Chooses lines to apply, or leaves them out: the ticked ones of a page, or all of an outcome."""
    typed = visit.typed
    outcome, chosen = typed.number("sorte"), typed.one("choix") != "laisser"
    if outcome not in OUTCOMES:
        outcome = 0
    numbers = [] if typed.one("toutes") else [whole(one) for one in typed.all("ligne")]
    request = pb.ChooseLinesRequest(import_id=id, numbers=numbers, chosen=chosen)
    if typed.one("toutes"):
        request.outcome = outcome  # type: ignore[assignment]
    try:
        await visit.imports.ChooseLines(request)
    except Refusal as refusal:
        return visit.again("imports/one.html", refusal, done="", **await _told(visit, id, outcome, ""))
    return visit.to(f"/imports/{id}?sorte={outcome}&fait=choisi")


@router.post("/{id}/appliquer")
async def apply(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Applies the chosen lines as one act."""
    visit.once()
    typed = visit.typed
    request = pb.ApplyImportRequest(import_id=id, version=typed.number("version"), why=typed.one("why"))
    try:
        await visit.imports.ApplyImport(request, LONG_SECONDS)
    except Refusal as refusal:
        return visit.again("imports/one.html", refusal, done="", **await _told(visit, id, 0, ""))
    return visit.to(f"/imports/{id}?fait=applique")


@router.get("/{id}/abandonner")
async def discarding(id: str, visit: Annotated[Visit, Depends(visiting)]) -> Response:
    """Says what is lost."""
    return visit.page("imports/discard.html", **await _about(visit, id))


@router.post("/{id}/abandonner")
async def discard(id: str, visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Forgets one that was not applied."""
    try:
        await visit.imports.DiscardImport(pb.DiscardImportRequest(import_id=id))
    except Refusal as refusal:
        return visit.again("imports/discard.html", refusal, **await _about(visit, id))
    return visit.to("/imports")


async def _handed_over(visit: Visit, parts: AsyncIterator[pb.UploadFileRequest], upload: Upload) -> Any:
    try:
        return await visit.imports.UploadFile(parts, UPLOAD_SECONDS)
    except asyncio.CancelledError:
        if upload.fault is not None:  # the stream was broken off because of the form, not the request
            raise upload.fault from None
        raise


async def _about(visit: Visit, id: str) -> dict[str, Any]:
    """The import, how many lines are chosen, and which in words: « 11 nouvelles, 3 changées »."""
    if not asking.is_id(id):
        raise not_found("Cet import")
    one = getattr(await visit.imports.GetImport(pb.GetImportRequest(import_id=id)), "import")
    counted = [count for count in one.counts if count.chosen]
    return {
        "one": one,
        "chosen": sum(count.chosen for count in counted),
        "which": ", ".join(_many(count) for count in counted),
    }


def _many(count: pb.LineCount) -> str:
    kind = OUTCOMES[count.outcome].lower()
    return f"{count.chosen} {kind.removesuffix('s') if count.chosen == 1 else kind}"


async def _told(visit: Visit, id: str, outcome: int, cursor: str) -> dict[str, object]:
    about = await _about(visit, id)
    request = pb.ListImportLinesRequest(import_id=id, cursor=cursor, limit=PAGE)
    if outcome in OUTCOMES:
        request.outcomes.append(outcome)  # type: ignore[arg-type]
    reply = await visit.imports.ListImportLines(request)
    names = {territory.code: territory.name for territory in await asking.territories(visit)}
    return {
        **about,
        "lines": [(line, [worded(visit, field, names) for field in line.fields]) for line in reply.lines],
        "next": reply.next_cursor,
        "outcome": outcome,
        "outcomes": OUTCOMES,
        "applicable": APPLICABLE,
        "states": words.IMPORTS,
    }


async def _choices(visit: Visit) -> dict[str, object]:
    formats = [(name, label) for name, (_, label) in FORMATS.items()]
    return {"formats": formats, "own": await asking.territories(visit, only_own=True)}
