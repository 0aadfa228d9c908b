"""The tables `territory` and `commune`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Table, Text, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_directory.domain import words
from terresante_directory.domain.facts import Fact
from terresante_directory.domain.identifiers import TerritoryCode
from terresante_directory.store.present.choosing import Shown
from terresante_directory.store.tables import commune, territory

CODES = bindparam("codes", type_=ARRAY(Text))
COVERED: Select[Any] = select(commune.c.code, commune.c.territory).where(commune.c.code == any_(CODES))


async def show_territories(transaction: AsyncConnection, wanted: Sequence[Shown], turning: bool) -> set[TerritoryCode]:
    """Their names, and whether they stand. Gives those that changed."""
    if not wanted:
        return set()
    said = [(one, _territory(one.fact) if one.fact else {}) for one in wanted]
    return {TerritoryCode(code) for code in await _show(transaction, territory, said, turning)}


async def show_communes(transaction: AsyncConnection, wanted: Sequence[Shown], turning: bool) -> set[TerritoryCode]:
    """Which territory covers them. The row of a commune stays when none does: it says where the commune is.

    Gives the territories that cover others now.
    """
    if not wanted:
        return set()
    said = [(one, {"territory": _cover(one.fact) if one.fact and one.stands else None}) for one in wanted]
    before = {row.code: row.territory for row in await transaction.execute(COVERED, _codes(wanted))}
    changed = await _show(transaction, commune, said, turning)
    covering = {before.get(code) for code in changed} | {
        columns["territory"] for one, columns in said if one.subject.id in changed
    }
    return {TerritoryCode(code) for code in covering if code}


def _cover(fact: Fact) -> str | None:
    return str(fact.content["territory_code"] or "") or None


def _territory(fact: Fact) -> dict[str, Any]:
    name = str(fact.content["name"])
    return {
        "name": name,
        "department": fact.content["department"],
        "started": fact.content["started"],
        "search": words.search_column(name),
    }


def _codes(wanted: Sequence[Shown]) -> dict[str, list[str]]:
    return {"codes": [one.subject.id for one in wanted]}


async def _show(
    transaction: AsyncConnection, table: Table, wanted: Sequence[tuple[Shown, dict[str, Any]]], turning: bool
) -> set[str]:
    """`wanted`: each with its own columns; none when nothing is said of it any more. Gives the codes that changed."""
    columns = (table.c.code, table.c.stands, table.c.shown, table.c.version)
    present: Select[Any] = select(*columns).where(table.c.code == any_(CODES))
    shown = _codes([one for one, _ in wanted])
    before = {row.code: row for row in await transaction.execute(present, shown)}
    rows, gone = [], []
    for one, said in wanted:
        was = before.get(one.subject.id)
        if turning and one.is_in(was):
            continue
        if not said:
            gone.append(one.subject.id)
            continue
        fact = one.fact.id if one.fact else None
        version = was.version + 1 if was else 1
        rows.append({"code": one.subject.id, "stands": one.stands, "shown": fact, "version": version, **said})
    if gone:
        end = update(table).where(table.c.code == any_(CODES)).values(stands=False, shown=None)
        await transaction.execute(end.values(version=table.c.version + 1), {"codes": gone})
    if rows:
        keep = insert(table)
        others = {name: keep.excluded[name] for name in rows[0] if name != "code"}
        await transaction.execute(keep.on_conflict_do_update(index_elements=[table.c.code], set_=others), rows)
    return {*gone, *(row["code"] for row in rows)}
