"""The words of all names: which a word with a typing error may have been meant for."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Text, Uuid, any_, bindparam, column, func, literal, select, union
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.store.tables import offer, professional, structure, word

LOOSE = select(func.set_config("pg_trgm.word_similarity_threshold", "0.4", False))
"""One error in a word of six letters leaves 0.43 of its trigrams; `words.meant` alone compares by this measure."""
MOST_ALIKE = 100
AFTER_LETTERS = "{"
"""Behind `z` in the order of bytes, in which words are kept."""
_spelt = [
    select(func.unnest(func.string_to_array(func.ltrim(table.c.search), " ")).label("word")).where(
        table.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    )
    for table in (structure, professional, offer)
]
_all = union(*_spelt).subquery()
LEARN = insert(word).from_select(["word"], select(_all.c.word).order_by(_all.c.word)).on_conflict_do_nothing()


async def learn(transaction: AsyncConnection, ids: Collection[UUID]) -> None:
    """Keeps the words of the names of these structures, professionals and offers; a word is never forgotten."""
    if ids:
        await transaction.execute(LEARN, {"ids": list(ids)})


async def unknown(connection: AsyncConnection, typed: Collection[str]) -> list[str]:
    """Those of the words with which no known word begins."""
    asked = (
        func.unnest(bindparam("typed", list(typed), type_=ARRAY(Text)))
        .table_valued(column("word", Text), name="asked")
        .render_derived()
    )
    same = (word.c.word >= asked.c.word) & (word.c.word < asked.c.word.concat(AFTER_LETTERS))
    begins = select(literal(1)).select_from(word).where(same).correlate(asked).exists()
    wanted = select(asked.c.word).where(~begins)
    return [row.word for row in await connection.execute(wanted)]


async def alike(connection: AsyncConnection, typed: str) -> list[str]:
    """Known words like this one or its beginning, the most alike first."""
    await connection.execute(LOOSE)
    alikeness = func.word_similarity(typed, word.c.word)
    wanted = select(word.c.word).where(literal(typed).op("<%")(word.c.word))
    rows = await connection.execute(wanted.order_by(alikeness.desc(), word.c.word).limit(MOST_ALIKE))
    return [row.word for row in rows]
