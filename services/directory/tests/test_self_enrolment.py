"""Professionals enrol by themselves: known to the national directory, opened by their card, completed by a choice."""

from uuid import uuid4

from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante_dev import pki
from terresante_directory.joining import Joining
from terresante_directory.settling import Settling
from terresante_directory.store import known_people
from terresante_platform.database import Database

from .counter import Counter
from .desk import CallingAs, Clock, Desk, Published, reason
from .in_memory import AccountsInMemory
from .joining import FINESS, OTHER, RPPS, invited, known, waiting
from .real_keycloak import Realm


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


async def test_somebody_whose_profession_is_not_taken_does_not_enrol(
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
