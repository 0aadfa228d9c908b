"""What was done to accounts is read again by whoever answers for them, and by nobody else."""

from uuid import UUID, uuid4

from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante_directory.domain.enrolment import NEW
from terresante_directory.joining import Joining
from terresante_directory.settling import Settling
from terresante_directory.store.enrolment_tables import account_difference, account_seen
from terresante_platform.database import Database

from .counter import Counter
from .desk import PASSWORD, Clock, Desk, reason
from .in_memory import AccountsInMemory
from .joining import FINESS, invited

RPPS = "10002813839"


async def test_an_accounts_history_says_who_when_and_why_the_newest_first(
    desk: Desk, counter: Counter, clock: Clock
) -> None:
    someone = (await desk.someone(rpps=RPPS)).professional_id
    await desk.open(someone)
    await counter.replace_phone(someone, "video", "tombé dans l’eau")
    await desk.suspend(someone)

    told = (await counter.told_acts(someone)).acts

    assert [one.kind for one in told] == ["suspended", "phone_replaced", "started", "opened"]
    phone = told[1]
    assert (phone.why, phone.evidence) == ("tombé dans l’eau", "vu en visioconférence, avec une pièce d’identité")
    assert (phone.by_name, phone.by_holder) == ("Claire Durand", False)
    assert (phone.holder_name, phone.holder_kind, list(phone.territory_codes)) == (
        "Anne Lemaire",
        "professional",
        ["94-ouest"],
    )
    assert phone.at.seconds == int(clock.at.timestamp())


async def test_why_an_account_was_suspended_and_reinstated_may_be_said(desk: Desk, counter: Counter) -> None:
    someone = (await desk.someone()).professional_id
    await desk.open(someone)
    too_long = directory_pb.SuspendAccountRequest(professional_id=someone, why="x" * 501)
    assert await reason(desk.stub.SuspendAccount(too_long)) == "WHY_INVALID"
    assert (await desk.read(someone))[0].account_state == directory_pb.ACCOUNT_STATE_OPEN
    await desk.stub.SuspendAccount(directory_pb.SuspendAccountRequest(professional_id=someone, why="congé"))
    await desk.stub.ReinstateAccount(directory_pb.ReinstateAccountRequest(professional_id=someone, why="retour"))

    told = (await counter.told_acts(someone)).acts

    assert [(one.kind, one.why) for one in told][:2] == [("reinstated", "retour"), ("suspended", "congé")]


async def test_a_history_is_told_page_by_page_and_nothing_is_told_twice(desk: Desk, counter: Counter) -> None:
    someone = (await desk.someone()).professional_id
    await desk.open(someone)
    await desk.suspend(someone)
    await desk.reinstate(someone)

    first = await counter.told_acts(someone, limit=3)
    rest = await counter.told_acts(someone, limit=3, cursor=first.next_cursor)

    assert [one.kind for one in first.acts] == ["reinstated", "suspended", "started"]
    assert ([one.kind for one in rest.acts], rest.next_cursor) == (["opened"], "")


async def test_what_the_platform_did_by_itself_is_nobodys(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, settling: Settling
) -> None:
    someone = (await desk.someone()).professional_id
    keycloak.away = True
    assert await reason(desk.open(someone)) == "ACCOUNTS_UNAVAILABLE"
    keycloak.away = False
    await settling.round()

    (told,) = (await counter.told_acts(someone)).acts

    assert (told.kind, told.by_name) == ("opened", "Claire Durand"), "no start was made: nobody was handed a letter"


async def test_another_territorys_history_is_not_told_and_a_newer_place_there_gives_no_sight_of_it(
    desk: Desk, counter: Counter
) -> None:
    away = await desk.administrator("95-sud")
    south = (await desk.structure(territory_code="95-sud")).structure_id
    someone = await desk.someone()
    await desk.open(someone.professional_id)
    desk.sit(away)
    place = directory_pb.NewPlace(structure_id=south, role="")
    version = (await desk.read(someone.professional_id))[0].version
    await desk.stub.AddPlace(
        directory_pb.AddPlaceRequest(professional_id=someone.professional_id, version=version, place=place)
    )

    assert await reason(counter.told_acts(someone.professional_id)) == "TERRITORY_NOT_YOURS"
    assert list((await counter.told_acts()).acts) == []
    assert await reason(counter.told_acts(str(uuid4()))) == "ADMINISTRATOR_OTHER_UNKNOWN"
    assert await reason(counter.told_acts("x")) == "ID_INVALID"
    assert await reason(counter.told_acts(cursor="x")) == "CURSOR_INVALID"
    assert await reason(counter.told_acts(limit=101)) == "SEARCH_INVALID"


async def test_of_an_administrator_what_touched_shared_territories_is_told_even_when_all_has_ended(
    desk: Desk, counter: Counter
) -> None:
    await desk.administrator("94-ouest", "95-sud")
    named = (await counter.name("94-ouest", "95-sud")).administrator.administrator_id
    south = await desk.administrator("95-sud")
    await counter.end(named, why="mutation")
    await desk.administrator("94-ouest")
    told = (await counter.told_acts(named)).acts
    assert [one.kind for one in told] == ["started", "opened", "administrator_named"]
    await counter.end(named, why="retraite")

    told = (await counter.told_acts(named)).acts

    assert (told[0].kind, told[0].why) == ("administrator_ended", "retraite")
    assert "mutation" not in {one.why for one in told}, "where the caller administers nothing"
    assert {one.holder_kind for one in told} == {"administrator"}
    desk.sit(south)
    assert "mutation" in {one.why for one in (await counter.told_acts(named)).acts}
    desk.sit(await desk.administrator("92-nord"))
    assert await reason(counter.told_acts(named)) == "ADMINISTRATOR_OTHER_UNKNOWN"


