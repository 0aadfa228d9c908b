"""A professional leaves: places end, the account is closed, and what they wrote stays."""

from uuid import UUID

from sqlalchemy import text
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante_directory.joining import Joining
from terresante_directory.settling import Settling
from terresante_platform.database import Database

from .counter import Counter
from .desk import Clock, Desk, reason
from .in_memory import AccountsInMemory
from .joining import FINESS, invited


async def test_leaving_ends_places_and_closes_the_account_and_says_what_stays(
    desk: Desk,
    counter: Counter,
    joining: Joining,
    settling: Settling,
    database: Database,
    keycloak: AccountsInMemory,
) -> None:
    administrator = await desk.administrator("94-ouest")
    structure = (await desk.structure(finess=FINESS)).structure_id
    uid = await invited(counter, joining, settling, database)
    counter.calling_as("professional", uid, acr=3)
    me = await counter.complete(structure)
    desk.sit(administrator)
    await counter.correspond(structure, str(uid))

    counter.calling_as("professional", uid, acr=3, logged_in_ago=600.0)
    assert await reason(counter.leave(me.version)) == "LOGIN_TOO_OLD"
    counter.calling_as("professional", uid, acr=3)
    assert await reason(counter.leave(me.version + 7)) == "VERSION_STALE"
    assert await reason(counter.leave(0)) == "VERSION_REQUIRED"
    assert "reste dans les dossiers" in await counter.leave(me.version)

    assert not keycloak.users[uid].enabled
    assert await reason(counter.leave(me.version)) == "CALLER_SUSPENDED"
    desk.sit(administrator)
    (left,) = await desk.read(str(uid))
    assert (left.places[0].HasField("until"), left.account_state) == (True, directory_pb.ACCOUNT_STATE_SUSPENDED)
    assert [act.kind for act in await counter.acts(str(uid))][-2:] == ["left", "suspended"]
    assert (await desk.reinstate(str(uid))).account_state == directory_pb.ACCOUNT_STATE_OPEN


async def test_the_mandate_of_an_identity_officer_who_leaves_ends_and_reinstating_does_not_give_it_back(
    desk: Desk, counter: Counter, database: Database, clock: Clock
) -> None:
    someone = await desk.someone()
    administrator = await desk.administrator("94-ouest")
    id = someone.professional_id
    await desk.open(id)
    await desk.stub.NameIdentityOfficer(
        directory_pb.NameIdentityOfficerRequest(professional_id=id, territory_codes=["94-ouest"])
    )
    (officer,) = await desk.read(id)
    assert officer.HasField("identity_mandate")
    counter.calling_as("professional", UUID(id), acr=3)

    await counter.leave(officer.version)

    desk.sit(administrator)
    (left,) = await desk.read(id)
    assert not left.HasField("identity_mandate")
    assert left.version > officer.version
    assert not (await desk.reinstate(id)).HasField("identity_mandate")
    async with database.reading() as connection:
        (kept,) = await connection.execute(text("select until, named_by, ended_by from mandate"))
    assert tuple(kept) == (clock.at, administrator, None)
