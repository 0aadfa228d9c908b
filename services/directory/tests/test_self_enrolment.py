"""Professionals enrol by themselves: nobody learns who exists, only the card opens, an inert account is nobody's."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_dev import pki
from terresante_directory.domain.enrolment import FOR_ALL, PER_ADDRESS, WAITING, remaining
from terresante_directory.joining import Joining
from terresante_directory.rpc.enrolment_desk import EnrolmentService
from terresante_directory.settling import Settling
from terresante_directory.store import enrolments, known_people
from terresante_platform.database import Database
from terresante_platform.refusals import TooMany

from .counter import Counter
from .desk import CARD, CallingAs, Clock, Desk, Published, reason
from .in_memory import AccountsInMemory
from .real_keycloak import Realm

RPPS = "10002813839"
OTHER = "10000000001"
FINESS = "940000011"


@pytest.fixture
def joining(database: Database, clock: Clock) -> Joining:
    return Joining(database, known_people, clock.now)


SAID = text(
    "insert into source_record (source, kind, key, content, import, line, said_at) "
    "values ('annuaire', :kind, :key, cast(:content as jsonb), gen_random_uuid(), 1, now())"
)


async def known(database: Database, rpps: str, profession: str = "10") -> None:
    """The imported national directory knows them, in two places of which one has a number of the directory's."""
    person, here, away = f"rpps:{rpps}", f"finess:{FINESS}", "finess:950000029"
    said = [
        ("professional", person, f'{{"family_name": "LEMAIRE", "given_name": "Anne", "profession": "{profession}"}}'),
        ("structure", here, f'{{"name": "Cabinet des Tilleuls", "finess": "{FINESS}", "commune": "CRETEIL"}}'),
        ("structure", away, '{"name": "Ailleurs", "finess": "950000029"}'),
        ("place", f"{person}|{here}", f'{{"professional": "{person}", "structure": "{here}"}}'),
        ("place", f"{person}|{away}", f'{{"professional": "{person}", "structure": "{away}"}}'),
    ]
    async with database.transaction() as transaction:
        for kind, key, content in said:
            await transaction.execute(SAID, {"kind": kind, "key": key, "content": content})


async def waiting(database: Database, rpps: str = RPPS) -> UUID:
    """Whose account waits for the card with this number."""
    async with database.reading() as connection:
        uid = await connection.scalar(text("select uid from self_enrolment where rpps = :rpps"), {"rpps": rpps})
    assert isinstance(uid, UUID)
    return uid


async def invited(counter: Counter, joining: Joining, settling: Settling, database: Database) -> UUID:
    """Somebody whom the national directory knows has asked; their inert account is made."""
    await known(database, RPPS)
    counter.calling_as(None)
    await counter.ask_to_enrol(RPPS)
    assert await joining.round() == 1
    assert await settling.round() == 1
    return await waiting(database)


async def test_a_professional_enrols_with_their_card_accepts_and_chooses_and_the_territory_is_told(
    desk: Desk,
    counter: Counter,
    joining: Joining,
    settling: Settling,
    database: Database,
    keycloak: AccountsInMemory,
    published: Published,
) -> None:
    administrator = await desk.administrator("94-ouest")
    structure = (await desk.structure(finess=FINESS)).structure_id
    uid = await invited(counter, joining, settling, database)
    made = keycloak.users[uid]
    assert (made.attributes["idNat"], made.credentials, made.actions) == (f"8{RPPS}", set(), set())
    counter.calling_as("professional", uid, acr=3)

    told = await counter.enrolment()

    assert (told.professional_id, told.done, bool(told.terms)) == (str(uid), False, True)
    assert [(one.structure_name, one.structure_id) for one in told.places] == [
        ("Cabinet des Tilleuls", structure),
        ("Ailleurs", ""),
    ]
    professional = await counter.complete(structure, told.terms_version, "titulaire")

    assert (professional.professional_id, professional.family_name, professional.rpps) == (str(uid), "LEMAIRE", RPPS)
    assert [(one.structure_id, one.role) for one in professional.places] == [(structure, "titulaire")]
    assert professional.account_state == directory_pb.ACCOUNT_STATE_OPEN
    assert (await counter.enrolment()).done
    assert await reason(counter.complete(structure)) == "ENROLMENT_DONE"
    assert "directory.v1.professional_changed" in await published()
    assert [act.kind for act in await counter.acts(str(uid))] == ["enrolled_alone"]
    desk.sit(administrator)
    assert (await counter.waiting())["new_professionals"] == 1
    assert [one.professional_id for one in (await counter.accounts()).accounts] == [str(uid)]


async def test_whoever_asks_is_told_the_same_and_nothing_is_looked_up_before_the_answer(
    desk: Desk, counter: Counter, joining: Joining, database: Database, keycloak: AccountsInMemory, clock: Clock
) -> None:
    await known(database, RPPS)
    enrolled = await desk.someone(rpps=OTHER)
    counter.calling_as(None)

    answers = [await counter.ask_to_enrol(rpps) for rpps in (RPPS, OTHER, "10009999999", RPPS)]

    assert {answer.until.ToDatetime() for answer in answers} == {(clock.at + WAITING).replace(tzinfo=None)}
    async with database.reading() as connection:
        assert await connection.scalar(text("select count(*) from account")) == 0
    assert await joining.round() == 3
    async with database.reading() as connection:
        assert await connection.scalar(text("select count(*) from account")) == 1
        assert await connection.scalar(text("select count(*) from enrolment_ask")) == 0
    assert UUID(enrolled.professional_id) not in keycloak.users
    assert await reason(counter.ask_to_enrol("123")) == "RPPS_INVALID"


