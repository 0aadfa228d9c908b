"""/recherche: everything at once as one types: names, numbers, communes; accents ignored, a typing error borne."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_platform.refusals import Refusal

from terresante_directory.workbench import asking, pages
from terresante_directory.workbench.visits import Visit, visiting

KINDS = {
    "structure": ("Structure", "/structures/"),
    "offer": ("Offre", "/offres/"),
    "professional": ("Professionnel", "/professionnels/"),
    "commune": ("Commune", "/carte?commune="),
    "territory": ("Territoire", "/carte?territoire="),
}
OWN_ONLY = frozenset({"structure", "offer"})
MOST = 30
router = APIRouter()


@router.get("/recherche")
async def find(visit: Annotated[Visit, Depends(visiting)], q: str = "", sorte: str = "") -> Response:
    """What matches, best first. Structures and offers of the administrator's territories only."""
    kind = sorte if sorte in KINDS else ""
    template = "finding/_found.html" if visit.partial else "finding/find.html"
    names = {one.code: one.name for one in await asking.territories(visit)}
    values = {"q": q, "kind": kind, "sorts": [(code, label) for code, (label, _) in KINDS.items()], "names": names}
    request = pb.FindRequest(text=q, kinds=[kind] if kind else [], limit=MOST)
    try:
        hits = (await visit.ror.Find(request)).hits if q.strip() else []
    except Refusal as refusal:
        return visit.again(template, refusal, **values, found=[])
    own = set(visit.territories)
    seen = [hit for hit in hits if hit.kind in KINDS and (hit.kind not in OWN_ONLY or hit.territory_code in own)]
    found = [(hit, *_shown(hit)) for hit in seen]
    return visit.page(template, **values, found=found)


def _shown(hit: pb.Hit) -> tuple[str, str]:
    """In words what it is, and where its page is."""
    label, page = KINDS[hit.kind]
    return label, page + pages.quoted(hit.id)
