"""Who may make which call: every one of the contract, for every kind of caller that may not."""

from typing import Any
from uuid import uuid4

import pytest
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub

from .desk import CallingAs, Desk, reason

READS = {
    "ListTerritories": pb.ListTerritoriesRequest(),
    "BatchGetStructures": pb.BatchGetStructuresRequest(),
    "BatchGetProfessionals": pb.BatchGetProfessionalsRequest(),
}
SEARCHES = {
    "SearchStructures": pb.SearchStructuresRequest(),
    "SearchProfessionals": pb.SearchProfessionalsRequest(),
}
ADMINISTRATION = {
    "RegisterStructure": pb.RegisterStructureRequest(),
    "RegisterProfessional": pb.RegisterProfessionalRequest(),
    "AddPlace": pb.AddPlaceRequest(),
    "EndPlace": pb.EndPlaceRequest(),
    "OpenAccount": pb.OpenAccountRequest(),
    "SuspendAccount": pb.SuspendAccountRequest(),
    "ReinstateAccount": pb.ReinstateAccountRequest(),
    "GetAdministrator": pb.GetAdministratorRequest(),
    "NameIdentityOfficer": pb.NameIdentityOfficerRequest(),
    "EndIdentityOfficer": pb.EndIdentityOfficerRequest(),
    "ListIdentityOfficers": pb.ListIdentityOfficersRequest(),
    "RegisterFeeder": pb.RegisterFeederRequest(),
    "ChangeFeeder": pb.ChangeFeederRequest(),
    "ListFeeders": pb.ListFeedersRequest(),
}
DECIDING = {"BatchGetFeeders": pb.BatchGetFeedersRequest()}
"""For consent only, never through the gateway."""
FROM_OUTSIDE = READS | SEARCHES | ADMINISTRATION
EVERY_CALL = FROM_OUTSIDE | DECIDING


def test_every_call_of_the_contract_is_tested_for_who_may_make_it() -> None:
    assert set(EVERY_CALL) == {method.name for method in pb.DESCRIPTOR.services_by_name["DirectoryService"].methods}


@pytest.mark.parametrize("name", FROM_OUTSIDE)
async def test_nobody_and_who_shows_a_password_alone_are_refused(desk: Desk, calling_as: CallingAs, name: str) -> None:
    call = getattr(desk.stub, name)

    calling_as(None)
    assert await reason(call(EVERY_CALL[name])) == "LOGIN_REQUIRED"
    calling_as("administrator", uuid4(), acr=1)
    assert await reason(call(EVERY_CALL[name])) == "LOGIN_TOO_WEAK"
    calling_as("administrator", uuid4(), aud=["another"])
    assert await reason(call(EVERY_CALL[name])) == "TOKEN_INVALID"


@pytest.mark.parametrize("name", EVERY_CALL)
async def test_services_that_have_no_business_here_are_refused_even_with_a_persons_token(
    desk: Desk, address: str, dial: Any, name: str
) -> None:
    await desk.administrator("94-ouest")
    others = ["records", "identity"]
    if name != "BatchGetProfessionals":  # asked by messaging for how somebody is reached
        others.append("messaging")
    if name not in READS | DECIDING:
        others.append("consent")
    if name in DECIDING:
        others.append("gateway")

    for other in others:
        stub = DirectoryServiceStub(await dial(address, "directory", as_=other))
        assert await reason(getattr(stub, name)(EVERY_CALL[name])) == "SERVICE_NOT_ALLOWED"


@pytest.mark.parametrize("name", ADMINISTRATION)
async def test_professionals_administer_nothing(desk: Desk, calling_as: CallingAs, name: str) -> None:
    calling_as("professional", uuid4(), acr=3)

    assert await reason(getattr(desk.stub, name)(ADMINISTRATION[name])) == "KIND_NOT_ALLOWED"


@pytest.mark.parametrize("name", SEARCHES | ADMINISTRATION)
async def test_patients_search_and_administer_nothing(desk: Desk, calling_as: CallingAs, name: str) -> None:
    calling_as("patient", uuid4())

    assert await reason(getattr(desk.stub, name)(EVERY_CALL[name])) == "KIND_NOT_ALLOWED"


@pytest.mark.parametrize("name", FROM_OUTSIDE)
async def test_machines_do_nothing_here(desk: Desk, calling_as: CallingAs, name: str) -> None:
    calling_as("system", uuid4(), acr=3)

    assert await reason(getattr(desk.stub, name)(EVERY_CALL[name])) == "KIND_NOT_ALLOWED"


@pytest.mark.parametrize("name", ["OpenAccount", "ReinstateAccount", "NameIdentityOfficer", "RegisterFeeder"])
async def test_giving_access_asks_for_a_fresh_login(desk: Desk, name: str) -> None:
    desk.sit(uuid4(), logged_in_ago=301)

    assert await reason(getattr(desk.stub, name)(ADMINISTRATION[name])) == "LOGIN_TOO_OLD"
