"""/reorganisations: many structures, communes or territories moved, split, merged at once, as previewed."""

from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_gateway.operation import Authz, To, on
from terresante_gateway.routes.directory_acts import SECONDS, DirectoryAct, patiently
from terresante_gateway.routes.nodes import Node
from terresante_gateway.routes.sheets import ADMINISTRATORS, From, SheetContent, Why, since
from terresante_gateway.words import Input, Line, OpaqueId

router = APIRouter(prefix="/v1", tags=["Histoire de l’annuaire"])

Territory = Annotated[Line, Field(min_length=2, max_length=32, examples=["94-ouest"])]
Commune = Annotated[Line, Field(pattern="^[0-9AB]{5}$", examples=["94041"])]
Ids = Annotated[list[OpaqueId], Field(min_length=1, max_length=1_000)]
OPERATION = (
    "OPERATION_INVALID", "TERRITORY_NOT_YOURS", "TERRITORY_UNKNOWN", "TERRITORY_ALREADY", "STRUCTURE_UNKNOWN",
    "STRUCTURE_CLOSED", "STRUCTURE_PARENT_INVALID", "COMMUNE_UNKNOWN", "MOMENT_INVALID", "ADMINISTRATOR_UNKNOWN",
    "STRUCTURE_NAME_INVALID", "STRUCTURE_KIND_UNKNOWN", "STRUCTURE_LEVEL_INVALID", "STRUCTURE_IDENTIFIER_INVALID",
    "STRUCTURE_ADDRESS_INVALID", "TELECOM_INVALID", "STRUCTURE_ALREADY",
)  # fmt: skip


class MoveStructures(Input):
    """Des structures vont, avec ce qu’elles contiennent, sous une autre, dans un autre territoire, ou les deux."""

    structure_ids: Ids
    part_of: OpaqueId | None = None
    territory_code: Territory | None = None


class MergeStructures(Input):
    """Des structures n’en font plus qu’une, `into`."""

    structure_ids: Ids
    into: OpaqueId


class SplitStructure(Input):
    """Une partie d’une structure devient une structure."""

    structure_id: OpaqueId
    content: SheetContent
    structure_ids: list[OpaqueId] = Field(default_factory=list, max_length=1_000)
    offer_ids: list[OpaqueId] = Field(default_factory=list, max_length=1_000)
    place_ids: list[OpaqueId] = Field(default_factory=list, max_length=1_000)


class MoveCommunes(Input):
    """Des communes passent à un autre territoire, et les structures qui s’y trouvent."""

    commune_codes: list[Commune] = Field(min_length=1, max_length=1_300)
    territory_code: Territory


class SplitTerritory(Input):
    """Une partie d’un territoire devient un territoire."""

    territory_code: Territory
    new_code: Line = Field(pattern="^[a-z0-9-]{2,30}$", examples=["94-nord"])
    name: Line = Field(min_length=1, max_length=100, examples=["94 Nord"])
    commune_codes: list[Commune] = Field(min_length=1, max_length=1_300)


class MergeTerritories(Input):
    """Des territoires n’en font plus qu’un, `into`."""

    territory_codes: list[Territory] = Field(min_length=1, max_length=30)
    into: Territory


class Reorganisation(Input):
    """Une seule de ces opérations, à partir d’un jour."""

    move_structures: MoveStructures | None = None
    merge_structures: MergeStructures | None = None
    split_structure: SplitStructure | None = None
    move_communes: MoveCommunes | None = None
    split_territory: SplitTerritory | None = None
    merge_territories: MergeTerritories | None = None
    valid_from: From = None

    @model_validator(mode="after")
    def _one(self) -> "Reorganisation":
        if len(self.model_dump(exclude_none=True, exclude={"valid_from"})) != 1:
            raise ValueError("Il faut donner une opération, et une seule.")
        return self

    def message(self) -> pb.Operation:
        """As the service takes it."""
        plain = self.model_dump(exclude_none=True, exclude={"valid_from", "split_structure"})
        if self.split_structure is not None:
            split = self.split_structure
            plain["split_structure"] = pb.SplitStructure(
                **split.model_dump(exclude={"content"}), content=split.content.message()
            )
        return pb.Operation(**plain, **since(self.valid_from))


class Previewed(Input):
    """L’opération telle que vue d’avance, et pourquoi."""

    operation: Reorganisation
    preview: Line = Field(min_length=1, max_length=200, description="`preview` de l’aperçu")
    why: Why = ""


class CountedCircles(Struct):
    """Des cercles de soins, comptés par le service des consentements."""

    value: Annotated[int, Meta(description="Arrondi à un multiple de rounded_to ; 0 si masqué")]
    masked: Annotated[bool, Meta(description="Moins que smallest")]
    smallest: int
    rounded_to: int


class Impacts(Struct):
    """Ce qu’une opération touche."""

    structures: int
    offers: int
    places: int
    professionals: int
    accounts: Annotated[int, Meta(description="Comptes dont un autre territoire répondra")]
    administrators: int
    communes: int
    population: int
    examples: Annotated[list[Node], Meta(description="Les cinquante premières structures")]
    circles: Annotated[
        CountedCircles | None, Meta(description="Qui ont un membre actif parmi eux ; null : pas connu, ou déjà fait")
    ]

    @classmethod
    def of(cls, impacts: pb.Impacts) -> "Impacts":
        """From the service's message."""
        counted = impacts.circles
        return cls(
            impacts.structures,
            impacts.offers,
            impacts.places,
            impacts.professionals,
            impacts.accounts,
            impacts.administrators,
            impacts.communes,
            impacts.population,
            [Node.of(one) for one in impacts.examples],
            CountedCircles(counted.value, counted.masked, counted.smallest, counted.rounded_to)
            if impacts.HasField("circles")
            else None,
        )


class Preview(Struct):
    """Ce que l’opération ferait ; rien n’est changé."""

    impacts: Impacts
    preview: Annotated[str, Meta(description="À renvoyer pour la faire : elle sera celle-ci, ou refusée")]


class Performed(Struct):
    """L’opération faite, et ce qu’elle a touché."""

    act: DirectoryAct
    impacts: Impacts


@on(router, "POST", "/reorganisation-previews", "Voir d’avance une opération",
    Authz("reorganisation", "preview", ADMINISTRATORS), *OPERATION, status=201, seconds=SECONDS)  # fmt: skip
async def preview_reorganisation(operation: Reorganisation, peers: To) -> Preview:
    """Déplacer, diviser, fusionner des structures ou des territoires : ce que cela toucherait."""
    reply = await patiently(peers.ror.PreviewOperation, pb.PreviewOperationRequest(operation=operation.message()))
    return Preview(Impacts.of(reply.impacts), reply.preview)


@on(router, "POST", "/reorganisations", "Faire une opération vue d’avance",
    Authz("reorganisation", "perform", ADMINISTRATORS), *OPERATION, "PREVIEW_STALE", "WHY_INVALID",
    "IDEMPOTENCY_KEY_REUSED", status=201, keyed=True, seconds=SECONDS)  # fmt: skip
async def perform_reorganisation(new: Previewed, peers: To) -> Performed:
    """Comme un seul acte, qui se défait d’un seul geste."""
    request = pb.PerformOperationRequest(operation=new.operation.message(), preview=new.preview, why=new.why)
    reply = await patiently(peers.ror.PerformOperation, request)
    return Performed(DirectoryAct.of(reply.act), Impacts.of(reply.impacts))