async def test_of_a_territory_all_that_was_done_to_its_accounts_is_told(desk: Desk, counter: Counter) -> None:
    someone = (await desk.someone()).professional_id
    await desk.open(someone)
    named = (await counter.name("94-ouest")).administrator.administrator_id

    told = (await counter.told_acts()).acts

    kinds = ["started", "opened", "administrator_named", "started", "opened"]
    assert [(one.kind, one.account_id) for one in told] == list(
        zip(kinds, [named, named, named, someone, someone], strict=True)
    )


async def test_who_enrolled_alone_of_late_is_found_for_a_fortnight(
    desk: Desk, counter: Counter, joining: Joining, settling: Settling, database: Database, clock: Clock
) -> None:
    administrator = await desk.administrator("94-ouest")
    structure = (await desk.structure(finess=FINESS)).structure_id
    await desk.open((await desk.professional(structure, family_name="Abel")).professional_id)
    uid = await invited(counter, joining, settling, database)
    counter.calling_as("professional", uid, acr=3)
    await counter.complete(structure)
    desk.sit(administrator)

    assert [one.professional_id for one in (await counter.accounts(enrolled_alone=True)).accounts] == [str(uid)]
    (act,) = (await counter.told_acts(str(uid))).acts
    assert (act.kind, act.by_holder, act.by_name) == ("enrolled_alone", True, "Anne LEMAIRE")
    clock.at += NEW
    assert list((await counter.accounts(enrolled_alone=True)).accounts) == []


async def test_accounts_are_found_by_what_troubles_them_and_by_name(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, settling: Settling
) -> None:
    someone = await desk.someone(rpps=RPPS)
    place = someone.places[0].structure_id
    ids = {"Lemaire": someone.professional_id}
    for name in ("Abel", "Bert"):
        ids[name] = (await desk.professional(place, family_name=name)).professional_id
    for id in ids.values():
        await desk.open(id, PASSWORD)
    keycloak.away = True
    await counter.card_lost(ids["Lemaire"])

    unsettled = (await counter.accounts(unsettled=True)).accounts

    assert [one.professional_id for one in unsettled] == [ids["Lemaire"]]
    assert (unsettled[0].with_card, unsettled[0].HasField("card_lost")) == (True, True)
    assert [one.name for one in (await counter.accounts(text="BÊR")).accounts] == ["Anne Bert"]
    assert list((await counter.accounts(text="%")).accounts) == []
    assert await reason(counter.accounts(text="x" * 201)) == "SEARCH_INVALID"
    (one,) = (await counter.accounts(professional_id=ids["Abel"])).accounts
    assert (one.professional_id, one.with_card, one.HasField("card_lost")) == (ids["Abel"], False, False)
    without = await desk.professional(place, family_name="Zola")
    (one,) = (await counter.accounts(professional_id=without.professional_id)).accounts
    assert one.state == directory_pb.ACCOUNT_STATE_NONE
    assert await reason(counter.accounts(professional_id="x")) == "ID_INVALID"
    assert "in_person" in (await counter.accounts()).evidence
    await desk.administrator("95-sud")
    assert list((await counter.accounts(professional_id=ids["Abel"])).accounts) == []


async def test_what_the_desk_counts_is_what_the_lists_show(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, database: Database, clock: Clock
) -> None:
    someone = await desk.someone(rpps=RPPS)
    place = someone.places[0].structure_id
    others = [(await desk.professional(place, family_name=name)).professional_id for name in ("Abel", "Bert")]
    for id in (someone.professional_id, *others):
        await desk.open(id)
    keycloak.away = True
    await counter.card_lost(someone.professional_id)
    async with database.transaction() as transaction:
        seen = {"uid": UUID(others[0]), "locked": True, "seen_at": clock.at}
        await transaction.execute(account_seen.insert().values(seen))
        for id, uid, kind in (("a", UUID(others[1]), "state"), ("b", None, "unknown_here")):
            told = {"id": id, "uid": uid, "kind": kind, "since": clock.at, "seen_at": clock.at}
            await transaction.execute(account_difference.insert().values(told))

    waiting = await counter.waiting()

    differing = await counter.accounts(differing=True)
    assert {kind: count for kind, count in waiting.items() if "account" in kind} == {
        "locked_accounts": len((await counter.accounts(locked=True)).accounts),
        "unsettled_accounts": len((await counter.accounts(unsettled=True)).accounts),
        "account_differences": len(differing.accounts) + differing.strangers,
    }
    assert [one.professional_id for one in differing.accounts] == [others[1]]
    await desk.administrator("95-sud")
    assert {kind: count for kind, count in (await counter.waiting()).items() if "account" in kind} == {
        "account_differences": 1
    }, "a login of nobody concerns everybody, and another territory's accounts do not"
