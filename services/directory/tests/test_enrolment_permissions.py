"""Who may make which call of enrolment: every one of the contract, for every kind of caller that may not."""

from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante.directory.v1.enrolment_service_pb2_grpc import (
    EnrolmentServiceStub,
    add_EnrolmentServiceServicer_to_server,
)
from terresante_directory.rpc.enrolment_desk import EnrolmentService

from .counter import Counter
from .desk import CARD, reason

METHODS = [method.name for method in pb.DESCRIPTOR.services_by_name["EnrolmentService"].methods]
OF_BOTH = {"ListRequests", "GetRequest", "CommentRequest"}
OF_PROFESSIONALS = {"GetEnrolment", "CompleteEnrolment", "Leave", "AskForChange", "GetMyself"} | OF_BOTH
WITHOUT_ANYBODY = {"AskToEnrol"}
OF_ADMINISTRATORS = (set(METHODS) - OF_PROFESSIONALS - WITHOUT_ANYBODY) | OF_BOTH


def asking(counter: Counter, name: str) -> Any:
    return getattr(counter.stub, name)(getattr(pb, f"{name}Request")())


@pytest.mark.parametrize("name", sorted(set(METHODS) - WITHOUT_ANYBODY))
async def test_nobody_a_password_alone_and_other_kinds_are_refused(counter: Counter, name: str) -> None:
    counter.calling_as(None)
    assert await reason(asking(counter, name)) == "LOGIN_REQUIRED"
    for kind, ours in (("administrator", OF_ADMINISTRATORS), ("professional", OF_PROFESSIONALS)):
        counter.calling_as(kind, uuid4(), acr=1)
        assert await reason(asking(counter, name)) == ("LOGIN_TOO_WEAK" if name in ours else "KIND_NOT_ALLOWED")
    for kind in ("patient", "system"):
        counter.calling_as(kind, uuid4())
        assert await reason(asking(counter, name)) == "KIND_NOT_ALLOWED"


@pytest.mark.parametrize("name", METHODS)
async def test_no_other_service_has_any_business_here(
    doors: EnrolmentService, serve: Any, dial: Any, counter: Counter, name: str
) -> None:
    address = await serve("directory", lambda server: add_EnrolmentServiceServicer_to_server(doors, server))
    stub = EnrolmentServiceStub(await dial(address, "directory", as_="records"))
    counter.calling_as("administrator", uuid4())
    assert await reason(getattr(stub, name)(getattr(pb, f"{name}Request")())) == "SERVICE_NOT_ALLOWED"


@pytest.mark.parametrize("name", sorted(OF_ADMINISTRATORS - {"ReplacePhone", "ReportCardLost", "CommentRequest"}))
async def test_a_token_of_an_administrator_without_territory_opens_nothing(counter: Counter, name: str) -> None:
    counter.calling_as("administrator", uuid4())
    request = getattr(pb, f"{name}Request")()
    for field in request.DESCRIPTOR.fields:
        if field.name.endswith("_id"):
            setattr(request, field.name, str(uuid4()))
        if field.name in ("why", "comment"):
            setattr(request, field.name, "parce que")
        if field.name == "means":
            setattr(request, field.name, CARD)
    assert await reason(getattr(counter.stub, name)(request)) == "ADMINISTRATOR_UNKNOWN"
