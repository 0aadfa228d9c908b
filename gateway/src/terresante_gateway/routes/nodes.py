"""/nodes: the tree of structures and offers, under one or at the root of a territory."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_gateway.operation import Authz, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.sheets import ADMINISTRATORS, LEVELS, SHEET, Level, stamp
from terresante_gateway.words import Line, Moment, OpaqueId

router = APIRouter(prefix="/v1/nodes", tags=["Annuaire"])


class Node(Struct):
    """Une structure ou une offre de l’arbre."""

    kind: Annotated[Literal["structure", "offer"], Meta(examples=["structure"])]
    id: str
    name: str
    level: Annotated[Level | None, Meta(description="null pour une offre")]
    children: Annotated[int, Meta(ge=0)]
    closed: bool
    commune: str

    @classmethod
    def of(cls, node: pb.Node) -> "Node":
        """From the service's message."""
        kind: Literal["structure", "offer"] = "offer" if node.kind == "offer" else "structure"
        level = LEVELS.word.get(node.level)
        return cls(kind, node.id, node.name, level, node.children, node.closed, node.commune)


class Nodes(Struct):
    """Une page de l’arbre : les structures, puis les offres, par nom."""

    items: list[Node]
    next_cursor: str | None


class NodesQuery(ListQuery):
    """Sous quoi : une structure, ou un territoire (l’un des deux)."""

    parent_id: OpaqueId | None = None
    territory_code: Line = Field("", max_length=32, examples=["94-ouest"])
    at: Moment | None = None
    known_at: Moment | None = None
    with_closed: bool = False


@on(router, "GET", "", "Parcourir l’arbre", Authz("structure", "list", ADMINISTRATORS), *SHEET, "TERRITORY_UNKNOWN",
    "CURSOR_INVALID", "SEARCH_INVALID")  # fmt: skip
async def list_nodes(query: Annotated[NodesQuery, Query()], pages: Pages, peers: To) -> Nodes:
    """Ce qu’il y a juste sous une structure, ou à la racine d’un territoire."""
    reply = await peers.ror.ListNodes(
        pb.ListNodesRequest(
            parent_id=query.parent_id or "",
            territory_code=query.territory_code,
            at=stamp(query.at),
            known_at=stamp(query.known_at),
            with_closed=query.with_closed,
            cursor=pages.open(query),
            limit=query.limit,
        )
    )
    return Nodes([Node.of(one) for one in reply.nodes], pages.seal(query, reply.next_cursor))
