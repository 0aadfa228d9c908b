"""Persons: registered, changed one version at a time with their history, found by id, birth date or INS."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Uuid, any_, bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from terresante_platform.ids import new_id

from terresante_identity.domain.births import BirthDate, Precision
from terresante_identity.domain.identity import (
    InsiAnswer,
    InsiOutcome,
    Person,
    PersonId,
    PersonUnknown,
    ProfessionalId,
)
from terresante_identity.domain.ins import Ins
from terresante_identity.store import lately
from terresante_identity.store.direct import under, written
from terresante_identity.store.rows import person_columns, person_of, person_of_document
from terresante_identity.store.tables import insi_answer, person, person_version

BY_ID = select(person).where(person.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
EXISTING = select(person.c.id).where(person.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
FOR_UPDATE = select(person).where(person.c.id == bindparam("id")).with_for_update()
MANY_FOR_UPDATE = f"{written(select(person))} where id = any($1::uuid[]) order by id for update"
CHANGING = tuple([column.name for column in person.c if column.name not in {"id", "created_at", "registered_by"}])
REMEMBERED = (
    "insert into person_version (act, detail, acted_by, acted_at, person_id, version, state) "
    "select $1, $2, $3, $4, kept.id, kept.version, to_jsonb(kept) from kept returning version"
)
ADD = (
    f"with kept as (insert into person (id, created_at, registered_by, {', '.join(CHANGING)}) "  # noqa: S608
    f"values ({', '.join(f'${place}' for place in range(5, 8 + len(CHANGING)))}) returning *) {REMEMBERED}"
)
SAVE = (
    f"with kept as (update person set {', '.join(f'{name} = ${place}' for place, name in enumerate(CHANGING, 6))} "  # noqa: S608
    f"where id = $5 and version = ${6 + CHANGING.index('version')} - 1 returning *) {REMEMBERED}"
)
BORN_ON = (
    select(person)
    .where(
        person.c.birth_date == bindparam("day"),
        person.c.birth_precision == bindparam("precision"),
        person.c.merged_into.is_(None),
    )
    .order_by(person.c.created_at, person.c.id)
)
# Whoever became one of these persons, at any remove: by a merge, and the merges before that one.
ABSORBED = text("""
with recursive gone as (
    select id, merged_into as into_id from person where merged_into = any(:ids)
    union
    select person.id, gone.into_id from gone join person on person.merged_into = gone.id
)
select into_id, array_agg(id order by id) from gone group by into_id
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))
HOLDER = "select id from person where ins_matricule = $1 and ins_oid = $2 and merged_into is null"
# One lock a name: who may register somebody born that day, who may take that matricule. Freed at the transaction's end.
LOCK = f"select {lately.BEGINNING}, pg_advisory_xact_lock(hashtextextended(name, 5)) from unnest($1::text[]) as name"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Act:
    """Why a version came to be, for its history: what, by whom, when; `detail` is a code, never a trait."""

    what: str
    by: ProfessionalId
    at: datetime
    detail: str = ""


async def add(transaction: AsyncConnection, new: Person, act: Act) -> None:
    """Keeps a new person, before the source identities linked to it."""
    columns = person_columns(new)
    values = new.id, new.created_at, new.registered_by, *(columns[name] for name in CHANGING)
    await (await under(transaction)).rows(ADD, *_told(act), *values)


async def save(transaction: AsyncConnection, changed: Person, act: Act) -> None:
    """Keeps the next version of a person read with `get_for_update`."""
    columns = person_columns(changed)
    values = changed.id, *(columns[name] for name in CHANGING)
    if len(await (await under(transaction)).rows(SAVE, *_told(act), *values)) != 1:
        raise LookupError("a person is saved one version after the one that was locked")


async def get_for_update(transaction: AsyncConnection, id: PersonId) -> Person:
    """A person, locked until the transaction ends. Raises `PersonUnknown`."""
    row = (await transaction.execute(FOR_UPDATE, {"id": id})).one_or_none()
    if row is None:
        raise unknown_person()
    return person_of(row)


