"""$export of the directory: the Bulk Data guide's kick-off, status and files, without any state of ours.

HL7 FHIR Bulk Data Access STU2, export.html. What is exported is read when its file is fetched, page by page, so
nothing is kept, nothing waits and memory stays bounded: the job that a status and its files name is what was asked,
signed for who asked. A file whose reading fails half-way breaks the connection: nobody takes a part for the whole.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import msgspec
from terresante.directory.v1 import extract_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.exchange import Exchange, asker
from terresante_gateway.fhir.directory.asking import MOST, filter_of
from terresante_gateway.fhir.directory.bundles import matches
from terresante_gateway.fhir.directory.parts import Json
from terresante_gateway.fhir.directory.query import LONGEST, Query, parsed, period, refused
from terresante_gateway.fhir.directory.resources import RESOURCES, Resource
from terresante_gateway.peers import Peers

LINES = "application/fhir+ndjson"
FORMATS = frozenset({LINES, "application/ndjson", "ndjson", "application/fhir ndjson"})
MARGIN = timedelta(minutes=2)
"""How much earlier than now an export says it is: what is being committed, or comes to hold (a minute), is then told
again by the next export since that moment, never missed.
"""
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Job:
    """What is exported. `filters`: for each type its search parameters, as they came. `at`: RFC 3339."""

    types: tuple[str, ...]
    filters: dict[str, str]
    since: str
    at: str
    request: str

    def sealed(self, exchange: Exchange) -> str:
        """As it goes into addresses. Refuses with FIELDS_INVALID what would be longer than an address may be."""
        told = json.dumps([self.types, self.filters, self.since, self.at, self.request], separators=(",", ":"))
        sealed = exchange.signer.seal(told, _purpose(exchange)) or ""
        if len(sealed) > LONGEST:
            raise refused("_typeFilter", "ces critères sont trop longs ensemble ; exportez en plusieurs fois.")
        return sealed


def job(query: Query, exchange: Exchange, address: str, now: datetime) -> Job:
    """Of a kick-off. Refuses with FIELDS_INVALID."""
    if "respond-async" not in exchange.given.get(b"prefer", b"").decode("latin-1"):
        raise refused("Prefer", "un export se demande avec l’en-tête « Prefer: respond-async ».")
    if (query.one("_outputFormat") or LINES) not in FORMATS:
        raise refused("_outputFormat", f"seul {LINES} est servi.")
    types = tuple(query.choices("_type")) or tuple(RESOURCES)
    if not set(types) <= set(RESOURCES) or len(set(types)) < len(types):
        raise refused("_type", f"chacun une fois, parmi {', '.join(RESOURCES)}.")
    since = query.one("_since")
    if since:
        period("_since", since)
    filters = dict(_filter(text, types) for text in query.every("_typeFilter"))
    if len(filters) < len(query.every("_typeFilter")):
        raise refused("_typeFilter", "un seul par type de ressource.")
    query.form()
    query.only(["_type", "_since", "_outputFormat", "_typeFilter"])
    request = f"{address}/$export" + (f"?{query.text}" if query.text else "")
    return Job(types, filters, since, (now - MARGIN).astimezone(UTC).isoformat().replace("+00:00", "Z"), request)


def _filter(text: str, types: tuple[str, ...]) -> tuple[str, str]:
    """`Type?parameters`, which are those of a search. Refuses with FIELDS_INVALID."""
    type, _, parameters = text.partition("?")
    if type not in types or not parameters:
        raise refused("_typeFilter", "Type?critères attendu, d’un type exporté.")
    _asked(RESOURCES[type], parameters)
    return type, parameters


def _asked(resource: Resource, parameters: str) -> pb.ExtractFilter:
    if not parameters:
        return pb.ExtractFilter()
    try:
        pairs = parse_qsl(parameters, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise refused("_typeFilter", "ses critères ne sont pas lisibles.") from None
    query = parsed(pairs)
    asked = filter_of(resource, query)
    query.only(resource.parameters)
    return asked


def opened(query: Query, exchange: Exchange) -> Job:
    """The job that an address names. Refuses with CURSOR_INVALID one that is not this caller's, FIELDS_INVALID."""
    text = query.one("job")
    if not text:
        raise refused("job", "il manque : reprenez l’adresse que l’export a donnée.")
    types, *more = json.loads(exchange.signer.open(text, _purpose(exchange)))
    return Job(tuple(types), *more)


def manifest(job: Job, sealed: str, address: str) -> Json:
    """Where the files are; they are there at once."""
    files = [
        {"type": type, "url": f"{address}/$export-file?{urlencode({'type': type, 'job': sealed})}"}
        for type in job.types
    ]
    return {
        "transactionTime": job.at,
        "request": job.request,
        "requiresAccessToken": True,
        "output": files,
        "error": [],
    }


def wanted(query: Query, job: Job) -> Resource:
    """Which of its files is fetched. Refuses with FIELDS_INVALID."""
    type = query.one("type")
    if type not in job.types:
        raise refused("type", "ce type n’est pas de cet export.")
    query.only(["job", "type"])
    return RESOURCES[type]


async def lines(resource: Resource, job: Job, peers: Peers) -> AsyncIterator[bytes]:
    """The file, a page at a time."""
    asked = _asked(resource, job.filters.get(resource.type, ""))
    if job.since:
        start, _ = period("_since", job.since)
        if not asked.HasField("changed_from") or words.read(asked.changed_from) < start:
            asked.changed_from.CopyFrom(words.timestamp(start))
    cursor = ""
    while True:
        request = pb.ExtractRequest(
            extracted=resource.extracted, filter=asked, along=resource.along, cursor=cursor, limit=MOST
        )
        reply = await peers.extracts.Extract(request)
        yield b"".join(_encode(one) + b"\n" for one in matches(resource, reply))
        cursor = reply.next_cursor
        if not cursor:
            return


async def begun(file: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same file once its first page is there: what the service refuses is refused, not a file that breaks off."""
    first = await anext(file, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for more in file:
            yield more

    return whole()


def _purpose(exchange: Exchange) -> str:
    return f"{asker(exchange).id}\n$export"
