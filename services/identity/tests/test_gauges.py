"""What operations see of linking: how many pairs wait, for how long, and what was done, in counts and never more."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text
from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_identity.store.gauges import COUNTS, OLDEST, WAITING
from terresante_platform.counted import Counting
from terresante_platform.database import Database
from terresante_platform.testing.measured import points, reading

from .fed import CLINIC
from .officer import Officer
from .test_rpc_reviews import doubt
from .willing_consent import WillingConsent


@pytest.fixture(scope="module", autouse=True)
def provider() -> None:
    """Measures begin to be kept: instruments made before follow the first provider that is set."""
    reading()


def counted() -> Counter[tuple[str, str]]:
    """How often, by kind of act and by whom."""
    found = Counter[tuple[str, str]]()
    for point in points("terresante.identity.acts"):
        about = point.attributes
        assert set(about) == {"kind", "by"}
        found[about["kind"], about["by"]] = point.value
    return found


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
    before = counted()
    merge = (await officer.merged(morel.person_id, louise.person_id)).act
    await officer.undo(merge.act_id)
    assert counted() - before == {("MERGED", "officer"): 1, ("UNDONE", "officer"): 1}
    assert ("REGISTERED", "rule") in before


async def test_only_what_was_compared_and_linked_is_a_link_by_a_rule(
    service: Any, officer: Officer, louise: Any, read: Any
) -> None:
    before = counted()
    await officer.sent(CLINIC, "1")
    person = await read(louise.person_id)
    await service.FlagIdentity(
        pb.FlagIdentityRequest(person_id=person.person_id, version=person.version, flags=[pb.IDENTITY_FLAG_HOMONYM])
    )
    assert counted() - before == {("LINKED", "rule"): 1, ("LINKED", "officer"): 1}