async def lock(transaction: AsyncConnection, ids: Collection[PersonId]) -> dict[PersonId, Person]:
    """Persons, locked in the order of their ids until the transaction ends. Raises `PersonUnknown`."""
    rows = await (await under(transaction)).rows(MANY_FOR_UPDATE, list(ids))
    found = {one.id: one for one in map(person_of, rows)}
    if not found.keys() >= set(ids):
        raise unknown_person()
    return found


async def get(connection: AsyncConnection, id: PersonId) -> Person:
    """A person. Raises `PersonUnknown`."""
    found = await get_many(connection, [id])
    if id not in found:
        raise unknown_person()
    return found[id]


async def get_many(connection: AsyncConnection, ids: Collection[PersonId]) -> dict[PersonId, Person]:
    """Those of `ids` that exist."""
    rows = await connection.execute(BY_ID, {"ids": list(ids)})
    return {found.id: found for found in map(person_of, rows)}


async def absorbed(connection: AsyncConnection, ids: Collection[PersonId]) -> dict[PersonId, list[PersonId]]:
    """Of those of `ids` that others became: who these are."""
    rows = await connection.execute(ABSORBED, {"ids": list(ids)})
    return {PersonId(into): [PersonId(one) for one in gone] for into, gone in rows}


async def existing(connection: AsyncConnection, ids: Collection[PersonId]) -> set[PersonId]:
    """Those of `ids` that are persons, and nothing more of them."""
    rows = await connection.execute(EXISTING, {"ids": list(ids)})
    return {PersonId(row.id) for row in rows}


async def born_on(connection: AsyncConnection, birth_date: BirthDate) -> list[Person]:
    """Everybody with that birth date, known as precisely (R-ID3), in the order of registration."""
    rows = await connection.execute(BORN_ON, {"day": birth_date.value, "precision": birth_date.precision.value})
    return [person_of(row) for row in rows]


async def lock_names(transaction: AsyncConnection, names: Collection[str]) -> None:
    """Until the transaction ends nobody else holds one of these names (`named_birth_date`, `named_ins`, …)."""
    if names:
        await transaction.exec_driver_sql(LOCK, (sorted(names),))


def named_birth_date(birth_date: BirthDate) -> str:
    """Who holds it registers somebody born that day, or in that year when the day is not known: two at once make
    one.
    """
    whole = birth_date.value.isoformat()
    return f"born {whole if birth_date.precision is Precision.EXACT else whole[:4]}"


def named_ins(ins: Ins) -> str:
    """Who holds it may take that matricule."""
    return f"ins {ins.matricule}"


async def find_holder(connection: AsyncConnection, ins: Ins) -> PersonId | None:
    """Who has that INS now, if anybody. Whoever is to take it holds its name (`named_ins`)."""
    rows = await (await under(connection)).rows(HOLDER, ins.matricule, ins.oid.value)
    return PersonId(rows[0][0]) if rows else None


async def as_of(connection: AsyncConnection, id: PersonId, at: datetime) -> Person | None:
    """The person as shown at that moment; None before there was one."""
    row = (
        await connection.execute(
            select(person_version.c.state)
            .where(person_version.c.person_id == id, person_version.c.acted_at <= at)
            .order_by(person_version.c.version.desc())
            .limit(1)
        )
    ).one_or_none()
    return person_of_document(row.state) if row else None


async def keep_answer(transaction: AsyncConnection, answer: InsiAnswer, outcome: InsiOutcome, act: Act) -> None:
    """Traces an answer of INSi, whatever became of it (R-ID12)."""
    await transaction.execute(
        insert(insi_answer).values(
            id=new_id(),
            person_id=outcome.person.id,
            code=answer.code,
            accepted=answer.accepted,
            key_agrees=answer.ins.key_agrees if answer.ins else None,
            differing=list(outcome.differing),
            anomaly=outcome.anomaly,
            outcome=outcome.refusal.reason if outcome.refusal else outcome.person.standing.status.value,
            recorded_by=act.by,
            recorded_at=act.at,
        )
    )


def unknown_person() -> PersonUnknown:
    """The refusal for an id that is no person's."""
    return PersonUnknown("Cette personne n’est pas connue.", "Recherchez-la par ses traits, ou créez son identité.")


def _told(act: Act) -> tuple[object, ...]:
    return act.what, act.detail, act.by, act.at
