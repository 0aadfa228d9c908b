"""Identity officers: who may name them and where, what becomes of a mandate, and who is told of it."""

from uuid import UUID, uuid4

from sqlalchemy import text
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_platform.database import Database

from .desk import CallingAs, Clock, Desk, Published, reason


async def name(desk: Desk, professional: str, *codes: str, structures: tuple[str, ...] = ()) -> pb.IdentityOfficer:
    request = pb.NameIdentityOfficerRequest(
        professional_id=professional, territory_codes=codes, structure_ids=structures
    )
    return (await desk.stub.NameIdentityOfficer(request)).officer  # type: ignore[no-any-return]


async def end(desk: Desk, professional: str) -> None:
    await desk.stub.EndIdentityOfficer(pb.EndIdentityOfficerRequest(professional_id=professional))


async def listed(desk: Desk) -> list[pb.IdentityOfficer]:
    return list((await desk.stub.ListIdentityOfficers(pb.ListIdentityOfficersRequest())).officers)


async def history(database: Database) -> list[tuple[bool, list[str], UUID, UUID | None]]:
    """Of every mandate, oldest first: whether it is over, territories, who named and who ended."""
    async with database.reading() as connection:
        rows = await connection.execute(text("select * from mandate order by since, until nulls last"))
        return [(row.until is not None, row.territories, row.named_by, row.ended_by) for row in rows]


async def test_an_officer_is_named_announced_and_told_of_as_a_new_version_of_the_professional(
    desk: Desk, clock: Clock, published: Published
) -> None:
    someone = await desk.someone()
    me = await desk.administrator("94-ouest")
    before = len(await published())

    officer = await name(desk, someone.professional_id, "94-ouest", structures=(someone.places[0].structure_id,))

    assert officer.named_by == str(me)
    assert list(officer.mandate.territory_codes) == ["94-ouest"]
    assert list(officer.mandate.structure_ids) == [someone.places[0].structure_id]
    assert officer.mandate.since.ToDatetime(clock.at.tzinfo) == clock.at
    (read,) = await desk.read(someone.professional_id)
    assert (read.identity_mandate, read.version) == (officer.mandate, someone.version + 1)
    assert officer.professional == read
    assert (await published())[before:] == ["directory.v1.professional_changed"]


async def test_mandates_are_told_to_administrators_and_consent_and_to_nobody_else(
    desk: Desk, calling_as: CallingAs, consent_stub: Desk
) -> None:
    someone = await desk.someone()
    await name(desk, someone.professional_id, "94-ouest")

    calling_as("professional", uuid4())
    (seen,) = await desk.read(someone.professional_id)
    assert not seen.HasField("identity_mandate")
    (found,) = (await desk.stub.SearchProfessionals(pb.SearchProfessionalsRequest(text="lemaire"))).professionals
    assert not found.HasField("identity_mandate")
    calling_as(None)
    (decided,) = await consent_stub.read(someone.professional_id)
    assert list(decided.identity_mandate.territory_codes) == ["94-ouest"]
    assert [place.territory_code for place in decided.places] == ["94-ouest"]


async def test_naming_again_replaces_the_mandate_and_both_stay_in_the_history(desk: Desk, database: Database) -> None:
    someone = await desk.someone()
    me = await desk.administrator("94-ouest", "95-sud")
    await name(desk, someone.professional_id, "94-ouest")

    replaced = await name(desk, someone.professional_id, "95-sud")

    assert list(replaced.mandate.territory_codes) == ["95-sud"]
    assert sorted(await history(database), key=str) == [
        (False, ["95-sud"], me, None),
        (True, ["94-ouest"], me, me),
    ]


async def test_naming_for_the_same_again_changes_nothing(desk: Desk, database: Database, published: Published) -> None:
    someone = await desk.someone()
    await desk.administrator("94-ouest", "95-sud")
    first = await name(desk, someone.professional_id, "94-ouest", "95-sud")
    before = len(await published())

    again = await name(desk, someone.professional_id, "95-sud", "94-ouest", "95-sud")

    assert again == first
    assert len(await history(database)) == 1
    assert len(await published()) == before


