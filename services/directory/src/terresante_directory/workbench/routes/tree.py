"""/arbre: legal entities, sites, internal organisations and offers of a territory, branch by branch, on any day."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_directory.workbench import asking, pages
from terresante_directory.workbench.moments import beginning
from terresante_directory.workbench.visits import Visit, visiting

PAGE = 100
MOST_OPEN = 60
DEEPEST = 12
router = APIRouter(prefix="/arbre")


@dataclass(slots=True)
class Branch:
    """Nodes under one, and what is open below them. `parent`: an id, blank for a territory's roots."""

    parent: str
    level: int
    nodes: list[pb.Node]
    next: str
    below: dict[str, "Branch"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """What the address says of the tree. `on`: a typed day; `closed`: whether closed ones are shown."""

    territory: str
    on: str
    closed: bool
    open: tuple[str, ...]

    def address(self, *, opened: str = "", shut: str = "") -> str:
        """The same tree with one more branch open, or one less."""
        branches = [id for id in (*self.open, opened) if id and id != shut]
        return "/arbre" + pages.query(
            territoire=self.territory, le=self.on, fermees="1" if self.closed else "", ouvert=branches
        )

    def branch(self, parent: str, level: int, cursor: str = "") -> str:
        """Where the nodes under one are told."""
        return "/arbre/branche" + pages.query(
            de=parent,
            territoire=self.territory,
            niveau=level,
            le=self.on,
            fermees="1" if self.closed else "",
            suite=cursor,
        )


@router.get("")
async def tree(
    visit: Annotated[Visit, Depends(visiting)],
    territoire: str = "",
    le: str = "",
    fermees: str = "",
    ouvert: Annotated[tuple[str, ...], Query()] = (),
) -> Response:
    """The tree of a territory, with the branches open that the address names."""
    code = territoire if territoire in visit.territories else next(iter(visit.territories), "")
    open_ones = tuple(dict.fromkeys(id for id in ouvert if asking.is_id(id)))[:MOST_OPEN]
    view = View(code, le, fermees == "1", open_ones)
    roots = await _branch(visit, view, "", 1)
    await _opened(visit, view, roots)
    own = await asking.territories(visit, only_own=True)
    return visit.page("tree/tree.html", view=view, branch=roots, own=own)


@router.get("/branche")
async def branch(
    visit: Annotated[Visit, Depends(visiting)],
    de: str = "",
    territoire: str = "",
    niveau: int = 1,
    le: str = "",
    fermees: str = "",
    suite: str = "",
) -> Response:
    """The nodes under one; a part of the page for the script, a page of its own without."""
    code = territoire if territoire in visit.territories else next(iter(visit.territories), "")
    view = View(code, le, fermees == "1", ())
    if de and not asking.is_id(de):
        raise asking.not_found("Cette branche")
    found = await _branch(visit, view, de, max(1, min(niveau, DEEPEST)), suite)
    template = "tree/_branch.html" if visit.partial else "tree/branch.html"
    return visit.page(template, view=view, branch=found)


async def _branch(visit: Visit, view: View, parent: str, level: int, cursor: str = "") -> Branch:
    request = pb.ListNodesRequest(
        parent_id=parent,
        territory_code="" if parent else view.territory,
        at=beginning(view.on),
        with_closed=view.closed,
        cursor=cursor,
        limit=PAGE,
    )
    reply = await visit.ror.ListNodes(request)
    return Branch(parent, level, list(reply.nodes), reply.next_cursor)


async def _opened(visit: Visit, view: View, branch: Branch) -> None:
    """Fills in what is open, a level at a time."""
    wanted = [node.id for node in branch.nodes if node.id in view.open and node.children]
    if branch.level >= DEEPEST:
        return
    found = await asyncio.gather(*(_branch(visit, view, id, branch.level + 1) for id in wanted))
    branch.below = dict(zip(wanted, found, strict=True))
    for below in found:
        await _opened(visit, view, below)
