"""From a FHIR search to one question to the directory: which page of what, what comes along, what of it is shown."""

from dataclasses import dataclass

from terresante.directory.v1 import extract_service_pb2 as pb

from terresante_gateway.exchange import Exchange, asker
from terresante_gateway.fhir.directory import filtering
from terresante_gateway.fhir.directory.query import Query, parsed, refused
from terresante_gateway.fhir.directory.resources import PARENT, Along, Resource

MOST = 200
USUAL = 50
PAGING = frozenset({"_count", "_cursor", "_total"})
FILTER = "_filter"
CLOSING = frozenset({"active", "status", "closing-type", "period-end", "notavailable-closing-reopeningdate"})
"""What is closed is asked for once, for all ways to fit."""
INCLUDING = ("_include", "_include:iterate", "_revinclude")


@dataclass(frozen=True, slots=True)
class Search:
    """A question, and the types of resources that its answer shows beside those asked for.

    `total`: as counted for an earlier page; None: not counted. `purpose`: what its cursors are signed for.
    """

    resource: Resource
    request: pb.ExtractRequest
    shown: frozenset[str]
    query: Query
    total: int | None
    purpose: str


def search(resource: Resource, query: Query, exchange: Exchange) -> Search:
    """Refuses with FIELDS_INVALID, CURSOR_INVALID."""
    query.form()
    count, counted = _count(query), query.one("_total") or "accurate"
    if counted not in ("accurate", "estimate", "none"):
        raise refused("_total", "accurate ou none.")
    along, shown = _inclusions(resource, query)
    asked = filter_of(resource, query)
    either = alternatives(resource, query.one(FILTER))
    query.every("_cursor")
    query.only([*resource.parameters, FILTER, *PAGING, *INCLUDING])
    purpose = _purpose(query, exchange)
    total, after = _opened(exchange.signer.open(query.one("_cursor"), purpose))
    request = pb.ExtractRequest(
        extracted=resource.extracted,
        filter=asked,
        along=sorted({*resource.along, *along}),
        cursor=after,
        limit=count,
        with_total=not after and counted != "none",
        either=either,
    )
    return Search(resource, request, shown, query, total, purpose)


def filter_of(resource: Resource, query: Query) -> pb.ExtractFilter:
    """What the search parameters ask for. Refuses with FIELDS_INVALID."""
    asked = pb.ExtractFilter()
    for name, parameter in resource.parameters.items():
        if name in query.given:
            parameter.reads(query, name, asked)
    return asked


def alternatives(resource: Resource, text: str) -> list[pb.ExtractFilter]:
    """What `_filter` asks for: each a way to fit. Refuses with FIELDS_INVALID."""
    found = []
    for way in filtering.ways(text) if text else []:
        query = parsed([_compared(resource, one) for one in way])
        found.append(filter_of(resource, query))
    return found


def _compared(resource: Resource, one: filtering.Comparison) -> tuple[str, str]:
    """A comparison as the parameter that means the same. Refuses with FIELDS_INVALID."""
    parameter = resource.parameters.get(one.name)
    if parameter is None:
        raise refused(one.name, f"n’est pas cherché ici. Paramètres connus : {', '.join(resource.parameters)}.")
    if one.name in CLOSING:
        raise refused(one.name, "se donne hors de _filter.")
    if parameter.type in ("date", "quantity"):
        return one.name, f"{one.operator}{one.value}"
    if parameter.type == "string" and one.operator in ("eq", "sw", "co"):
        return one.name, one.value
    if one.operator != "eq":
        raise refused(one.name, "cet opérateur n’est pas connu ici.")
    return one.name, one.value.replace(",", "\\,")


def read(resource: Resource, id: str) -> pb.ExtractRequest:
    """The question for one resource."""
    return pb.ExtractRequest(
        extracted=resource.extracted, filter=pb.ExtractFilter(ids=[id]), along=resource.along, limit=1
    )


def sealed(search: Search, exchange: Exchange, reply: pb.ExtractResponse) -> str | None:
    """The cursor of the next page; None after the last."""
    if not reply.next_cursor:
        return None
    total = total_of(search, reply)
    return exchange.signer.seal(f"{'' if total is None else total}:{reply.next_cursor}", search.purpose)


def total_of(search: Search, reply: pb.ExtractResponse) -> int | None:
    """Exact as of the first page; None if it was not asked for."""
    return reply.total if reply.HasField("total") else search.total


def _count(query: Query) -> int:
    text = query.one("_count") or str(USUAL)
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:4]) <= MOST or len(text) > 4:
        raise refused("_count", f"de 1 à {MOST} ressources par page.")
    return int(text)


def _inclusions(resource: Resource, query: Query) -> tuple[set[Along], frozenset[str]]:
    """What is asked to come along, and which types are shown."""
    along: set[Along] = set()
    shown: set[str] = set()
    for name in INCLUDING:
        for text in query.every(name):
            inclusion = resource.inclusions.get(text)
            if inclusion is None or inclusion.reverse != (name == "_revinclude"):
                known = ", ".join(inclusions(resource, name == "_revinclude"))
                raise refused(name, f"n’apporte pas cela ici. Connus : {known}.")
            along |= set(inclusion.iterated if name.endswith("iterate") and inclusion.iterated else inclusion.along)
            if inclusion is not PARENT or resource.type == "Organization":
                shown.add(inclusion.type)
    return along, frozenset(shown)


def _purpose(query: Query, exchange: Exchange) -> str:
    filters = sorted((name, values) for name, values in query.given.items() if name not in PAGING)
    return f"{asker(exchange).id}\n{exchange.scope['path']}\n{filters}"


def _opened(inner: str) -> tuple[int | None, str]:
    total, _, after = inner.partition(":")
    return (int(total) if total else None), after


def inclusions(resource: Resource, reverse: bool) -> list[str]:
    """What may come along, also for the CapabilityStatement."""
    return [text for text, each in resource.inclusions.items() if each.reverse is reverse]
