"""What operations see of linking: how many pairs wait, for how long, and what was done, in counts and never more."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from terresante_identity.store.gauges import COUNTS, OLDEST, WAITING
from terresante_platform.counted import Counting
from terresante_platform.database import Database
from terresante_platform.testing.measured import reading

from .officer import Officer
from .test_rpc_reviews import doubt
from .willing_consent import WillingConsent


@pytest.fixture(scope="module", autouse=True)
def provider() -> None:
    """Measures begin to be kept: instruments made before follow the first provider that is set."""
    reading()


def acts() -> Iterator[tuple[str, str, int]]:
    """Kind, by whom, how often."""
    found = reading().get_metrics_data()
    for resource in found.resource_metrics if found else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                if metric.name == "terresante.identity.acts":
                    for point in metric.data.data_points:
                        about: Any = point.attributes
                        assert set(about) == {"kind", "by"}
                        yield about["kind"], about["by"], point.value


async def asked(database: Database) -> Counting:
    asking = Counting(database, COUNTS)
    await asking.ask()
    return asking


async def test_nothing_waits_in_an_empty_base(database: Database) -> None:
    asking = await asked(database)
    assert asking.answer(WAITING) == []
    assert asking.answer(OLDEST) == [(0.0, {})]


async def test_a_pair_that_waits_is_told_by_its_risk_and_age(
    database: Database, officer: Officer, consent: WillingConsent
) -> None:
    await doubt(officer, consent)
    async with database.transaction() as transaction:
        await transaction.execute(text("update review set created_at = now() - interval '3 days'"))
    asking = await asked(database)
    ((count, about),) = asking.answer(WAITING)
    ((age, _),) = asking.answer(OLDEST)
    assert count == 1 and set(about) == {"risk"}
    assert 3 * 86_400 <= age < 3 * 86_400 + 60


async def test_what_a_rule_did_and_what_an_officer_did_are_counted_apart(
    officer: Officer, louise: Any, morel: Any
) -> None:
    before = {(kind, by): times for kind, by, times in acts()}
    merge = (await officer.merged(morel.person_id, louise.person_id)).act
    await officer.undo(merge.act_id)
    after = {(kind, by): times for kind, by, times in acts()}
    grown = {key: times - before.get(key, 0) for key, times in after.items() if times > before.get(key, 0)}
    assert grown == {("MERGED", "officer"): 1, ("UNDONE", "officer"): 1}
    assert ("REGISTERED", "rule") in after
