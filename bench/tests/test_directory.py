"""The bench of the directory: what it measures with, and the region it fills."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from terresante_dev.territory_work.making import Size
from terresante_platform import calls

from bench.directory import filling, pages
from bench.directory.measuring import Load, Loaded, at_rate


def test_a_load_is_judged_by_its_slowest_hundredth() -> None:
    times = [*range(1, 100), 900]

    assert not Loaded("find", 1_000, times, 0).is_missed
    assert Loaded("find", 50, times, 0).is_missed
    assert Loaded("find", 50, times, 0).at(0.5) == 51


def test_who_waits_behind_a_stall_is_counted_with_the_whole_wait() -> None:
    stalled = asyncio.Event()

    async def ask() -> None:
        await stalled.wait()

    async def measured() -> Loaded:
        asyncio.get_running_loop().call_later(1.6, stalled.set)
        return await at_rate(Load("find", ask, 50), calls.Caller(uuid4(), "", 0, 0.0, 0.0, ""), 0.5)

    loaded = asyncio.run(measured())

    assert len(loaded.times) == 25
    assert loaded.is_missed


def test_the_directory_holds_a_part_of_whom_the_national_one_knows_with_all_their_places() -> None:
    national = filling.national(Size(structures=60, professionals=440, offers=30))

    made = filling.enrolled(national)

    assert len(made.professionals) == 150
    keys = {one.key for one in made.professionals}
    assert made.places == tuple(one for one in national.places if one.professional in keys)
    assert made.structures == national.structures == 60


def test_time_goes_on_month_by_month_until_the_day() -> None:
    months = filling._months()

    assert months == sorted(set(months))
    assert months[-1] == datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_every_address_that_is_measured_is_of_a_page_there_is() -> None:
    assert set(pages.ADDRESSES) <= set(pages._routes())
