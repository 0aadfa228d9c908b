"""Requests of correspondents as callers see them, and the changes in them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

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
    Comment,
    RequestState,
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


def request_to_proto(
    request: ChangeRequest, names: tuple[str, str, str], comments: Sequence[Comment]
) -> pb.ChangeRequest:
    """`names`: of the structure, of who asked, of whom it is assigned to."""
    structure, asked_by, assignee = names
    return pb.ChangeRequest(
        request_id=str(request.id),
        structure_id=str(request.structure),
        structure_name=structure,
        kind=request.kind.value,
        change=json.dumps(request.change, ensure_ascii=False).encode(),
        why=request.why,
        asked_by_name=asked_by,
        at=wire.timestamp(request.at),
        state=STATES[request.state],
        assignee_name=assignee,
        needs_two=request.needs_two,
        comments=[
            pb.RequestComment(author_name=one.author_name, at=wire.timestamp(one.at), text=one.text) for one in comments
        ],
        act_id=str(request.act or ""),
    )
