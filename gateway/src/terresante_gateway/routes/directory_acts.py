"""/directory-acts: the history of the directory, and undoing."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.directory.v1 import ror_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.operation import Authz, Id, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes.sheets import ADMINISTRATORS, Why, moment
from terresante_gateway.words import Input, Line

router = APIRouter(prefix="/v1/directory-acts", tags=["Histoire de l’annuaire"])

SubjectKind = Literal["structure", "offer", "professional", "place", "commune", "territory"]
SECONDS = 25.0
"""A territory of thousands of structures takes seconds."""


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
    reply = await patiently(peers.ror.UndoAct, pb.UndoActRequest(act_id=act, why=undoing.why))
    return DirectoryAct.of(reply.act)


async def patiently(ask: Any, request: Any, seconds: float = SECONDS) -> Any:
    """The reply of an RPC that may take as long as the operation itself: the platform's stub takes `seconds`."""
    return await ask(request, seconds=seconds)
