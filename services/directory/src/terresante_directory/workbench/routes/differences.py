"""/ecarts: what a source says otherwise than the directory, side by side, decided field by field and remembered."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import import_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking, pages, reconciling
from terresante_directory.workbench.forms import Typed
from terresante_directory.workbench.reconciling import KINDS, MOST_COUNTED, SOURCES, Asked
from terresante_directory.workbench.visits import LONG_SECONDS, Visit, posting, visiting

CHOICES = {
    "source": (pb.SETTLEMENT_TAKE_SOURCE, "pris"),
    "garder": (pb.SETTLEMENT_KEEP_LOCAL, "garde"),
    "rouvrir": (pb.SETTLEMENT_OPEN_AGAIN, "rouvert"),
}
HERE = "/ecarts"
router = APIRouter(prefix=HERE)


@router.get("")
async def differences(
    visit: Annotated[Visit, Depends(visiting)], suite: str = "", fait: str = "", acte: str = ""
) -> Response:
    """Those of one source, the first that has some unless the address says which."""
    query = visit.request.query_params
    said = visit.typed if visit.typed.fields else Typed({name: query.getlist(name) for name in query})
    values = await _shown(visit, Asked.of(said, visit.territories), suite)
    act = acte if asking.is_id(acte) else ""
    return visit.page(_listing(visit), done=fait, act=act, **values)


@router.post("")
async def settle(visit: Annotated[Visit, Depends(posting)]) -> Response:
    """Takes what the source says, keeps what is said here, or has it decided again."""
    typed = visit.typed
    asked = Asked.of(typed, visit.territories)
    settlement, done = CHOICES.get(typed.one("choix"), (pb.SETTLEMENT_UNSPECIFIED, ""))
    request = pb.SettleDifferencesRequest(
        difference_ids=reconciling.chosen(typed), settlement=settlement, why=typed.one("why")
    )
    try:
        reply = await visit.imports.SettleDifferences(request, LONG_SECONDS)
    except Refusal as refusal:
        values = await _shown(visit, asked, typed.one("suite"))
        return visit.again("differences/list.html", refusal, done="", act="", **values)
    back = pages.query(**asked.fields(), suite=typed.one("suite"), fait=done, acte=reply.act.act_id)
    return visit.to(HERE + back)


def _listing(visit: Visit) -> str:
    return "differences/_found.html" if visit.partial else "differences/list.html"


async def _shown(visit: Visit, asked: Asked, cursor: str) -> dict[str, object]:
    first = {source: await visit.imports.ListDifferences(asked.request(source)) for source in SOURCES}
    totals = {source: reply.total for source, reply in first.items()}
    source = asked.source or next((one for one, total in totals.items() if total), next(iter(SOURCES)))
    page = first[source]  # also once the cursor's last one was decided
    if cursor:
        try:
            page = await visit.imports.ListDifferences(asked.request(source, cursor))
        except Refusal as refusal:
            if refusal.reason != "CURSOR_INVALID":
                raise
    return {
        "asked": asked,
        "source": source,
        "totals": totals,
        "most": MOST_COUNTED,
        "sheets": reconciling.sheets(visit, page.differences),
        "suite": cursor,
        "next": page.next_cursor,
        "sources": SOURCES,
        "kinds_of": KINDS,
        "own": await asking.territories(visit, only_own=True),
    }
