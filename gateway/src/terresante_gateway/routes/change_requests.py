"""/change-requests: what correspondents ask to be changed in their structures, talked about and decided."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from msgspec import Meta, Struct
from pydantic import Field, model_validator
from terresante.directory.v1 import enrolment_service_pb2 as pb

from terresante_gateway import words
from terresante_gateway.codes import codes_of
from terresante_gateway.operation import STAFF, Authz, Id, To, on
from terresante_gateway.pages import ListQuery, Pages
from terresante_gateway.routes import offers, sheets
from terresante_gateway.routes.asked_changes import KINDS, AskedChange, ChangeKind, told
from terresante_gateway.routes.sheets import ADMINISTRATORS, Why, moment
from terresante_gateway.words import Input, Line, OpaqueId, Text

router = APIRouter(prefix="/v1/change-requests", tags=["Demandes des correspondants"])

RequestState = Literal["open", "half_approved", "approved", "refused"]
STATES = codes_of(pb.RequestState, "REQUEST_STATE_")
_ASKED = ("REQUEST_UNKNOWN", "ADMINISTRATOR_UNKNOWN", "PROFESSIONAL_UNKNOWN", "CALLER_SUSPENDED",
    "ENROLMENT_INCOMPLETE")  # fmt: skip
_CARRIED_OUT = (
    *sheets.CONTENT, *sheets.VERSIONS, *offers.CONTENT, "OFFER_UNKNOWN", "OFFER_CLOSED", "NOTHING_CHANGED",
    "CLOSING_KIND_INVALID", "PROFESSIONAL_UNKNOWN", "PLACE_INVALID", "PLACE_ALREADY", "PLACE_ENDED", "PLACE_UNKNOWN",
)  # fmt: skip
Comment = Annotated[Text, Field(max_length=1_000, examples=["Il manque le numéro du standard."])]


class RequestComment(Struct):
    """Une ligne de la discussion."""

    author_name: str
    at: datetime
    text: str


class ChangeRequest(Struct):
    """Ce qu’un correspondant demande, et où cela en est."""

    id: str
    structure_id: str
    structure_name: str
    territory_code: Annotated[str, Meta(examples=["94-ouest"])]
    kind: ChangeKind
    change: Annotated[
        dict[str, Any] | None,
        Meta(description="Le changement, dans la forme où il se demande ; null dans une liste", examples=[{}]),
    ]
    why: str
    asked_by_id: str
    asked_by_name: str
    at: datetime
    state: Annotated[RequestState, Meta(description="half_approved : un second administrateur doit approuver")]
    needs_two: Annotated[bool, Meta(description="Donne des droits : il y faut deux administrateurs")]
    first_by_name: str | None
    first_by_you: bool
    assignee_name: str | None
    comment_count: int
    comments: Annotated[list[RequestComment], Meta(description="Vide dans une liste")]
    decided_by_name: str | None
    decided_at: datetime | None
    act_id: Annotated[str | None, Meta(description="L’opération qui l’a fait")]

    @classmethod
    def of(cls, one: pb.ChangeRequest) -> "ChangeRequest":
        """From the service's message."""
        return cls(
            one.request_id,
            one.structure_id,
            one.structure_name,
            one.territory_code,
            KINDS[one.kind],
            told(one.kind, one.change) if one.change else None,
            one.why,
            one.asked_by_id,
            one.asked_by_name,
            words.read(one.at),
            STATES.word[one.state],
            one.needs_two,
            one.first_by_name or None,
            one.first_by_you,
            one.assignee_name or None,
            one.comment_count,
            [RequestComment(line.author_name, words.read(line.at), line.text) for line in one.comments],
            one.decided_by_name or None,
            moment(one, "decided_at"),
            one.act_id or None,
        )


class ChangeRequests(Struct):
    """Une page de demandes, la plus ancienne en attente d’abord ; sans le changement ni la discussion."""

    items: list[ChangeRequest]
    next_cursor: str | None


class ChangeRequestsQuery(ListQuery):
    """Quelles demandes."""

    with_closed: bool = Field(False, description="Y compris celles qui sont décidées")
    territory_code: Line = Field("", max_length=32, examples=["94-ouest"])
    structure_id: OpaqueId | None = None
    mine: bool = Field(False, description="Celles qui sont confiées à l’appelant")


