"""/professionals: who practises where."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.refusals import Unknown

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.names import named
from terresante_gateway.operation import EVERYBODY, STAFF, Authz, Id, To, Version, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.words import Input, Line, OpaqueId

router = APIRouter(prefix="/v1/professionals", tags=["Annuaire"])

AccountState = Literal["none", "pending", "open", "suspended"]
ACCOUNTS = codes_of(pb.AccountState, "ACCOUNT_STATE_")


class ProfessionalUnknown(Unknown):
    """No such professional."""

    reason = "PROFESSIONAL_UNKNOWN"


class Place(Struct):
    """Un lieu d’exercice ; son identifiant va dans l’en-tête Terresante-Place."""

    id: str
    structure_id: str
    structure: Annotated[str | None, Meta(description="Nom de la structure, quand il est demandé avec /v1/me")]
    role: Annotated[str, Meta(examples=["infirmière libérale"])]
    since: datetime
    until: Annotated[datetime | None, Meta(description="null tant que l’exercice dure")]

    @classmethod
    def of(cls, place: pb.Place, structure: str | None = None) -> "Place":
        """From the service's message."""
        return cls(
            place.place_id,
            place.structure_id,
            structure,
            place.role,
            words.read(place.since),
            words.read(place.until) if place.HasField("until") else None,
        )


class Professional(Struct):
    """Un professionnel."""

    id: str
    rpps: Annotated[str | None, Meta(description="11 chiffres ; null pour une profession sans RPPS")]
    family_name: Annotated[str, Meta(examples=["Caradec"])]
    given_name: Annotated[str, Meta(examples=["Inès"])]
    profession: Annotated[str, Meta(examples=["60"])]
    profession_label: Annotated[str, Meta(examples=["Infirmier"])]
    health_professional: Annotated[bool, Meta(description="Professionnel de santé, au sens du CSP")]
    places: list[Place]
    account_state: AccountState | None
    version: Annotated[int, Meta(description="À renvoyer dans If-Match", ge=1)]

    @classmethod
    def of(cls, one: pb.Professional, structures: dict[str, str] | None = None) -> "Professional":
        """From the service's message; `structures`: names by id."""
        known = structures or {}
        return cls(
            one.professional_id,
            one.rpps or None,
            one.family_name,
            one.given_name,
            one.profession,
            one.profession_label,
            one.health_professional,
            [Place.of(place, known.get(place.structure_id)) for place in one.places],
            ACCOUNTS.word.get(one.account_state),
            one.version,
        )


class Professionals(Struct):
    """Une page de professionnels."""

    items: list[Professional]
    next_cursor: str | None


class ProfessionalsQuery(ListQuery):
    """Quels professionnels."""

    text: Line = Field("", max_length=100, description="Débuts de mots des noms, sans égard aux accents")
    profession: Line = Field("", max_length=16, description="Code de la profession", examples=["60"])
    structure_id: OpaqueId | None = None
    territory_code: Line = Field("", max_length=32, examples=["94-ouest"])


class NewPlace(Input):
    """Un lieu où exercer."""

    structure_id: OpaqueId
    role: Line = Field(min_length=1, max_length=100, examples=["infirmière libérale"])

    def told(self) -> pb.NewPlace:
        """As the directory reads it."""
        return pb.NewPlace(structure_id=self.structure_id, role=self.role)


class NewProfessional(Input):
    """Qui l’on enregistre."""

    rpps: Line = Field("", pattern="^([0-9]{11})?$", description="11 chiffres ; absent pour une profession sans RPPS")
    family_name: Line = Field(min_length=1, max_length=100, examples=["Caradec"])
    given_name: Line = Field(min_length=1, max_length=100, examples=["Inès"])
    profession: Line = Field(min_length=1, max_length=16, description="Code de la profession", examples=["60"])
    places: list[NewPlace] = Field(min_length=1, max_length=20)


