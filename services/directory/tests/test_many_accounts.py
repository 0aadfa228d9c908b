"""Many accounts opened at once: what befalls one of them costs no other their password."""

from uuid import UUID

from sqlalchemy import select
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_directory.store.tables import professional
from terresante_platform.database import Database

from .counter import Counter
from .desk import Desk
from .in_memory import AccountsInMemory


async def test_a_row_that_somebody_holds_too_long_is_told_of_its_line_and_the_others_keep_their_passwords(
    desk: Desk, counter: Counter, keycloak: AccountsInMemory, database: Database
) -> None:
    first = await desk.someone()
    held, last = [await desk.professional(first.places[0].structure_id, family_name=one) for one in ("Morel", "Roy")]
    ids = [first.professional_id, held.professional_id, last.professional_id]

    async with database.transaction() as holding:
        row = select(professional.c.id).where(professional.c.id == UUID(held.professional_id))
        await holding.execute(row.with_for_update())
        opened = await counter.open_all(ids, within=30.0)

    _must_have_missed_only_the_second(opened, keycloak)
    assert "peut-être ouvert" in opened[1].sentence
    states = [one.account_state for one in await desk.read(*ids)]
    assert states == [
        directory_pb.ACCOUNT_STATE_OPEN,
        directory_pb.ACCOUNT_STATE_NONE,
        directory_pb.ACCOUNT_STATE_OPEN,
    ]


def _must_have_missed_only_the_second(opened: list[pb.OpenedAccount], keycloak: AccountsInMemory) -> None:
    assert [one.reason for one in opened] == ["", "ACCOUNTS_UNAVAILABLE", ""]
    assert opened[0].opened.starting_password
    for one in (opened[0], opened[2]):
        assert keycloak.users[UUID(one.professional_id)].password == one.opened.starting_password
