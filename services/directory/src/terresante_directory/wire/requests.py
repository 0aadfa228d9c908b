"""Requests of correspondents as callers see them, and the changes in them."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from google.protobuf import json_format
from google.protobuf.message import Message
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror_pb

from terresante_directory import wire
from terresante_directory.domain.requests import (
    MAX_CHANGE,
    ChangeKind,
    ChangeRequest,
    RequestState,
    Shown,
    Speaking,
    invalid,
)

MESSAGES: Mapping[ChangeKind, type[Message]] = {
    ChangeKind.CHANGE_STRUCTURE: ror_pb.ChangeStructureRequest,
    ChangeKind.CHANGE_OFFER: ror_pb.ChangeOfferRequest,
    ChangeKind.ENROL_OFFER: ror_pb.EnrolOfferRequest,
    ChangeKind.CLOSE_OFFER: ror_pb.CloseOfferRequest,
    ChangeKind.ADD_PLACE: directory_pb.AddPlaceRequest,
    ChangeKind.END_PLACE: directory_pb.EndPlaceRequest,
}
STATES = {
    RequestState.OPEN: pb.REQUEST_STATE_OPEN,
    RequestState.HALF_APPROVED: pb.REQUEST_STATE_HALF_APPROVED,
    RequestState.APPROVED: pb.REQUEST_STATE_APPROVED,
    RequestState.REFUSED: pb.REQUEST_STATE_REFUSED,
}


def read_change(kind: ChangeKind, content: bytes) -> Any:
    """The call's own request. Raises `RequestInvalid` for what is none, or is too large."""
    if len(content) > MAX_CHANGE:
        raise invalid("Ce changement est trop long.")
    try:
        message = json_format.Parse(content.decode("utf-8"), MESSAGES[kind]())
    except (json_format.ParseError, UnicodeDecodeError, RecursionError):
        raise invalid("Ce changement n’est pas écrit comme il faut.") from None
    if "\\u0000" in json.dumps(kept(message)):
        raise invalid("Ce changement contient un caractère illisible.")
    return message


def kept(change: Message) -> dict[str, Any]:
    """As it is kept: JSON, fields named as in the contract."""
    return json_format.MessageToDict(change, preserving_proto_field_name=True)


def asked_again(request: ChangeRequest) -> Any:
    """The call's own request, with the correspondent's reason."""
    message = json_format.ParseDict(dict(request.change), MESSAGES[request.kind](), ignore_unknown_fields=True)
    if "why" in message.DESCRIPTOR.fields_by_name:
        message.why = request.why  # type: ignore[attr-defined]
    return message


def request_to_proto(shown: Shown, reader: UUID) -> pb.ChangeRequest:
    """`reader`: who is told."""
    request = shown.request
    return pb.ChangeRequest(
        request_id=str(request.id),
        structure_id=str(request.structure),
        structure_name=shown.structure_name,
        kind=request.kind.value,
        change=json.dumps(request.change, ensure_ascii=False).encode() if request.change else b"",
        why=request.why,
        asked_by_name=shown.asked_by_name,
        at=wire.timestamp(request.at),
        state=STATES[request.state],
        assignee_name=shown.assignee_name,
        needs_two=request.needs_two,
        comments=[
            pb.RequestComment(author_name=one.author_name, at=wire.timestamp(one.at), text=one.text)
            for one in shown.comments
        ],
        act_id=str(request.act or ""),
        comment_count=shown.comment_count,
        territory_code=shown.territory,
        asked_by_id=str(request.asked_by),
        first_by_name=shown.first_by_name,
        first_by_you=request.first_by == reader,
        decided_by_name=shown.decided_by_name,
        decided_at=wire.timestamp(request.decided_at) if request.decided_at else None,
    )


def correspondent_to_proto(one: Speaking) -> pb.Correspondent:
    return pb.Correspondent(
        structure_id=str(one.structure),
        structure_name=one.structure_name,
        professional_id=str(one.professional),
        name=one.name,
        since=wire.timestamp(one.since),
    )
