"""People whom the national directory knows, and their inert accounts."""

from uuid import UUID

from sqlalchemy import text
from terresante_directory.joining import Joining
from terresante_directory.settling import Settling
from terresante_platform.database import Database

from .counter import Counter

RPPS = "10002813839"
OTHER = "10000000001"
FINESS = "940000011"
SAID = text(
    "insert into source_record (source, kind, key, content, import, line, said_at, vouched) "
    "values ('annuaire', :kind, :key, cast(:content as jsonb), gen_random_uuid(), 1, now(), '{94-ouest}')"
)


async def known(database: Database, rpps: str, profession: str = "10") -> None:
    """The imported national directory knows them, in two places of which one has a number of the directory's."""
    person, here, away = f"rpps:{rpps}", f"finess:{FINESS}", "finess:950000029"
    said = [
        ("professional", person, f'{{"family_name": "LEMAIRE", "given_name": "Anne", "profession": "{profession}"}}'),
        ("structure", here, f'{{"name": "Cabinet des Tilleuls", "finess": "{FINESS}", "commune": "CRETEIL"}}'),
        ("structure", away, '{"name": "Ailleurs", "finess": "950000029"}'),
        ("place", f"{person}|{here}", f'{{"professional": "{person}", "structure": "{here}"}}'),
        ("place", f"{person}|{away}", f'{{"professional": "{person}", "structure": "{away}"}}'),
    ]
    async with database.transaction() as transaction:
        for kind, key, content in said:
            await transaction.execute(SAID, {"kind": kind, "key": key, "content": content})


async def waiting(database: Database, rpps: str = RPPS) -> UUID:
    """Whose account waits for the card with this number."""
    async with database.reading() as connection:
        uid = await connection.scalar(text("select uid from self_enrolment where rpps = :rpps"), {"rpps": rpps})
    assert isinstance(uid, UUID)
    return uid


async def invited(counter: Counter, joining: Joining, settling: Settling, database: Database) -> UUID:
    """Somebody whom the national directory knows has asked; their inert account is made."""
    await known(database, RPPS)
    counter.calling_as(None)
    await counter.ask_to_enrol(RPPS)
    assert await joining.round() == 1
    assert await settling.round() == 1
    return await waiting(database)
