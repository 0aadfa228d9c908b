"""/directory-acts: the history of the directory, and undoing; /reorganisations: many things moved at once."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.nodes import Node
from terresante_gateway.routes.sheets import ADMINISTRATORS, From, SheetContent, Why, moment, since
from terresante_gateway.words import Input, Line, OpaqueId

router = APIRouter(prefix="/v1/directory-acts", tags=["Histoire de l’annuaire"])
reorganising = APIRouter(prefix="/v1", tags=["Histoire de l’annuaire"])

SubjectKind = Literal["structure", "offer", "professional", "place", "commune", "territory"]
Territory = Annotated[Line, Field(min_length=2, max_length=32, examples=["94-ouest"])]
Commune = Annotated[Line, Field(pattern="^[0-9AB]{5}$", examples=["94041"])]
Ids = Annotated[list[OpaqueId], Field(min_length=1, max_length=1_000)]
SECONDS = 25.0
"""A territory of thousands of structures takes seconds."""
OPERATION = (
    "OPERATION_INVALID", "TERRITORY_NOT_YOURS", "TERRITORY_UNKNOWN", "TERRITORY_ALREADY", "STRUCTURE_UNKNOWN",
    "STRUCTURE_CLOSED", "STRUCTURE_PARENT_INVALID", "COMMUNE_UNKNOWN", "MOMENT_INVALID", "ADMINISTRATOR_UNKNOWN",
    "STRUCTURE_NAME_INVALID", "STRUCTURE_KIND_UNKNOWN", "STRUCTURE_LEVEL_INVALID", "STRUCTURE_IDENTIFIER_INVALID",
    "STRUCTURE_ADDRESS_INVALID", "TELECOM_INVALID", "STRUCTURE_ALREADY",
)  # fmt: skip


class FieldChange(Struct):
    """Une valeur avant et après ; null : non dite."""

    field: Annotated[str, Meta(examples=["name"])]
    before: str | None
    after: str | None


class ActChange(Struct):
    """Ce qu’une opération a changé d’une chose, pour un temps."""

    kind: SubjectKind
    id: str
    label: str
    valid_from: datetime | None
    valid_to: datetime | None
    fields: list[FieldChange]

    @classmethod
    def of(cls, change: pb.ActChange) -> "ActChange":
        """From the service's message."""
        return cls(
            change.subject.kind,  # type: ignore[arg-type]  # one of the directory's
            change.subject.id,
            change.label,
            moment(change, "valid_from"),
            moment(change, "valid_to"),
            [FieldChange(one.field, one.before or None, one.after or None) for one in change.fields],
        )


class DirectoryAct(Struct):
    """Ce qui a été fait, par qui et pourquoi. Ne change jamais ; se défait par une autre."""

    id: str
    kind: Annotated[str, Meta(description="enrolled, changed, closed, moved, undone…", examples=["changed"])]
    at: datetime
    valid_from: Annotated[datetime | None, Meta(description="À partir de quand cela vaut")]
    administrator_id: Annotated[str | None, Meta(description="null : l’exploitant")]
    administrator_name: str | None
    why: str
    undone_by: str | None
    undoes: str | None
    subjects: Annotated[int, Meta(description="Combien de choses sont touchées")]
    changes: Annotated[list[ActChange], Meta(description="Les vingt premières")]
    territory_codes: list[str]

    @classmethod
    def of(cls, act: pb.Act) -> "DirectoryAct":
        """From the service's message."""
        return cls(
            act.act_id,
            act.kind,
            words.read(act.at),
            moment(act, "from"),
            act.administrator_id or None,
            act.administrator_name or None,
            act.why,
            act.undone_by or None,
            act.undoes or None,
            act.subjects,
            [ActChange.of(one) for one in act.changes],
            list(act.territory_codes),
        )


class DirectoryActs(Struct):
    """Une page d’opérations, la plus récente d’abord."""

    items: list[DirectoryAct]
    next_cursor: str | None


