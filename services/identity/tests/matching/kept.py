"""Puts persons and their sources into the tables, as far as looking up needs them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from terresante_identity.domain.evidence import Asked, Kept
from terresante_identity.matcher import Matcher
from terresante_platform.database import Database

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PERSON = text(
    "insert into person (id, version, created_at, registered_by, birth_name, birth_name_insi, first_name, "
    "first_name_insi, birth_date, birth_precision, sex, birth_country, birth_postal_code, birth_codes, retrieved, "
    "checked, flags) values (:id, 1, :at, :id, 'A', 'A', 'A', 'A', '2000-01-01', 'exact', 'F', 'ZZ', '', '{}', "
    "false, false, '{}')"
)
SOURCE = text(
    "insert into source (id, issuer, local_id, person_id, version, territory_code, fed_by, registered_at) "
    "values (:id, '1.2.250.1.71.4.2.7', :local_id, :person, 1, '', :person, :at)"
)


@dataclass(frozen=True, slots=True)
class Someone:
    """A person and the sources they are known by."""

    person: UUID
    sources: tuple[UUID, ...]


async def kept(database: Database, matcher: Matcher, *some: Iterable[Asked] | Asked) -> list[Someone]:
    """A person each, with one source or several."""
    made = []
    async with database.transaction() as transaction:
        for one in some:
            sources = [one] if isinstance(one, Asked) else list(one)
            person, ids = uuid4(), [uuid4() for _ in sources]
            await transaction.execute(PERSON, {"id": person, "at": MONDAY})
            for id, asked in zip(ids, sources, strict=True):
                await transaction.execute(SOURCE, {"id": id, "local_id": str(id), "person": person, "at": MONDAY})
                await matcher.keep(transaction, Kept(id, person, asked))
            made.append(Someone(person, tuple(ids)))
    return made
