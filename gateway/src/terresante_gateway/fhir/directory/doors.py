"""The FHIR operations of the directory: read and search of five resources, and $export."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from terresante_platform.refusals import Unknown

from terresante_gateway.exchange import Exchange
from terresante_gateway.fhir.directory import asking, bundles, exporting
from terresante_gateway.fhir.directory.query import Asked, query_of
from terresante_gateway.fhir.directory.resources import RESOURCES, Resource
from terresante_gateway.fhir.outcomes import MEDIA_TYPE, ROOT, issue
from terresante_gateway.operation import Authz, Id, Kind, Operation, Page, Stream, To, on

READERS: tuple[Kind, ...] = ("professional", "administrator", "system")
"""Who extracts the directory: people who work in it, and their software. Patients have `/v1`."""
EXTRACT = Authz("directory", "extract", READERS)
SEARCH_SECONDS = 15.0
EXPORT_SECONDS = 600.0
Clock = Callable[[], datetime]
_encode = msgspec.json.Encoder().encode


class FhirResourceUnknown(Unknown):
    """No such resource, none that the caller may see, or one that is closed."""

    reason = "FHIR_RESOURCE_UNKNOWN"


def _itself(exchange: Exchange) -> Exchange:
    return exchange


Whole = Annotated[Exchange, Depends(_itself)]
"""A parameter: the exchange."""


def router(address: str, now: Clock = lambda: datetime.now(UTC)) -> APIRouter:
    """All of them. `address`: of this FHIR server, blank if it does not know it."""
    made = APIRouter(prefix=ROOT, tags=["FHIR"])
    for resource in RESOURCES.values():
        _searched(made, resource, address)
        _read(made, resource)
    _exported(made, address or ROOT, now)
    for route in made.routes:
        if isinstance(route, Operation):
            route.reads_query = route.depends_on(query_of)
    return made


def _searched(router: APIRouter, resource: Resource, address: str) -> None:
    async def search(query: Asked, exchange: Whole, peers: To) -> Page:
        asked = asking.search(resource, query, exchange)
        reply = await peers.extracts.Extract(asked.request)
        return _page(bundles.bundle(asked, reply, address, asking.sealed(asked, exchange, reply)))

    search.__name__ = f"search_{_snake(resource.type)}"
    on(router, "GET", f"/{resource.type}", f"Chercher des {resource.type}", EXTRACT, seconds=SEARCH_SECONDS)(search)


def _read(router: APIRouter, resource: Resource) -> None:
    async def read(resource_id: Id, query: Asked, peers: To) -> Page:
        query.form()
        query.only(["_format", "_pretty"])
        reply = await peers.extracts.Extract(asking.read(resource, resource_id))
        found = next(bundles.matches(resource, reply), None)
        if found is None:
            raise FhirResourceUnknown(
                "Cette ressource est inconnue, ou fermée, ou vous ne pouvez pas la voir.",
                "Vérifiez l’identifiant ; ce qui est fermé se cherche (_id, avec active=false).",
            )
        return _page(found)

    read.__name__ = f"read_{_snake(resource.type)}"
    on(router, "GET", f"/{resource.type}/{{resource_id}}", f"Lire un {resource.type}", EXTRACT)(read)


def _exported(router: APIRouter, address: str, now: Clock) -> None:
    """`address`: of this FHIR server, or its path."""

    @on(router, "GET", "/$export", "Exporter l’annuaire", EXTRACT, status=202)
    async def export_directory(query: Asked, exchange: Whole) -> Page:
        sealed = exporting.job(query, exchange, address, now()).sealed(exchange)
        status = f"{address}/$export-status?job={sealed}"
        exchange.more.append((b"content-location", status.encode()))
        told = issue("information", "informational", "EXPORT_READY", "L’export est prêt : voir Content-Location.")
        return Page(MEDIA_TYPE, _encode({"resourceType": "OperationOutcome", "issue": [told]}))

    @on(router, "GET", "/$export-status", "Où sont les fichiers d’un export", EXTRACT)
    async def get_export_status(query: Asked, exchange: Whole) -> Page:
        job = exporting.opened(query, exchange)
        query.only(["job"])
        return Page("application/json", _encode(exporting.manifest(job, query.one("job"), address)))

    @on(router, "GET", "/$export-file", "Un fichier d’un export", EXTRACT, seconds=EXPORT_SECONDS)
    async def get_export_file(query: Asked, exchange: Whole, peers: To) -> Stream:
        job = exporting.opened(query, exchange)
        file = exporting.lines(exporting.wanted(query, job), job, peers)
        return Stream(exporting.LINES, await exporting.begun(file))


def _snake(type: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type).lower()


def _page(resource: dict[str, Any]) -> Page:
    return Page(MEDIA_TYPE, _encode(resource))
