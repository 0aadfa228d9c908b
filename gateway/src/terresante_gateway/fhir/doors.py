"""The FHIR operations on identities: each is the operation of /v1 of the same meaning, in other words; those on the
directory are in `directory/doors.py`.

FHIR R4 http.html and operations.html, Patient/$match; IHE PIXm ITI-83 ($ihe-pix), by POST only.
"""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from pydantic import Field
from terresante.identity.v1 import identity_service_pb2 as identity

from terresante_gateway.fhir import asked, capability, told
from terresante_gateway.fhir.directory import doors as directory
from terresante_gateway.fhir.given import Given
from terresante_gateway.fhir.outcomes import MEDIA_TYPE, ROOT
from terresante_gateway.operation import CARE, NOBODY, Authz, Id, Operation, Page, To, on, operations_of
from terresante_gateway.routes.matches import ASKERS
from terresante_gateway.routes.patients import PersonUnknown
from terresante_gateway.words import Input

_WHY_POST = "Des traits ou un numéro de personne ne se mettent pas dans une adresse : elle reste dans des journaux."
_encode = msgspec.json.Encoder().encode


class Asked(Input):
    """What FHIR lets every request ask of the answer's form; there is one form only."""

    form: Literal["json", "application/json", "application/fhir+json", "application/fhir json"] = Field(
        "json", alias="_format"
    )
    pretty: bool = Field(False, alias="_pretty")


class AskedOfMetadata(Asked):
    """`mode` of the capabilities interaction: whatever is asked, the whole is answered."""

    mode: Literal["full", "normative", "terminology"] = "full"


def operations(public_url: str) -> list[Operation]:
    """All of them, ready to be served. `public_url`: https:// address of the gateway, or blank."""
    address = f"{public_url.rstrip('/')}{ROOT}" if public_url else ""
    router = APIRouter(prefix=ROOT, tags=["FHIR"])
    statement = _answer(capability.statement(address))

    @on(router, "GET", "/metadata", "Ce que ce serveur FHIR sait faire", NOBODY)
    async def get_capabilities(query: Annotated[AskedOfMetadata, Query()]) -> Page:
        return statement

    @on(router, "POST", "/Patient/$match", "Rapprocher un Patient", Authz("identity", "match", ASKERS),
        why_only=_WHY_POST)  # fmt: skip
    async def match_patient(query: Annotated[Asked, Query()], resource: Given, peers: To) -> Page:
        wanted = asked.match(await resource.parameters())
        reply = await peers.linkage.Match(wanted.request)
        return _answer(told.matches(reply, wanted, address))

    @on(router, "POST", "/Patient/$ihe-pix", "Retrouver les identifiants d’une personne",
        Authz("identity", "cross_reference", ASKERS), why_only=_WHY_POST)  # fmt: skip
    async def cross_reference_patient(query: Annotated[Asked, Query()], resource: Given, peers: To) -> Page:
        wanted = asked.cross_reference(await resource.parameters())
        reply = await peers.linkage.CrossReference(wanted.request)
        return _answer(told.cross_references(reply, wanted))

    @on(router, "GET", "/Patient/{patient}", "Lire une identité", Authz("identity", "read", CARE))
    async def read_patient(patient: Id, query: Annotated[Asked, Query()], peers: To) -> Page:
        wanted = identity.BatchGetPersonsRequest(person_ids=[patient], with_absorbed=True)
        reply = await peers.identity.BatchGetPersons(wanted)
        if not reply.persons:
            raise PersonUnknown(
                "Cette personne est inconnue, ou vous ne pouvez pas voir son identité.",
                "Vérifiez l’identifiant ; un accès demande d’être dans le cercle de soins.",
            )
        return _answer(told.patient(reply.persons[0]))

    return operations_of([router, directory.router(address)])


def _answer(resource: dict[str, Any]) -> Page:
    return Page(MEDIA_TYPE, _encode(resource))
