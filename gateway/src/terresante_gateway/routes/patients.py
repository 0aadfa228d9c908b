"""/patients: the patients of the caller, looking for a person, registering one."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.consent.v1 import consent_service_pb2 as consent
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_platform.refusals import Unknown

from terresante_gateway import words
from terresante_gateway.names import named
from terresante_gateway.operation import CARE, Authz, Id, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.problems import CandidatesExist
from terresante_gateway.routes.identities import TRAIT_REASONS, Candidate, GivenTraits, Person, WholePerson
from terresante_gateway.words import Input, OpaqueId

router = APIRouter(prefix="/v1/patients", tags=["Patients"])


class PersonUnknown(Unknown):
    """No such person, or none whose identity this caller may see: which of the two is not told."""

    reason = "PERSON_UNKNOWN"


class MyPatient(Struct):
    """Un patient de l’appelant."""

    id: str
    since: Annotated[datetime, Meta(description="Depuis quand l’appelant est dans son cercle, ou le représente")]
    consent_in_force: bool
    person: Annotated[Person | None, Meta(description="null si l’appelant ne peut pas voir l’identité")]


class MyPatients(Struct):
    """Une page de patients."""

    items: list[MyPatient]
    next_cursor: str | None


class PersonSearch(Input):
    """Ce que l’on cherche : la date de naissance, et des noms ou des débuts de noms de trois lettres."""

    traits: GivenTraits
    limit: int = Field(20, ge=1, le=50)


class Found(Struct):
    """Les candidats, le meilleur d’abord."""

    items: list[Candidate]
    more: Annotated[bool, Meta(description="D’autres personnes ont cette date de naissance")]


class NewPerson(Input):
    """La personne à enregistrer."""

    traits: GivenTraits
    confirm_distinct_from: list[OpaqueId] = Field(
        default_factory=list, max_length=50, description="Candidats que l’on a regardés et qui sont d’autres personnes"
    )


@on(router, "GET", "", "Mes patients", Authz("patient", "list", CARE), "CURSOR_INVALID", "ACCOUNT_SUSPENDED")
async def list_my_patients(query: Annotated[ListQuery, Query()], pages: Pages, peers: To) -> MyPatients:
    """Les patients dont l’appelant est dans le cercle de soins, ou qu’il représente ; les plus récents d’abord."""
    reply = await peers.consent.ListMyPatients(
        consent.ListMyPatientsRequest(cursor=pages.open(query), limit=query.limit)
    )
    names = await named(peers, persons=[one.patient_id for one in reply.patients])
    items = [
        MyPatient(
            one.patient_id,
            words.read(one.since),
            one.consent_in_force,
            Person.of(names.persons[one.patient_id]) if one.patient_id in names.persons else None,
        )
        for one in reply.patients
    ]
    return MyPatients(items, pages.seal(query, reply.next_cursor))


@on(router, "POST", "/search", "Chercher une personne", Authz("person", "search", ("professional",)),
    *TRAIT_REASONS, "IDENTITY_SEARCH_PREFIX", "SEARCH_RATE_LIMITED", "ACCESS_REFUSED")  # fmt: skip
async def search_persons(search: PersonSearch, peers: To) -> Found:
    """Cherche par traits, donnés dans le corps. Chercher est un accès : c’est inscrit au journal, et limité."""
    reply = await peers.identity.SearchPersons(pb.SearchPersonsRequest(traits=search.traits.told(), limit=search.limit))
    return Found([Candidate.of(candidate) for candidate in reply.candidates], reply.more)


@on(router, "POST", "", "Créer une identité", Authz("person", "create", ("professional",)), *TRAIT_REASONS,
    "IDENTITY_CANDIDATES", "ACCESS_REFUSED", "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True)  # fmt: skip
async def create_person(new: NewPerson, peers: To) -> Person:
    """Crée l’identité au statut provisoire, ou refuse en donnant les candidats (IDENTITY_CANDIDATES)."""
    reply = await peers.identity.CreatePerson(
        pb.CreatePersonRequest(traits=new.traits.told(), confirm_distinct_from=new.confirm_distinct_from)
    )
    if not reply.HasField("person"):
        raise CandidatesExist([Candidate.of(candidate) for candidate in reply.candidates])
    return Person.of(reply.person)


@on(router, "GET", "/{patient}", "Lire une identité", Authz("identity", "read", CARE),
    "PERSON_UNKNOWN", etag=True)  # fmt: skip
async def get_patient(patient: Id, peers: To) -> WholePerson:
    """L’identité d’un patient, et les identités qui ont été fusionnées dans celle-ci."""
    asked = pb.BatchGetPersonsRequest(person_ids=[patient], with_absorbed=True)
    reply = await peers.identity.BatchGetPersons(asked)
    if not reply.persons:
        raise PersonUnknown(
            "Cette personne est inconnue, ou vous ne pouvez pas voir son identité.",
            "Vérifiez l’identifiant ; un accès demande d’être dans le cercle de soins.",
        )
    return WholePerson.of(reply.persons[0])
