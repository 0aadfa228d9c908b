"""Who may make which call of the directory in time: every one of the contract, for every kind that may not."""

from typing import Any
from uuid import UUID, uuid4

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante.directory.v1.ror_service_pb2_grpc import RorServiceStub

from .desk import CallingAs, Desk, reason
from .tree import Tree

METHODS = {method.name: method for method in pb.DESCRIPTOR.services_by_name["RorService"].methods}
FOR_ALL = {"GetStructureSheet", "BatchGetOffers", "SearchOffers", "ListCommunes", "ListDigitalServices"}
EVERY = set(METHODS)


def request(name: str) -> Message:
    return GetMessageClass(METHODS[name].input_type)()


async def refusals(stub: Any, names: set[str]) -> set[str]:
    """The reasons for which these calls are refused."""
    return {await reason(getattr(stub, name)(request(name))) for name in sorted(names)}


async def test_nobody_and_who_shows_a_password_alone_are_refused(tree: Tree, calling_as: CallingAs) -> None:
    calling_as(None)
    assert await refusals(tree.stub, EVERY) == {"LOGIN_REQUIRED"}
    calling_as("administrator", uuid4(), acr=1)
    assert await refusals(tree.stub, EVERY) == {"LOGIN_TOO_WEAK"}


async def test_other_services_are_refused_even_with_a_persons_token(desk: Desk, address: str, dial: Any) -> None:
    await desk.administrator("94-ouest")
    records = RorServiceStub(await dial(address, "directory", as_="records"))

    assert await refusals(records, EVERY) == {"SERVICE_NOT_ALLOWED"}


async def test_what_is_for_administrators_is_refused_to_others(tree: Tree, calling_as: CallingAs) -> None:
    for kind in ("professional", "patient"):
        calling_as(kind, uuid4())
        assert await refusals(tree.stub, EVERY - FOR_ALL) == {"KIND_NOT_ALLOWED"}


async def test_a_machine_that_feeds_identities_has_no_business_here(tree: Tree, calling_as: CallingAs) -> None:
    calling_as("system", uuid4())

    assert await refusals(tree.stub, EVERY) == {"KIND_NOT_ALLOWED"}


async def test_an_administrator_whom_nobody_appointed_is_told_nothing(tree: Tree, desk: Desk) -> None:
    desk.sit(uuid4())

    told = {"SearchOffers", "BatchGetOffers", "ListCommunes", "Find", "ListActs", "ListDigitalServices"}
    assert await refusals(tree.stub, told) == {"ADMINISTRATOR_UNKNOWN"}


async def test_a_suspended_professional_reads_nothing_here_either(
    tree: Tree, desk: Desk, calling_as: CallingAs
) -> None:
    someone = await desk.someone()
    await desk.open(someone.professional_id)
    await desk.suspend(someone.professional_id)
    calling_as("professional", UUID(someone.professional_id))

    assert await reason(tree.stub.SearchOffers(pb.SearchOffersRequest())) == "CALLER_SUSPENDED"