class NewChangeRequest(Input):
    """Ce que l’on demande pour sa structure, et pourquoi."""

    structure_id: OpaqueId
    change: AskedChange
    why: Why = ""


class NewRequestComment(Input):
    """Un commentaire, un administrateur à qui confier la demande, ou les deux."""

    text: Comment = ""
    assign_to: OpaqueId | None = Field(None, description="Un administrateur du territoire")

    @model_validator(mode="after")
    def _something(self) -> "NewRequestComment":
        if not self.text and self.assign_to is None:
            raise ValueError("Il faut donner text ou assign_to.")
        return self


class RequestDecision(Input):
    """Le verdict, et pourquoi."""

    approve: bool
    comment: Comment = Field("", description="Obligatoire pour refuser")


@on(router, "POST", "", "Demander un changement de sa structure", Authz("change_request", "ask", ("professional",)),
    "NOT_CORRESPONDENT", "REQUEST_INVALID", "CALLER_SUSPENDED", "ENROLMENT_INCOMPLETE", *_CARRIED_OUT,
    "IDEMPOTENCY_KEY_REUSED", status=201, keyed=True)  # fmt: skip
async def ask_for_change(new: NewChangeRequest, peers: To) -> ChangeRequest:
    """Pour les correspondants : la fiche, les offres ou les lieux d’exercice de leur structure."""
    kind, change = new.change.written(new.structure_id)
    request = pb.AskForChangeRequest(structure_id=new.structure_id, kind=kind, change=change, why=new.why)
    return ChangeRequest.of((await peers.enrolment.AskForChange(request)).request)


@on(router, "GET", "", "Demandes de changement", Authz("change_request", "list", STAFF), *_ASKED,
    "CURSOR_INVALID")  # fmt: skip
async def list_change_requests(
    query: Annotated[ChangeRequestsQuery, Query()], pages: Pages, peers: To
) -> ChangeRequests:
    """Les siennes pour un correspondant ; celles de ses territoires pour un administrateur."""
    reply = await peers.enrolment.ListRequests(
        pb.ListRequestsRequest(
            with_closed=query.with_closed,
            territory_code=query.territory_code,
            structure_id=query.structure_id or "",
            mine=query.mine,
            cursor=pages.open(query),
            limit=query.limit,
        )
    )
    return ChangeRequests([ChangeRequest.of(one) for one in reply.requests], pages.seal(query, reply.next_cursor))


@on(router, "GET", "/{request}", "Lire une demande", Authz("change_request", "read", STAFF), *_ASKED)
async def get_change_request(request: Id, peers: To) -> ChangeRequest:
    """Avec le changement et la discussion ; à un administrateur, le changement tel qu’il serait fait."""
    reply = await peers.enrolment.GetRequest(pb.GetRequestRequest(request_id=request))
    return ChangeRequest.of(reply.request)


@on(router, "POST", "/{request}/comments", "Commenter ou confier une demande",
    Authz("change_request", "comment", STAFF), *_ASKED, "REQUEST_CLOSED", "COMMENT_INVALID", "ASSIGNEE_INVALID",
    status=201)  # fmt: skip
async def comment_change_request(request: Id, new: NewRequestComment, peers: To) -> ChangeRequest:
    """Le correspondant commente la sienne ; un administrateur commente et confie à un autre du territoire."""
    asked = pb.CommentRequestRequest(request_id=request, text=new.text, assign_to=new.assign_to or "")
    return ChangeRequest.of((await peers.enrolment.CommentRequest(asked)).request)


@on(router, "POST", "/{request}/decision", "Approuver ou refuser une demande",
    Authz("change_request", "decide", ADMINISTRATORS), "REQUEST_UNKNOWN", "REQUEST_CLOSED", "FOUR_EYES_SAME",
    "COMMENT_INVALID", *_CARRIED_OUT, status=201)  # fmt: skip
async def decide_change_request(request: Id, decision: RequestDecision, peers: To) -> ChangeRequest:
    """Approuvée, elle est faite aussitôt. Ce qui donne des droits attend l’accord d’un second administrateur."""
    asked = pb.DecideRequestRequest(request_id=request, approve=decision.approve, comment=decision.comment)
    return ChangeRequest.of((await peers.enrolment.DecideRequest(asked)).request)
