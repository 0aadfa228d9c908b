"""Whose files let somebody enrol by themselves: a territory's own only, for its own structures (R-ROR4)."""

from uuid import UUID

from terresante_directory.domain.enrolment import KnownPractice
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.joining import Joining
from terresante_directory.settling import Settling
from terresante_directory.store import known_people
from terresante_platform.database import Database

from services.directory.tests.counter import Counter
from services.directory.tests.desk import Desk, reason
from services.directory.tests.joining import RPPS, waiting

from .handing_over import ANNUAIRE, HandingOver, sample

FINESS, SIRET = "950000029", "00000007500010"


def extract(rpps: str = RPPS, finess: str = FINESS, family_name: str = "LEMAIRE") -> bytes:
    """The national directory's extract of one doctor's activity in one establishment."""
    lines = sample("annuaire.txt").decode().splitlines()
    fields = next(line for line in lines if "995000262" in line and line.startswith("8|")).split("|")
    fields[1], fields[2], fields[7], fields[8], fields[9] = rpps, f"8{rpps}", family_name, "ANNE", "10"
    fields[19], fields[20], fields[21], fields[22], fields[23] = "", "", finess, "", f"F{finess}"
    fields[24] = fields[25] = "CENTRE DU PORT"
    return "\n".join([lines[0], "|".join(fields), ""]).encode()


async def choosable(counter: Counter, uid: UUID) -> list[str]:
    """Ids of the structures in which they may enrol; blank for a place that they cannot choose."""
    counter.calling_as("professional", uid, acr=3)
    return [one.structure_id for one in (await counter.enrolment()).places]


async def test_a_file_lets_people_enrol_only_in_the_territories_it_was_imported_for(
    files: HandingOver, desk: Desk, counter: Counter, joining: Joining, settling: Settling, database: Database
) -> None:
    sud = await desk.administrator("95-sud")
    structure = (await desk.structure(finess=FINESS, territory_code="95-sud")).structure_id
    both = await desk.administrator("94-ouest", "95-sud")
    ouest = await desk.administrator("94-ouest")
    await files.read(extract(), ANNUAIRE)
    counter.calling_as(None)
    await counter.ask_to_enrol(RPPS)
    await joining.round()
    await settling.round()
    uid = await waiting(database)

    assert await choosable(counter, uid) == [""]
    assert await reason(counter.complete(structure)) == "PLACE_INVALID"
    desk.sit(both)
    await files.read(extract(), ANNUAIRE, territory_code="94-ouest")
    assert await choosable(counter, uid) == [""]
    desk.sit(both)
    await files.read(extract(), ANNUAIRE)
    assert await choosable(counter, uid) == [structure]

    desk.sit(ouest)
    await files.read(extract(family_name="MOREL"), ANNUAIRE)
    assert await choosable(counter, uid) == [""], "another name is said by one territory alone"
    desk.sit(sud)
    await files.read(extract(), ANNUAIRE)
    assert await choosable(counter, uid) == [structure], "the place is said by both, the person by the last"


async def test_what_a_territory_says_no_longer_no_other_says_again_for_it(
    files: HandingOver, desk: Desk, counter: Counter, joining: Joining, settling: Settling, database: Database
) -> None:
    ouest = await desk.administrator("94-ouest")
    sud = await desk.administrator("95-sud")
    structure = (await desk.structure(finess=FINESS, territory_code="95-sud")).structure_id
    await files.read(extract(), ANNUAIRE)
    counter.calling_as(None)
    await counter.ask_to_enrol(RPPS)
    await joining.round()
    await settling.round()
    uid = await waiting(database)
    assert await choosable(counter, uid) == [structure]

    desk.sit(sud)
    await files.read(extract(rpps="10000000001"), ANNUAIRE, complete=True)
    assert await choosable(counter, uid) == []
    desk.sit(ouest)
    await files.read(extract(), ANNUAIRE)

    assert await choosable(counter, uid) == [""]
    assert await reason(counter.complete(structure)) == "PLACE_INVALID"


async def test_a_siret_that_two_structures_share_says_nothing_of_where_somebody_practises(
    desk: Desk, database: Database
) -> None:
    await desk.administrator("94-ouest")
    one = await desk.structure(finess="940000011", siret=SIRET)
    vouched = frozenset({TerritoryCode("94-ouest")})
    place = KnownPractice("Centre du Port", siret=SIRET, vouched=vouched)
    async with database.reading() as connection:
        assert await known_people.here(connection, (place,)) == [UUID(one.structure_id)]
    await desk.structure(name="Centre du Quai", finess=FINESS, siret=SIRET)

    async with database.reading() as connection:
        assert await known_people.here(connection, (place,)) == [None]
        by_finess = KnownPractice("Centre du Port", finess="940000011", siret=SIRET, vouched=vouched)
        assert await known_people.here(connection, (by_finess,)) == [UUID(one.structure_id)]