@on(router, "GET", "", "Chercher des professionnels", Authz("professional", "list", STAFF), "CURSOR_INVALID",
    "SEARCH_INVALID", "PROFESSION_UNKNOWN", "TERRITORY_UNKNOWN")  # fmt: skip
async def search_professionals(query: Annotated[ProfessionalsQuery, Query()], pages: Pages, peers: To) -> Professionals:
    """Par nom, profession, structure ou territoire."""
    reply = await peers.directory.SearchProfessionals(
        pb.SearchProfessionalsRequest(
            text=query.text,
            profession=query.profession,
            structure_id=query.structure_id or "",
            territory_code=query.territory_code,
            cursor=pages.open(query),
            limit=query.limit,
        )
    )
    return Professionals([Professional.of(one) for one in reply.professionals], pages.seal(query, reply.next_cursor))


@on(router, "POST", "", "Enregistrer un professionnel", Authz("professional", "register", ("administrator",)),
    "TERRITORY_NOT_YOURS", "RPPS_INVALID", "PROFESSIONAL_ALREADY", "PROFESSION_UNKNOWN", "STRUCTURE_UNKNOWN",
    "PROFESSIONAL_NAME_INVALID", "PLACE_INVALID", "PLACE_ALREADY", "STRUCTURE_CLOSED", "ADMINISTRATOR_UNKNOWN",
    "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True)  # fmt: skip
async def register_professional(new: NewProfessional, peers: To) -> Professional:
    """Avec au moins un lieu d’exercice dans le territoire de l’administrateur."""
    reply = await peers.directory.RegisterProfessional(
        pb.RegisterProfessionalRequest(
            rpps=new.rpps,
            family_name=new.family_name,
            given_name=new.given_name,
            profession=new.profession,
            places=[place.told() for place in new.places],
        )
    )
    return Professional.of(reply.professional)


@on(router, "GET", "/{professional}", "Lire un professionnel", Authz("professional", "read", EVERYBODY),
    "PROFESSIONAL_UNKNOWN", etag=True)  # fmt: skip
async def get_professional(professional: Id, peers: To) -> Professional:
    """Un professionnel de l’annuaire."""
    names = await named(peers, professionals=[professional])
    if professional not in names.professionals:
        raise ProfessionalUnknown(
            "Ce professionnel est inconnu.", "Vérifiez l’identifiant, ou cherchez-le par son nom."
        )
    return Professional.of(names.professionals[professional])


_PLACES = Authz("professional", "change", ("administrator",))


@on(router, "POST", "/{professional}/places", "Ajouter un lieu d’exercice", _PLACES, "TERRITORY_NOT_YOURS",
    "PROFESSIONAL_UNKNOWN", "STRUCTURE_UNKNOWN", "STRUCTURE_CLOSED", "PLACE_ALREADY", "PLACE_INVALID", "VERSION_STALE",
    "ADMINISTRATOR_UNKNOWN", "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True)  # fmt: skip
async def add_place(professional: Id, new: NewPlace, version: Version, peers: To) -> Professional:
    """Le professionnel exerce aussi là."""
    reply = await peers.directory.AddPlace(
        pb.AddPlaceRequest(professional_id=professional, version=version, place=new.told())
    )
    return Professional.of(reply.professional)


@on(router, "DELETE", "/{professional}/places/{place}", "Mettre fin à un lieu d’exercice", _PLACES,
    "TERRITORY_NOT_YOURS", "PROFESSIONAL_UNKNOWN", "PLACE_UNKNOWN", "PLACE_ENDED", "VERSION_STALE",
    "ADMINISTRATOR_UNKNOWN", etag=True)  # fmt: skip
async def end_place(professional: Id, place: Id, version: Version, peers: To) -> Professional:
    """Le professionnel n’exerce plus là ; les accès qu’il en tenait cessent."""
    reply = await peers.directory.EndPlace(
        pb.EndPlaceRequest(professional_id=professional, place_id=place, version=version)
    )
    return Professional.of(reply.professional)