class Told:
    """Where a call comes from, as the gateway tells."""

    def __init__(self, address: str) -> None:
        self._address = address

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return (("client-address", self._address),)


async def test_an_address_and_everybody_together_ask_so_many_times(
    doors: EnrolmentService, clock: Clock, database: Database
) -> None:
    async def ask(address: str = "192.0.2.1") -> None:
        await doors.AskToEnrol(pb.AskToEnrolRequest(rpps=RPPS), Told(address))

    for _ in range(PER_ADDRESS.burst):
        await ask()
    assert await reason(ask()) == "RATE_LIMITED"
    await ask("192.0.2.2")
    clock.at += timedelta(minutes=6)
    await ask()
    assert await reason(ask()) == "RATE_LIMITED"
    async with database.transaction() as transaction:
        await transaction.execute(text("update enrolment_budget set remaining = 0 where key = 'all'"))
    assert await reason(ask("192.0.2.3")) == "RATE_LIMITED"
    async with database.reading() as connection:
        keys = [row.key for row in await connection.execute(text("select key from enrolment_budget"))]
    assert not any("192.0.2" in key for key in keys)


def test_a_budget_fills_again_with_time_and_never_above_its_burst() -> None:
    assert remaining(FOR_ALL, FOR_ALL.burst, timedelta(days=9)) == FOR_ALL.burst - 1
    assert remaining(PER_ADDRESS, 0, timedelta(minutes=6)) == pytest.approx(0)
    with pytest.raises(TooMany):
        remaining(PER_ADDRESS, 0.5, timedelta(seconds=-60))


async def test_an_inert_account_is_nobody_and_a_password_does_not_complete_an_enrolment(
    desk: Desk, counter: Counter, joining: Joining, settling: Settling, database: Database
) -> None:
    await desk.administrator("94-ouest")
    structure = (await desk.structure(finess=FINESS)).structure_id
    other = (await desk.structure(name="Cabinet du Port")).structure_id
    uid = await invited(counter, joining, settling, database)

    counter.calling_as("professional", uid, acr=2)
    assert await reason(counter.complete(structure)) == "LOGIN_TOO_WEAK"
    assert await reason(counter.ask(structure, "ChangeStructure", b"{}")) == "NOT_CORRESPONDENT"
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
    opened = await desk.open(someone.professional_id, CARD)
    assert opened.professional.account_state == directory_pb.ACCOUNT_STATE_OPEN
    counter.calling_as(None)
    await counter.ask_to_enrol(RPPS)
    await joining.round()
    await settling.round()
    assert not keycloak.users[uid].enabled


async def test_a_profession_that_is_not_taken_and_a_suspended_account_do_not_enrol(
    desk: Desk, counter: Counter, joining: Joining, settling: Settling, database: Database
) -> None:
    await desk.administrator("94-ouest")
    structure = (await desk.structure(finess=FINESS)).structure_id
    await known(database, OTHER, "astrologue")
    counter.calling_as(None)
    await counter.ask_to_enrol(OTHER)
    await joining.round()
    await settling.round()
    counter.calling_as("professional", await waiting(database, OTHER), acr=3)
    assert await reason(counter.complete(structure)) == "PROFESSION_UNKNOWN"


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


async def test_two_rounds_at_once_make_one_account(
    counter: Counter, joining: Joining, database: Database, calling_as: CallingAs
) -> None:
    await known(database, RPPS)
    calling_as(None)
    await counter.ask_to_enrol(RPPS)
    async with database.transaction() as first:
        assert await enrolments.take_asked(first) is not None
        assert await joining.round() == 0
    assert await joining.round() == 0


async def test_only_the_card_of_that_number_opens_an_inert_account(
    realm: Realm, counter: Counter, database: Database, clock: Clock, calling_as: CallingAs
) -> None:
    number = f"{uuid4().int % 10**11:011d}"
    accounts = realm.accounts()
    await known(database, number)
    calling_as(None)
    await counter.ask_to_enrol(number)
    assert await Joining(database, known_people, clock.now).round() == 1
    assert await Settling(database, accounts, clock.now).round() == 1
    uid = await waiting(database, number)

    own = pki.issue_card(realm.server.cards, number, "LEMAIRE", "ANNE")
    others = pki.issue_card(realm.server.cards, f"{uuid4().int % 10**11:011d}", "MOREL", "PAUL")
    with realm.browser(others) as browser:
        assert browser.open().code is None
    with realm.browser() as browser:
        assert browser.open().code is None
    with realm.browser(own) as browser:
        browser.login()
        assert browser.tokens is not None
        claims = browser.tokens.claims
    assert (claims["uid"], claims["kind"], claims["acr"]) == (str(uid), "professional", "3")
    accounts.close()
