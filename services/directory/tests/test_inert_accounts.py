"""An inert account is nobody: it reads nothing, gives way, and does not wait for ever."""

from uuid import uuid4

import pytest
from google.protobuf.message import Message
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror_pb
from terresante_directory.domain.enrolment import WAITING
from terresante_directory.joining import Joining
from terresante_directory.rpc import DirectoryService
from terresante_directory.rpc.enrolment_desk import EnrolmentService
from terresante_directory.rpc.ror import RorService
from terresante_directory.settling import Settling
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal
from terresante_platform.rpc.allow import rule_of

from .counter import Counter
from .desk import CARD, Clock, Desk, reason
from .in_memory import AccountsInMemory
from .joining import FINESS, RPPS, invited
from .tree import Tree

SOMETHING = str(uuid4())
READING: dict[str, Message] = {
    "ListTerritories": directory_pb.ListTerritoriesRequest(),
    "BatchGetStructures": directory_pb.BatchGetStructuresRequest(structure_ids=[SOMETHING]),
    "BatchGetProfessionals": directory_pb.BatchGetProfessionalsRequest(professional_ids=[SOMETHING]),
    "SearchStructures": directory_pb.SearchStructuresRequest(),
    "SearchProfessionals": directory_pb.SearchProfessionalsRequest(),
}
IN_TIME: dict[str, Message] = {
    "GetStructureSheet": ror_pb.GetStructureSheetRequest(structure_id=SOMETHING),
    "BatchGetOffers": ror_pb.BatchGetOffersRequest(offer_ids=[SOMETHING]),
    "SearchOffers": ror_pb.SearchOffersRequest(),
    "ListCommunes": ror_pb.ListCommunesRequest(),
    "ListDigitalServices": ror_pb.ListDigitalServicesRequest(),
}
AT_THE_COUNTER: dict[str, Message] = {
    "AskForChange": pb.AskForChangeRequest(structure_id=SOMETHING, kind="ChangeStructure", change=b"{}", why="erreur"),
    "ListRequests": pb.ListRequestsRequest(),
    "GetRequest": pb.GetRequestRequest(request_id=SOMETHING),
    "CommentRequest": pb.CommentRequestRequest(request_id=SOMETHING, text="et moi ?"),
}
STAY_OPEN = {"GetEnrolment", "CompleteEnrolment", "GetMyself", "Leave"}
"""`GetMyself` says that the enrolment is not complete. `Leave` is refused otherwise: who is nobody yet has nothing to
leave.
"""


def for_professionals(service: type) -> set[str]:
    """The calls that the gateway makes for them."""
    rules = {name: rule_of(getattr(service, name)) for name in dir(service)}
    return {
        name for name, rule in rules.items() if rule and "professional" in rule.people and "gateway" in rule.services
    }


@pytest.mark.parametrize("name", READING | IN_TIME | AT_THE_COUNTER)
async def test_an_inert_account_reads_nothing_until_its_enrolment_is_complete(
    desk: Desk,
    tree: Tree,
    counter: Counter,
    joining: Joining,
    settling: Settling,
    database: Database,
    name: str,
) -> None:
    await desk.administrator("94-ouest")
    structure = (await desk.structure(finess=FINESS)).structure_id
    stubs = ((READING, desk.stub), (IN_TIME, tree.stub), (AT_THE_COUNTER, counter.stub))
    calls, stub = next((calls, stub) for calls, stub in stubs if name in calls)
    uid = await invited(counter, joining, settling, database)
    counter.calling_as("professional", uid, acr=3)

    assert await reason(getattr(stub, name)(calls[name])) == "ENROLMENT_INCOMPLETE"

    await counter.complete(structure)
    try:
        await getattr(stub, name)(calls[name])
    except Refusal as refusal:
        assert refusal.reason in ("STRUCTURE_UNKNOWN", "REQUEST_UNKNOWN"), "there is no such thing"