async def test_a_mandate_ends_at_once_and_stays_known(desk: Desk, database: Database, published: Published) -> None:
    someone = await desk.someone()
    named_by = await desk.administrator("94-ouest")
    officer = await name(desk, someone.professional_id, "94-ouest")
    ended_by = await desk.administrator("94-ouest")
    desk.sit(ended_by, logged_in_ago=3600)
    before = len(await published())

    await end(desk, someone.professional_id)

    (read,) = await desk.read(someone.professional_id)
    assert not read.HasField("identity_mandate")
    assert read.version == officer.professional.version + 1
    assert await history(database) == [(True, ["94-ouest"], named_by, ended_by)]
    assert (await published())[before:] == ["directory.v1.professional_changed"]
    assert await reason(end(desk, someone.professional_id)) == "MANDATE_UNKNOWN"
    assert await reason(end(desk, str(uuid4()))) == "MANDATE_UNKNOWN"


async def test_nobody_gives_replaces_or_ends_what_concerns_anothers_territory(desk: Desk, database: Database) -> None:
    await desk.administrator("95-sud")
    elsewhere = (await desk.structure(territory_code="95-sud")).structure_id
    someone = await desk.someone()
    id = someone.professional_id

    assert await reason(name(desk, id, "94-ouest", "95-sud")) == "TERRITORY_NOT_YOURS"
    assert await reason(name(desk, id, "94-ouest", structures=(elsewhere,))) == "TERRITORY_NOT_YOURS"
    assert await history(database) == []
    both = await desk.administrator("94-ouest", "95-sud")
    await name(desk, id, "94-ouest", structures=(elsewhere,))
    await desk.administrator("94-ouest")
    assert await reason(name(desk, id, "94-ouest")) == "TERRITORY_NOT_YOURS"
    assert await reason(end(desk, id)) == "TERRITORY_NOT_YOURS"
    assert await history(database) == [(False, ["94-ouest"], both, None)]


async def test_what_no_mandate_can_be_is_refused(desk: Desk, database: Database) -> None:
    someone = await desk.someone()
    id = someone.professional_id

    assert await reason(name(desk, id)) == "MANDATE_EMPTY"
    assert await reason(name(desk, id, "94-lune")) == "TERRITORY_UNKNOWN"
    assert await reason(name(desk, id, structures=(str(uuid4()),))) == "STRUCTURE_UNKNOWN"
    assert await reason(name(desk, id, structures=("x",))) == "ID_INVALID"
    assert await reason(name(desk, id, structures=(str(uuid4()),) * 201)) == "TOO_MANY_IDS"
    assert await reason(name(desk, str(uuid4()), "94-ouest")) == "PROFESSIONAL_UNKNOWN"
    desk.sit(uuid4())
    assert await reason(name(desk, id, "94-ouest")) == "ADMINISTRATOR_UNKNOWN"
    assert await reason(end(desk, id)) == "ADMINISTRATOR_UNKNOWN"
    assert await reason(listed(desk)) == "ADMINISTRATOR_UNKNOWN"
    assert await history(database) == []


async def test_an_administrator_sees_by_name_the_mandates_that_touch_their_territories(desk: Desk) -> None:
    first = await desk.someone(family_name="Zola")
    await desk.administrator("94-ouest", "95-sud")
    second = await desk.professional(first.places[0].structure_id, family_name="Élan")
    elsewhere = await desk.professional(first.places[0].structure_id, family_name="Martin")
    await name(desk, first.professional_id, structures=(first.places[0].structure_id,))
    await name(desk, second.professional_id, "94-ouest", "95-sud")
    await name(desk, elsewhere.professional_id, "95-sud")

    await desk.administrator("94-ouest")

    names = [officer.professional.family_name for officer in await listed(desk)]
    assert names == ["Élan", "Zola"]
