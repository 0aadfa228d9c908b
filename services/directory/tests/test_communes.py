"""Who covered a commune: on any day, as known on any day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_directory import gazetteer
from terresante_directory.domain.facts import Span
from terresante_directory.domain.operations.coverage import Coverage, coverage
from terresante_platform.database import Database

from .desk import reason
from .operations_desk import ARGENTEUIL, CHOISY, OUEST, SUD, THIAIS, VITRY, Operations, beginning, move_communes
from .operations_world import day
from .tree import Tree, stamp

CLICHY = "92024"


def told(*pieces: tuple[int | None, int | None, str]) -> list[tuple[str, Span]]:
    """What is said of one commune: from a day, before another one, covered by a territory."""

    def moment(number: int | None) -> datetime | None:
        return None if number is None else day(number)

    return [(code, Span(moment(start), moment(end))) for start, end, code in pieces]


@pytest.mark.parametrize(
    ("pieces", "at", "expected"),
    [
        ([(None, None, "a")], 5, Coverage("a", None)),
        ([(None, 5, "a"), (5, None, "b")], 4, Coverage("a", None)),
        ([(None, 5, "a"), (5, None, "b")], 5, Coverage("b", day(5))),
        ([(2, 4, "a"), (4, 7, "a"), (7, None, "a")], 8, Coverage("a", day(2))),
        ([(2, 4, "a"), (5, None, "a")], 8, Coverage("a", day(5))),
        ([(2, 4, "a"), (5, None, "a")], 4, None),
        ([(2, 4, "a")], 8, None),
        ([(2, 4, "a")], 1, None),
        ([], 1, None),
    ],
)
def test_coverage_goes_on_as_long_as_the_territory_is_the_same(
    pieces: Sequence[tuple[int | None, int | None, str]], at: int, expected: Coverage | None
):
    assert coverage(told(*pieces), day(at)) == expected


@pytest_asyncio.fixture
async def operations(tree: Tree, database: Database) -> Operations:
    operations = await beginning(tree, database)
    await tree.desk.administrator(OUEST, SUD)
    tree.later()
    return operations


async def test_who_covered_a_commune_on_any_day_as_known_on_any_day(operations: Operations) -> None:
    tree = operations.tree
    first = tree.clock.at
    await operations.perform(move_communes(CHOISY, to=SUD, start=tree.day(10)))
    tree.later(days=20)
    await operations.perform(move_communes(CHOISY, to=OUEST, start=first + timedelta(days=15)))

    days = (9, 10, 14, 15)
    now = [await operations.communes(CHOISY, first + timedelta(days=number)) for number in days]
    then = [await operations.communes(CHOISY, first + timedelta(days=number), first) for number in days]
    before = await operations.communes(CHOISY, first + timedelta(days=15), first - timedelta(seconds=1))
    assert (now, then, before) == ([OUEST, SUD, SUD, OUEST], [OUEST, SUD, SUD, SUD], OUEST)


async def test_all_communes_are_told_with_who_covers_them_and_since_when(operations: Operations) -> None:
    tree = operations.tree
    await operations.perform(move_communes(CHOISY, to=SUD))

    reply = await operations.stub.ListCommunes(pb.ListCommunesRequest())

    by_code = {one.code: one for one in reply.communes}
    assert list(by_code) == sorted(gazetteer.load().communes)
    choisy, vitry, clichy = (by_code[code] for code in (CHOISY, VITRY, CLICHY))
    assert (choisy.name, choisy.territory_code, list(choisy.postal_codes)) == ("Choisy-le-Roi", SUD, ["94600"])
    assert choisy.covered_from == stamp(tree.clock.at) and choisy.population > 40_000
    assert vitry.territory_code == OUEST and not vitry.HasField("covered_from")
    assert clichy.territory_code == ""


async def test_the_communes_of_a_territory_are_those_it_covered_then(operations: Operations) -> None:
    first = operations.tree.clock.at
    operations.tree.later(days=1)
    await operations.perform(move_communes(CHOISY, to=SUD))

    async def of(code: str, at: datetime | None = None) -> list[str]:
        reply = await operations.stub.ListCommunes(pb.ListCommunesRequest(territory_code=code, at=stamp(at)))
        return [one.code for one in reply.communes]

    assert [await of(OUEST), await of(SUD)] == [[THIAIS, VITRY], [CHOISY, ARGENTEUIL]]
    assert [await of(OUEST, first), await of(SUD, first)] == [[CHOISY, THIAIS, VITRY], [ARGENTEUIL]]
    assert await reason(of("94-nulle-part")) == "TERRITORY_UNKNOWN"


async def test_an_unknown_commune_is_none(operations: Operations) -> None:
    reply = await operations.stub.ListCommunes(pb.ListCommunesRequest(commune_code="99999"))
    assert list(reply.communes) == []


async def test_the_day_asked_about_must_be_plausible(operations: Operations) -> None:
    far = operations.tree.day(5000)
    assert await reason(operations.stub.ListCommunes(pb.ListCommunesRequest(at=stamp(far)))) == "MOMENT_INVALID"
