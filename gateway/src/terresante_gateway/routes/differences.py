"""/differences: where a national source and the directory say different things, and whose value stands."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.directory.v1 import import_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.operation import Authz, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.directory_acts import DirectoryAct, SubjectKind
from terresante_gateway.routes.sheets import ADMINISTRATORS, Why, moment
from terresante_gateway.words import Input, Line, OpaqueId

router = APIRouter(prefix="/v1", tags=["Imports dans l’annuaire"])

Source = Literal["annuaire", "finess", "ror"]
SETTLEMENTS = codes_of(pb.Settlement, "SETTLEMENT_")
DifferenceId = Annotated[
    Line,
    Field(
        pattern=r"^[a-z]{1,16}\.[a-z]{1,16}\.[0-9a-f-]{36}\.[a-z_]{1,40}\.[0-9a-f]{16}$",
        description="Tel que la liste le donne",
        examples=["finess.structure.0190f3c2-8a4e-7cc1-9d20-5b7e3f1a6c44.name.0123456789abcdef"],
    ),
]
Settlement = Literal["take_source", "keep_local", "open_again"]


class Keeping(Struct):
    """Une valeur d’ici a été gardée, jusqu’à ce que l’une des deux change."""

    administrator_name: str
    at: datetime
    why: str


class Difference(Struct):
    """Un champ d’une chose, que la source et l’annuaire disent autrement."""

    id: Annotated[str, Meta(description="Change dès que l’une des deux valeurs change")]
    kind: SubjectKind
    subject_id: str
    label: str
    field: Annotated[str, Meta(examples=["name"])]
    local_value: str
    source_value: str
    local_at: Annotated[datetime | None, Meta(description="Quand elle a été dite ici pour la dernière fois")]
    source_at: Annotated[datetime | None, Meta(description="Quand la source l’a dite pour la dernière fois")]
    keeping: Annotated[Keeping | None, Meta(description="Avec kept=true : qui a gardé la valeur d’ici, et pourquoi")]

    @classmethod
    def of(cls, one: pb.Difference) -> "Difference":
        """From the service's message."""
        kept = one.keeping
        return cls(
            one.difference_id,
            one.subject.kind,  # type: ignore[arg-type]  # one of the directory's
            one.subject.id,
            one.label,
            one.field,
            one.local_value,
            one.source_value,
            moment(one, "local_at"),
            moment(one, "source_at"),
            Keeping(kept.administrator_name, words.read(kept.at), kept.why) if one.HasField("keeping") else None,
        )


class Differences(Struct):
    """Une page d’écarts."""

    items: list[Difference]
    next_cursor: str | None
    total: Annotated[int | None, Meta(description="En tout, sur la première page ; 1 000 : ou davantage")]


class Settled(Struct):
    """C’est décidé, jusqu’à ce que l’une des valeurs change."""

    act: Annotated[DirectoryAct | None, Meta(description="L’opération, si des valeurs ont été prises")]


class DifferencesQuery(ListQuery):
    """De quelle source, où, de quoi."""

    limit: int = Field(50, ge=1, le=200, description="Éléments par page, au plus", examples=[20])
    source: Source
    territory_code: Line = Field("", max_length=32, examples=["94-ouest"])
    kind: Literal["structure", "offer", "professional"] | None = None
    id: OpaqueId | None = Field(None, description="Avec kind : d’une seule chose")
    kept: bool = Field(False, description="Ceux dont la valeur d’ici est gardée, plutôt que ceux qui attendent")

    @model_validator(mode="after")
    def _of_a_kind(self) -> "DifferencesQuery":
        if self.id is not None and self.kind is None:
            raise ValueError("id va avec kind.")
        return self


class NewSettlement(Input):
    """Quels écarts, et quelle valeur vaut."""

    difference_ids: list[DifferenceId] = Field(min_length=1, max_length=200)
    settlement: Settlement
    why: Why = ""


@on(router, "GET", "/differences", "Écarts avec une source", Authz("difference", "list", ADMINISTRATORS),
    "SOURCE_UNKNOWN", "TERRITORY_NOT_YOURS", "TERRITORY_UNKNOWN", "CURSOR_INVALID", "SUBJECT_INVALID",
    "ADMINISTRATOR_UNKNOWN")  # fmt: skip
async def list_differences(query: Annotated[DifferencesQuery, Query()], pages: Pages, peers: To) -> Differences:
    """Champ par champ, sans ceux qui sont décidés et n’ont pas changé depuis."""
    reply = await peers.imports.ListDifferences(
        pb.ListDifferencesRequest(
            source=query.source,
            territory_code=query.territory_code,
            subject=ror.Subject(kind=query.kind, id=query.id or "") if query.kind else None,
            kept=query.kept,
            cursor=pages.open(query),
            limit=query.limit,
        )
    )
    found = [Difference.of(one) for one in reply.differences]
    return Differences(found, pages.seal(query, reply.next_cursor), None if query.cursor else reply.total)


@on(router, "POST", "/settlements", "Décider d’écarts", Authz("difference", "settle", ADMINISTRATORS),
    "DIFFERENCE_UNKNOWN", "TERRITORY_NOT_YOURS", "TOO_MANY_IDS", "CHOICE_INVALID", "WHY_INVALID",
    "ADMINISTRATOR_UNKNOWN", status=201)  # fmt: skip
async def settle_differences(new: NewSettlement, peers: To) -> Settled:
    """Prendre la valeur de la source, en une opération ; garder celle d’ici et s’en souvenir ; ou rouvrir."""
    reply = await peers.imports.SettleDifferences(
        pb.SettleDifferencesRequest(
            difference_ids=new.difference_ids, settlement=SETTLEMENTS.number[new.settlement], why=new.why
        )
    )
    return Settled(DirectoryAct.of(reply.act) if reply.HasField("act") else None)