class ActsQuery(ListQuery):
    """Sur quoi ; rien : tout ce qui touche les territoires de l’administrateur."""

    kind: SubjectKind | None = None
    id: Line = Field("", max_length=64, description="Avec kind : identifiant, ou code d’une commune ou d’un territoire")

    @model_validator(mode="after")
    def _both(self) -> "ActsQuery":
        if (self.kind is None) != (not self.id):
            raise ValueError("kind et id vont ensemble.")
        return self


class Undoing(Input):
    """Pourquoi on défait."""

    why: Why = ""


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

    @classmethod
    def of(cls, impacts: pb.Impacts) -> "Impacts":
        """From the service's message."""
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
        )


class Preview(Struct):
    """Ce que l’opération ferait ; rien n’est changé."""

    impacts: Impacts
    preview: Annotated[str, Meta(description="À renvoyer pour la faire : elle sera celle-ci, ou refusée")]


class Performed(Struct):
    """L’opération faite, et ce qu’elle a touché."""

    act: DirectoryAct
    impacts: Impacts


@on(router, "GET", "", "Histoire de l’annuaire", Authz("directory_act", "list", ADMINISTRATORS), "SUBJECT_INVALID",
    "TERRITORY_NOT_YOURS", "CURSOR_INVALID", "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def list_directory_acts(query: Annotated[ActsQuery, Query()], pages: Pages, peers: To) -> DirectoryActs:
    """Qui a fait quoi, quand, avant et après, pourquoi ; la plus récente d’abord."""
    reply = await peers.ror.ListActs(
        pb.ListActsRequest(
            subject=pb.Subject(kind=query.kind, id=query.id) if query.kind else None,
            cursor=pages.open(query),
            limit=query.limit,
        )
    )
    return DirectoryActs([DirectoryAct.of(one) for one in reply.acts], pages.seal(query, reply.next_cursor))


@on(router, "POST", "/{act}/undoing", "Défaire une opération", Authz("directory_act", "undo", ADMINISTRATORS),
    "ACT_UNKNOWN", "TERRITORY_NOT_YOURS", "ACT_UNDONE", "ACT_BUILT_UPON", "WHY_INVALID", "ADMINISTRATOR_UNKNOWN",
    "STRUCTURE_ALREADY", "PROFESSIONAL_ALREADY", "PLACE_ALREADY",
    status=201, seconds=SECONDS)  # fmt: skip
async def undo_directory_act(act: Id, undoing: Undoing, peers: To) -> DirectoryAct:
    """En entier : ce qui était dit avant vaut de nouveau. Défaire une annulation rétablit."""
    reply = await _patiently(peers.ror.UndoAct, pb.UndoActRequest(act_id=act, why=undoing.why))
    return DirectoryAct.of(reply.act)


@on(reorganising, "POST", "/reorganisation-previews", "Voir d’avance une opération",
    Authz("reorganisation", "preview", ADMINISTRATORS), *OPERATION, status=201, seconds=SECONDS)  # fmt: skip
async def preview_reorganisation(operation: Reorganisation, peers: To) -> Preview:
    """Déplacer, diviser, fusionner des structures ou des territoires : ce que cela toucherait."""
    reply = await _patiently(peers.ror.PreviewOperation, pb.PreviewOperationRequest(operation=operation.message()))
    return Preview(Impacts.of(reply.impacts), reply.preview)


@on(reorganising, "POST", "/reorganisations", "Faire une opération vue d’avance",
    Authz("reorganisation", "perform", ADMINISTRATORS), *OPERATION, "PREVIEW_STALE", "WHY_INVALID",
    "IDEMPOTENCY_KEY_REUSED", status=201, keyed=True, seconds=SECONDS)  # fmt: skip
async def perform_reorganisation(new: Previewed, peers: To) -> Performed:
    """Comme un seul acte, qui se défait d’un seul geste."""
    request = pb.PerformOperationRequest(operation=new.operation.message(), preview=new.preview, why=new.why)
    reply = await _patiently(peers.ror.PerformOperation, request)
    return Performed(DirectoryAct.of(reply.act), Impacts.of(reply.impacts))


async def _patiently(ask: Any, request: Any) -> Any:
    """The reply of an RPC that may take as long as the operation itself: the platform's stub takes `seconds`."""
    return await ask(request, seconds=SECONDS)
