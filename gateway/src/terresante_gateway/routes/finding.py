"""/finds: what matches as one types; /communes: who covers a commune; /digital-services: what else is open."""

from datetime import datetime
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_gateway.operation import EVERYBODY, Authz, To, on
from terresante_gateway.routes.sheets import ADMINISTRATORS, AsOf, moment, stamp
from terresante_gateway.words import Input, Line

router = APIRouter(prefix="/v1", tags=["Annuaire"])

HitKind = Literal["structure", "offer", "professional", "commune", "territory"]


class Hit(Struct):
    """Quelque chose de trouvé."""

    kind: HitKind
    id: Annotated[str, Meta(description="Identifiant ; code d’une commune ou d’un territoire")]
    label: str
    detail: Annotated[str, Meta(description="Ce qui le distingue : commune, profession, numéro")]
    territory_code: str | None

    @classmethod
    def of(cls, hit: pb.Hit) -> "Hit":
        """From the service's message."""
        kind = cast(HitKind, hit.kind)
        return cls(kind, hit.id, hit.label, hit.detail, hit.territory_code or None)


class Hits(Struct):
    """Le plus proche de ce qui est tapé d’abord."""

    items: list[Hit]


class FindQuery(Input):
    """Ce qui est tapé."""

    text: Line = Field(min_length=1, max_length=100, examples=["creteil"])
    kind: list[HitKind] = Field(default_factory=list, max_length=5, description="Répétable ; rien : tout")
    territory_code: Line = Field("", max_length=32, examples=["94-ouest"])
    limit: int = Field(20, ge=1, le=50)


class Commune(Struct):
    """Une commune, et le territoire qui la couvre."""

    code: Annotated[str, Meta(description="COG", examples=["94041"])]
    name: Annotated[str, Meta(examples=["Ivry-sur-Seine"])]
    postal_codes: list[str]
    population: int
    territory_code: Annotated[str | None, Meta(description="null : aucun")]
    covered_from: datetime | None


class Communes(Struct):
    """Les communes, par code."""

    items: list[Commune]


class CommunesQuery(AsOf):
    """Lesquelles."""

    territory_code: Line = Field("", max_length=32, examples=["94-ouest"])
    commune_code: Line = Field("", pattern="^([0-9AB]{5})?$", examples=["94041"])


class DigitalService(Struct):
    """Un service numérique régional, ouvert avec la même connexion."""

    code: str
    name: str
    description: str
    entry_point: Annotated[str, Meta(description="https://…")]
    client_id: Annotated[str, Meta(description="Client de Keycloak")]


class DigitalServices(Struct):
    """Les services, par nom."""

    items: list[DigitalService]


@on(router, "GET", "/finds", "Chercher en tapant", Authz("directory", "find", ADMINISTRATORS), "SEARCH_INVALID",
    "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def find(query: Annotated[FindQuery, Query()], peers: To) -> Hits:
    """Structures, offres, professionnels, communes et territoires ; une faute de frappe est supportée."""
    reply = await peers.ror.Find(
        pb.FindRequest(text=query.text, kinds=query.kind, territory_code=query.territory_code, limit=query.limit)
    )
    return Hits([Hit.of(one) for one in reply.hits])


@on(router, "GET", "/communes", "Communes et territoires", Authz("commune", "list", EVERYBODY), "TERRITORY_UNKNOWN",
    "COMMUNE_UNKNOWN", "MOMENT_INVALID", "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def list_communes(query: Annotated[CommunesQuery, Query()], peers: To) -> Communes:
    """Qui couvre une commune, ou la couvrait un jour passé."""
    reply = await peers.ror.ListCommunes(
        pb.ListCommunesRequest(
            territory_code=query.territory_code,
            commune_code=query.commune_code,
            at=stamp(query.at),
            known_at=stamp(query.known_at),
        )
    )
    items = [
        Commune(
            one.code,
            one.name,
            list(one.postal_codes),
            one.population,
            one.territory_code or None,
            moment(one, "covered_from"),
        )
        for one in reply.communes
    ]
    return Communes(items)


@on(router, "GET", "/digital-services", "Services numériques régionaux", Authz("digital_service", "list", EVERYBODY),
    "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def list_digital_services(peers: To) -> DigitalServices:
    """Ceux qui sont ouverts à l’appelant."""
    reply = await peers.ror.ListDigitalServices(pb.ListDigitalServicesRequest())
    items = [
        DigitalService(one.code, one.name, one.description, one.entry_point, one.client_id) for one in reply.services
    ]
    return DigitalServices(items)
