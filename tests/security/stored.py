"""What the platform keeps, as figures that change when anything does: to prove that a refused request changed nothing."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
from terresante_dev.stack import DATABASES

Figures = dict[str, tuple[int, int]]
RELAYED = ("outbox", "outbox_stream", "inbox", "dead_letter")
"""Tables that change by themselves, a moment after what they tell of."""
JOURNALLED = ("consent.journal_entry", "consent.journal_batch", "identity.search_budget")
"""What refused requests are meant to leave behind: that they were made."""


async def stored(stack: Mapping[str, Any], without: tuple[str, ...] = ()) -> Figures:
    """Rows of each table and a sum over all they say, once two looks agree; and the files of the documents' store."""
    before: Figures = {}
    while (now := await _looked(stack, without)) != before:
        before = now
    return now


async def _looked(stack: Mapping[str, Any], without: tuple[str, ...]) -> Figures:
    each = await asyncio.gather(*(_tables(stack["databases"][name]["owner_url"], name, without) for name in DATABASES))
    found: Figures = {name: figures for one in each for name, figures in one.items()}
    files = [file for file in Path(stack["folder"], "documents").rglob("*") if file.is_file()]
    found["documents.files"] = (len(files), sum(file.stat().st_size for file in files))
    return found


async def _tables(url: str, service: str, without: tuple[str, ...]) -> Figures:
    database = await asyncpg.connect(url)
    try:
        rows = await database.fetch("select tablename from pg_tables where schemaname = 'public'")
        names = [row["tablename"] for row in rows if row["tablename"] not in RELAYED]
        found = {}
        for name in names:
            if f"{service}.{name}" in without:
                continue
            row = await database.fetchrow(
                f"select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from {name} as t"  # noqa: S608
            )
            found[f"{service}.{name}"] = (int(row[0]), int(row[1]))
        return found
    finally:
        await database.close()
