"""What the directory answers, as FHIR: the searchset Bundle of a page, one resource, or the lines of an export."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

from terresante.directory.v1 import extract_service_pb2 as pb

from terresante_gateway.fhir.directory import names, organizations, people, services
from terresante_gateway.fhir.directory.asking import Search, total_of
from terresante_gateway.fhir.directory.parts import Json
from terresante_gateway.fhir.directory.resources import RESOURCES, Resource
from terresante_gateway.fhir.outcomes import issue


def bundle(search: Search, reply: pb.ExtractResponse, address: str, cursor: str | None) -> Json:
    """`address`: of this FHIR server, blank if it does not know it. `cursor`: of the next page, if there is one."""
    kind = search.resource.type
    entries = [_matched(one, reply, number, address) for number, one in enumerate(matches(search.resource, reply))]
    for type in RESOURCES:
        if type in search.shown:
            told = _included(kind, type, reply)
            entries += [_entry(one, address, {"mode": "include"}) for one in told]
    if reply.truncated:
        entries.append(_truncated())
    links = [{"relation": "self", "url": _url(search, address, None)}]
    if cursor:
        links.append({"relation": "next", "url": _url(search, address, cursor)})
    found: Json = {"resourceType": "Bundle", "type": "searchset", "link": links}
    total = total_of(search, reply)
    if total is not None:
        found["total"] = total
    return found | ({"entry": entries} if entries else {})


def matches(resource: Resource, reply: pb.ExtractResponse) -> Iterator[Json]:
    """The resources asked for."""
    yield from _written(resource.type, reply, 0, reply.matched)


def _included(kind: str, type: str, reply: pb.ExtractResponse) -> Iterator[Json]:
    """Those of `type` that came along; offers of the page come again as what else they are."""
    yield from _written(type, reply, reply.matched if kind == type else 0, None)


def _written(type: str, reply: pb.ExtractResponse, first: int, last: int | None) -> Iterator[Json]:
    match type:
        case "Organization":
            yield from map(organizations.organization, reply.structures[first:last])
        case "HealthcareService":
            yield from map(services.healthcare_service, reply.offers[first:last])
        case "Location":
            around = {one.sheet.structure_id: one for one in reply.structures}
            for one in reply.offers[first:last]:
                yield services.location(one, around.get(one.sheet.content.structure_id))
        case "Practitioner":
            yield from map(people.practitioner, reply.professionals[first:last])
        case "PractitionerRole":
            yield from map(people.practitioner_role, reply.places[first:last])


def _matched(resource: Json, reply: pb.ExtractResponse, number: int, address: str) -> Json:
    """How far it is from the place asked about goes with it."""
    told: Json = {"mode": "match"}
    if resource["resourceType"] in ("HealthcareService", "Location"):
        sheet = reply.offers[number].sheet
        if sheet.HasField("distance"):
            metres = {"value": round(sheet.distance), "system": "http://unitsofmeasure.org", "code": "m", "unit": "m"}
            told["extension"] = [{"url": names.DISTANCE, "valueDistance": metres}]
    return _entry(resource, address, told)


def _entry(resource: Json, address: str, search: Json) -> Json:
    """An offer and where it is given have one id: their addresses tell them apart (bdl-7)."""
    type, id = resource["resourceType"], resource["id"]
    return {
        "fullUrl": f"{address}/{type}/{id}" if address else f"urn:terresante:{type}:{id}",
        "resource": resource,
        "search": search,
    }


def _truncated() -> Json:
    told = issue(
        "warning",
        "incomplete",
        "INCLUDES_TRUNCATED",
        "Tout ce que cette page devait apporter avec elle n’y tient pas : demandez des pages plus petites (_count).",
    )
    return {"resource": {"resourceType": "OperationOutcome", "issue": [told]}, "search": {"mode": "outcome"}}


def _url(search: Search, address: str, cursor: str | None) -> str:
    """The address of this page as it was asked for, or of the next one."""
    pairs = parse_qsl(search.query.text, keep_blank_values=True)
    if cursor:
        pairs = [*(pair for pair in pairs if pair[0] != "_cursor"), ("_cursor", cursor)]
    base = f"{address}/{search.resource.type}" if address else search.resource.type
    return f"{base}?{urlencode(pairs)}" if pairs else base
