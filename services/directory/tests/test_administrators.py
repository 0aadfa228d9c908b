"""Administrators name and end one another, within the rights they have; the list of accounts."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante_directory.settling import Settling
from terresante_directory.store.enrolment_tables import account_seen
from terresante_platform.database import Database

from .counter import Counter, stamp
from .desk import CARD, PASSWORD, Clock, Desk, reason
from .in_memory import AccountsInMemory


async def test_an_administrator_is_named_within_the_namers_rights_and_handed_a_start(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    by = await desk.administrator("94-ouest", "94-est")

    named = await counter.name("94-ouest")

    id = named.administrator.administrator_id
    assert (named.administrator.name, list(named.administrator.territory_codes)) == ("Paul Roy", ["94-ouest"])
    assert named.administrator.account_state == directory_pb.ACCOUNT_STATE_OPEN
    made = keycloak.users[UUID(id)]
    assert (made.password, made.attributes["kind"]) == (named.starting_password, "administrator")
    kinds = ("administrator_named", "opened", "started")
    assert [(act.kind, act.by) for act in await counter.acts(id)] == [(kind, by) for kind in kinds]
    assert [sorted(act.territories) for act in await counter.acts(id)] == [["94-ouest"]] * 3
    desk.sit(UUID(id))
    assert (await desk.structure()).territory_code == "94-ouest"
    assert await reason(desk.structure(territory_code="94-est")) == "TERRITORY_NOT_YOURS"
    assert await reason(counter.name("94-est")) == "TERRITORY_NOT_YOURS"


async def test_nobody_raises_rights_beyond_their_own(desk: Desk, counter: Counter, keycloak: AccountsInMemory) -> None:
    await desk.administrator("94-ouest")
    assert await reason(counter.name("94-ouest", "95-sud")) == "TERRITORY_NOT_YOURS"
    assert await reason(counter.name("atlantide")) == "TERRITORY_UNKNOWN"
    assert await reason(counter.name()) == "TERRITORY_UNKNOWN"
    assert await reason(counter.name("94-ouest", family_name="R0y")) == "PROFESSIONAL_NAME_INVALID"
    assert await reason(counter.name("94-ouest", means=CARD)) == "ACCOUNT_MEANS_INVALID"
    assert await reason(counter.name("94-ouest", means=CARD, rpps="12")) == "RPPS_INVALID"
    assert keycloak.users == {}
    desk.sit(await desk.administrator("94-ouest"), logged_in_ago=600.0)
    assert await reason(counter.name("94-ouest")) == "LOGIN_TOO_OLD"
    desk.sit(uuid4())
    assert await reason(counter.name("94-ouest")) == "ADMINISTRATOR_UNKNOWN"


async def test_a_card_names_one_administrator_only(desk: Desk, counter: Counter) -> None:
    await desk.administrator("94-ouest")
    first = await counter.name("94-ouest", means=CARD, rpps="10002813839")
    assert first.starting_password == ""
    assert await reason(counter.name("94-ouest", means=CARD, rpps="10002813839")) == "ACCOUNT_CARD_TAKEN"
    assert len(await counter.administrators()) == 2


async def test_who_was_ended_is_named_again_with_the_same_card(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    await desk.administrator("94-ouest")
    first = await counter.name("94-ouest", means=CARD, rpps="10002813839")
    await counter.end(first.administrator.administrator_id)

    again = await counter.name("94-ouest", means=CARD, rpps="10002813839")

    cards = {str(uid): user.attributes.get("idNat") for uid, user in keycloak.users.items()}
    assert cards == {first.administrator.administrator_id: None, again.administrator.administrator_id: "810002813839"}
    assert not keycloak.users[UUID(first.administrator.administrator_id)].enabled


async def test_named_again_with_the_same_key_after_keycloak_was_away_it_goes_on_and_tells_a_password_once(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    by = await desk.administrator("94-ouest")
    desk.sit(by, key="k1")
    keycloak.away = True
    assert await reason(counter.name("94-ouest")) == "ACCOUNTS_UNAVAILABLE"
    keycloak.away = False

    first, second = await counter.name("94-ouest"), await counter.name("94-ouest")

    assert first.administrator.administrator_id == second.administrator.administrator_id
    assert (bool(first.starting_password), second.starting_password) == (True, "")
    assert keycloak.users[UUID(first.administrator.administrator_id)].password == first.starting_password


async def test_a_round_that_opened_the_account_meanwhile_leaves_the_start_to_be_told_once(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, settling: Settling
) -> None:
    by = await desk.administrator("94-ouest")
    desk.sit(by, key="k1")
    keycloak.away = True
    assert await reason(counter.name("94-ouest")) == "ACCOUNTS_UNAVAILABLE"
    keycloak.away = False
    assert await settling.round() == 1
    (made,) = keycloak.users.values()
    assert made.password is None

    first, second = await counter.name("94-ouest"), await counter.name("94-ouest")

    assert first.administrator.account_state == directory_pb.ACCOUNT_STATE_OPEN
    assert made.password == first.starting_password != ""
    assert second.starting_password == ""
    assert [act.kind for act in await counter.acts(first.administrator.administrator_id)].count("started") == 1


async def test_a_start_that_is_owed_is_not_told_once_the_new_administrators_rights_have_ended(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, settling: Settling
) -> None:
    by = await desk.administrator("94-ouest")
    desk.sit(by, key="k1")
    keycloak.away = True
    assert await reason(counter.name("94-ouest")) == "ACCOUNTS_UNAVAILABLE"
    keycloak.away = False
    await settling.round()
    (other,) = (one for one in await counter.administrators() if one.administrator_id != str(by))
    await counter.end(other.administrator_id)

    assert await reason(counter.name("94-ouest")) == "ADMINISTRATOR_OTHER_UNKNOWN"

    assert [user.password for user in keycloak.users.values()] == [None]


async def test_a_key_kept_from_before_opens_nothing_for_somebody_whose_rights_ended(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    by = await desk.administrator("94-ouest", "95-sud")
    desk.sit(by, key="k1")
    keycloak.away = True
    assert await reason(counter.name("94-ouest", "95-sud")) == "ACCOUNTS_UNAVAILABLE"
    keycloak.away = False
    south = await desk.administrator("95-sud")
    await counter.end(str(by))

    desk.sit(by, key="k1")
    assert await reason(counter.name("94-ouest", "95-sud")) == "TERRITORY_NOT_YOURS"
    desk.sit(await desk.administrator("94-ouest"))
    await counter.end(str(by))
    desk.sit(by, key="k1")
    assert await reason(counter.name("94-ouest", "95-sud")) == "ADMINISTRATOR_UNKNOWN"
    assert keycloak.users == {}
    desk.sit(south)
    assert len(await counter.administrators()) == 2


async def test_named_twice_at_once_with_the_same_key_one_waits_and_one_password_is_told(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    desk.sit(await desk.administrator("94-ouest"), key="k1")
    keycloak.gate = asyncio.Event()
    first = asyncio.create_task(counter.name("94-ouest"))
    await keycloak.arrived.wait()

    assert await reason(counter.name("94-ouest")) == "ACCOUNT_BUSY"

    keycloak.gate.set()
    named = await first
    assert keycloak.users[UUID(named.administrator.administrator_id)].password == named.starting_password


async def test_rights_end_where_the_caller_may_end_them_and_the_account_with_the_last(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    other = await desk.administrator("94-ouest", "95-sud")
    await desk.administrator("94-ouest", "95-sud")
    named = (await counter.name("94-ouest", "95-sud")).administrator.administrator_id
    by_ouest = await desk.administrator("94-ouest")

    left = await counter.end(named)
    assert (list(left.territory_codes), left.account_state) == ([], directory_pb.ACCOUNT_STATE_OPEN)
    assert await reason(counter.end(named)) == "ADMINISTRATOR_OTHER_UNKNOWN"
    assert await reason(counter.end(named, "95-sud")) == "TERRITORY_NOT_YOURS"
    desk.sit(UUID(named))
    assert await reason(desk.structure(territory_code="94-ouest")) == "TERRITORY_NOT_YOURS"

    desk.sit(other)
    ended = await counter.end(named, why="départ en retraite")
    assert ended.account_state == directory_pb.ACCOUNT_STATE_SUSPENDED
    assert not keycloak.users[UUID(named)].enabled
    assert (await counter.acts(named))[-1].why == "départ en retraite"
    desk.sit(UUID(named))
    assert await reason(counter.administrators()) == "ADMINISTRATOR_UNKNOWN"
    desk.sit(by_ouest)
    assert await reason(counter.end(str(by_ouest))) == "ADMINISTRATOR_SELF"
    assert await reason(counter.end(str(other), why="")) == "WHY_INVALID"
    assert await reason(counter.end(str(uuid4()))) == "ADMINISTRATOR_OTHER_UNKNOWN"


async def test_another_administrators_phone_is_replaced_by_who_administers_all_that_they_do(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory
) -> None:
    south = await desk.administrator("95-sud")
    both = await desk.administrator("94-ouest", "95-sud")
    named = (await counter.name("94-ouest", "95-sud")).administrator.administrator_id
    user = keycloak.users[UUID(named)]
    user.credentials |= {"otp"}
    assert await reason(counter.replace_administrators_phone(named, "by_phone")) == "EVIDENCE_INVALID"
    assert await reason(counter.replace_administrators_phone(named, why="")) == "WHY_INVALID"
    assert await reason(counter.replace_administrators_phone(str(both))) == "ADMINISTRATOR_SELF"
    assert await reason(counter.replace_administrators_phone(str(uuid4()))) == "ADMINISTRATOR_OTHER_UNKNOWN"
    assert await reason(counter.replace_administrators_phone(str(south))) == "ACCOUNT_UNKNOWN"
    desk.sit(south)
    assert await reason(counter.replace_administrators_phone(named)) == "TERRITORY_NOT_YOURS"
    desk.sit(both, logged_in_ago=600.0)
    assert await reason(counter.replace_administrators_phone(named)) == "LOGIN_TOO_OLD"
    assert "otp" in user.credentials
    desk.sit(both)

    account = await counter.replace_administrators_phone(named, "video", "volé")

    assert (account.name, account.settled, account.professional_id) == ("Paul Roy", True, "")
    assert (user.credentials, "CONFIGURE_TOTP" in user.actions) == ({"password"}, True)
    act = (await counter.told_acts(named)).acts[0]
    assert (act.kind, act.why, list(act.territory_codes)) == ("phone_replaced", "volé", ["94-ouest", "95-sud"])


async def test_administrators_see_those_of_their_territories_and_nothing_of_others(
    desk: Desk, counter: Counter
) -> None:
    await desk.administrator("95-sud")
    both = await desk.administrator("94-ouest", "95-sud")
    mine = await desk.administrator("94-ouest")
    told = {one.administrator_id: list(one.territory_codes) for one in await counter.administrators()}
    assert told == {str(both): ["94-ouest"], str(mine): ["94-ouest"]}


async def test_accounts_are_listed_by_name_for_the_territory_that_answers_for_them(
    desk: Desk, counter: Counter, database: Database, clock: Clock
) -> None:
    away = await desk.administrator("95-sud")
    south = (await desk.structure(territory_code="95-sud")).structure_id
    someone = await desk.someone(family_name="Zola")
    here = someone.places[0].structure_id
    second = await desk.professional(here, family_name="Abel")
    without = await desk.professional(here, family_name="Bert")
    for one in (someone, second):
        await desk.open(one.professional_id, PASSWORD)
    async with database.transaction() as transaction:
        seen = {"uid": UUID(second.professional_id), "last_login": clock.at, "locked": True, "seen_at": clock.at}
        await transaction.execute(account_seen.insert().values(seen))

    first_page = await counter.accounts(limit=1)
    rest = await counter.accounts(limit=1, cursor=first_page.next_cursor)

    assert [one.name for one in first_page.accounts] == ["Anne Abel"]
    assert [(one.name, one.locked) for one in rest.accounts] == [("Anne Zola", False)]
    assert rest.next_cursor == ""
    told = first_page.accounts[0]
    assert (told.profession_label, told.means, told.settled, told.locked) == ("Médecin", PASSWORD, True, True)
    assert told.last_login == stamp(clock.at)
    silent = await counter.accounts(not_since=stamp(clock.at - timedelta(days=30)))
    assert [one.name for one in silent.accounts] == ["Anne Zola"]
    nobody = await counter.accounts(state=directory_pb.ACCOUNT_STATE_NONE)
    assert [one.professional_id for one in nobody.accounts] == [without.professional_id]
    await desk.suspend(someone.professional_id)
    shut = await counter.accounts(state=directory_pb.ACCOUNT_STATE_SUSPENDED, territory_code="94-ouest")
    assert [one.name for one in shut.accounts] == ["Anne Zola"]
    assert await reason(counter.accounts(territory_code="95-sud")) == "TERRITORY_NOT_YOURS"
    assert await reason(counter.accounts(cursor="x")) == "CURSOR_INVALID"
    assert await reason(counter.accounts(limit=101)) == "SEARCH_INVALID"
    desk.sit(away)
    place = directory_pb.NewPlace(structure_id=south, role="")
    version = (await desk.read(second.professional_id))[0].version
    request = directory_pb.AddPlaceRequest(professional_id=second.professional_id, version=version, place=place)
    await desk.stub.AddPlace(request)
    assert list((await counter.accounts()).accounts) == [], "a newer place gives no power over the account"
