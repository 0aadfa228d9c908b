"""/structures: practices, hospital services, nursing homes… of the directory."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.refusals import Unknown

from terresante_gateway.names import named
from terresante_gateway.operation import EVERYBODY, STAFF, Authz, Id, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.words import Input, Line, OpaqueId

router = APIRouter(prefix="/v1/structures", tags=["Annuaire"])

StructureKind = Literal[
    "cabinet",
    "hospital_service",
    "nursing_home",
    "social_service",
    "pharmacy",
    "laboratory",
    "coordination",
    "other",
]


class StructureUnknown(Unknown):
    """No such structure."""

    reason = "STRUCTURE_UNKNOWN"


class Structure(Struct):
    """Une structure."""

    id: str
    name: Annotated[str, Meta(examples=["Cabinet infirmier des Lilas"])]
    kind: Annotated[str, Meta(examples=["cabinet"])]
    finess: Annotated[str | None, Meta(description="FINESS, 9 caractères")]
    siret: Annotated[str | None, Meta(description="SIRET, 14 chiffres")]
    territory_code: Annotated[str, Meta(examples=["94-ouest"])]
    part_of: Annotated[str | None, Meta(description="La structure dont elle fait partie")]
    postal_code: Annotated[str, Meta(examples=["94200"])]
    commune: Annotated[str, Meta(examples=["Ivry-sur-Seine"])]
    version: Annotated[int, Meta(ge=1)]

    @classmethod
    def of(cls, structure: pb.Structure) -> "Structure":
        """From the service's message."""
        return cls(
            structure.structure_id,
            structure.name,
            structure.kind,
            structure.finess or None,
            structure.siret or None,
            structure.territory_code,
            structure.part_of or None,
            structure.postal_code,
            structure.commune,
            structure.version,
        )


class Structures(Struct):
    """Une page de structures."""

    items: list[Structure]
    next_cursor: str | None


class StructuresQuery(ListQuery):
    """Quelles structures."""

    text: Line = Field("", max_length=100, description="Débuts de mots du nom", examples=["lilas"])
    territory_code: Line = Field("", max_length=32, examples=["94-ouest"])


class NewStructure(Input):
    """Ce que l’on enregistre."""

    name: Line = Field(min_length=1, max_length=200, examples=["Cabinet infirmier des Lilas"])
    kind: StructureKind = Field(description="Cabinet, service hospitalier, Ehpad, service social, pharmacie…")
    finess: Line = Field("", pattern="^([0-9A-Z]{9})?$", description="9 caractères")
    siret: Line = Field("", pattern="^([0-9]{14})?$", description="14 chiffres")
    territory_code: Line = Field(min_length=1, max_length=32, examples=["94-ouest"])
    part_of: OpaqueId | None = Field(None, description="La structure dont elle fait partie")
    postal_code: Line = Field(pattern="^[0-9]{5}$", examples=["94200"])
    commune: Line = Field(min_length=1, max_length=100, examples=["Ivry-sur-Seine"])


@on(router, "GET", "", "Chercher des structures", Authz("structure", "list", STAFF), "CURSOR_INVALID",
    "SEARCH_INVALID", "TERRITORY_UNKNOWN")  # fmt: skip
async def search_structures(query: Annotated[StructuresQuery, Query()], pages: Pages, peers: To) -> Structures:
    """Par territoire, ou par début d’un mot du nom."""
    reply = await peers.directory.SearchStructures(
        pb.SearchStructuresRequest(
            text=query.text, territory_code=query.territory_code, cursor=pages.open(query), limit=query.limit
        )
    )
    return Structures([Structure.of(one) for one in reply.structures], pages.seal(query, reply.next_cursor))


@on(router, "POST", "", "Enregistrer une structure", Authz("structure", "register", ("administrator",)),
    "TERRITORY_NOT_YOURS", "TERRITORY_UNKNOWN", "STRUCTURE_IDENTIFIER_INVALID", "STRUCTURE_ALREADY",
    "STRUCTURE_NAME_INVALID", "STRUCTURE_ADDRESS_INVALID", "STRUCTURE_KIND_UNKNOWN", "STRUCTURE_UNKNOWN",
    "STRUCTURE_CLOSED",
    "ADMINISTRATOR_UNKNOWN", "IDEMPOTENCY_KEY_REUSED", status=201, etag=True, keyed=True)  # fmt: skip
async def register_structure(new: NewStructure, peers: To) -> Structure:
    """Dans un territoire de l’administrateur."""
    reply = await peers.directory.RegisterStructure(
        pb.RegisterStructureRequest(**new.model_dump(exclude={"part_of"}), part_of=new.part_of or "")
    )
    return Structure.of(reply.structure)


@on(router, "GET", "/{structure}", "Lire une structure", Authz("structure", "read", EVERYBODY), "STRUCTURE_UNKNOWN",
    etag=True)  # fmt: skip
async def get_structure(structure: Id, peers: To) -> Structure:
    """Une structure de l’annuaire."""
    names = await named(peers, structures=[structure])
    if structure not in names.structures:
        raise StructureUnknown("Cette structure est inconnue.", "Vérifiez l’identifiant, ou cherchez-la par son nom.")
    return Structure.of(names.structures[structure])