def test_every_door_for_professionals_is_tried_with_an_inert_account() -> None:
    by_service = ((DirectoryService, READING), (RorService, IN_TIME), (EnrolmentService, AT_THE_COUNTER))

    for service, tried in by_service:
        assert for_professionals(service) - STAY_OPEN == set(tried)


async def test_an_inert_account_is_nobody_and_a_password_does_not_complete_an_enrolment(
    desk: Desk, counter: Counter, joining: Joining, settling: Settling, database: Database
) -> None:
    await desk.administrator("94-ouest")
    structure = (await desk.structure(finess=FINESS)).structure_id
    other = (await desk.structure(name="Cabinet du Port")).structure_id
    uid = await invited(counter, joining, settling, database)

    counter.calling_as("professional", uid, acr=2)
    assert await reason(counter.complete(structure)) == "LOGIN_TOO_WEAK"
    assert await reason(counter.ask(structure, "ChangeStructure", b"{}")) == "ENROLMENT_INCOMPLETE"
    assert await reason(counter.leave(1)) == "PROFESSIONAL_UNKNOWN"
    counter.calling_as("professional", uid, acr=3)
    assert await reason(counter.complete(structure, "2020-01")) == "TERMS_VERSION_STALE"
    assert await reason(counter.complete(other)) == "PLACE_INVALID"
    assert await reason(counter.complete(str(uuid4()))) == "STRUCTURE_UNKNOWN"
    assert await reason(counter.complete(structure, role="x" * 101)) == "PLACE_INVALID"
    counter.calling_as("professional", uuid4(), acr=3)
    assert await reason(counter.enrolment()) == "ENROLMENT_UNKNOWN"
    assert await reason(counter.complete(structure)) == "ENROLMENT_UNKNOWN"
    await desk.administrator("94-ouest")
    assert await desk.read(str(uid)) == []
    assert list((await counter.accounts()).accounts) == []


async def test_an_account_that_waited_in_vain_is_shut_and_waits_again_when_asked_again(
    desk: Desk,
    counter: Counter,
    joining: Joining,
    settling: Settling,
    database: Database,
    keycloak: AccountsInMemory,
    clock: Clock,
) -> None:
    await desk.administrator("94-ouest")
    structure = (await desk.structure(finess=FINESS)).structure_id
    uid = await invited(counter, joining, settling, database)
    clock.at += WAITING

    counter.calling_as("professional", uid, acr=3)
    assert await reason(counter.complete(structure)) == "ENROLMENT_UNKNOWN"
    await joining.round()
    await settling.round()
    assert not keycloak.users[uid].enabled
    counter.calling_as(None)
    await counter.ask_to_enrol(RPPS)
    await joining.round()
    await settling.round()
    assert keycloak.users[uid].enabled
    counter.calling_as("professional", uid, acr=3)
    assert (await counter.complete(structure)).professional_id == str(uid)


async def test_an_inert_account_gives_way_to_an_administrator_who_enrols_the_same_person(
    desk: Desk,
    counter: Counter,
    joining: Joining,
    settling: Settling,
    database: Database,
    keycloak: AccountsInMemory,
) -> None:
    uid = await invited(counter, joining, settling, database)
    someone = await desk.someone(rpps=RPPS)

    await joining.round()
    await settling.round()

    assert (keycloak.users[uid].enabled, "idNat" in keycloak.users[uid].attributes) == (False, False)
    counter.calling_as("professional", uid, acr=3)
    assert await reason(counter.enrolment()) == "CALLER_SUSPENDED"
    assert await reason(counter.complete(someone.places[0].structure_id)) == "CALLER_SUSPENDED"
    await desk.administrator("94-ouest")
    opened = await desk.open(someone.professional_id, CARD)
    assert opened.professional.account_state == directory_pb.ACCOUNT_STATE_OPEN
    counter.calling_as(None)
    await counter.ask_to_enrol(RPPS)
    await joining.round()
    await settling.round()
    assert not keycloak.users[uid].enabled
