"""What the platform keeps, as figures that change when anything does: to prove that a refused request changed nothing."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
from terresante_dev.stack import DATABASES

Figures = dict[str, tuple[int, int]]
RELAYED = ("outbox", "inbox", "dead_letter", "turned", "account_seen", "account_sweep", "account_week", "log_reader",
    "escalation", "mail", "mail_line", "webhook", "webhook_delivery", "written_lately")  # fmt: skip
"""Tables that change by themselves: a moment after what they tell of, or by the rounds of the directory, of mail, of
webhooks, of identity."""
TELLING = """
    select (select count(*) from log_entry where position is null)
        + (select count(*) from log_reader where name in ('telling', 'webhooks')
            and position < (select coalesce(max(position), 0) from log_entry))
        + (select count(*) from attachment where thumbnail_state = 'WAITING')
"""
"""How much of messaging's own work is under way."""
OWN_WORK = {"messaging": TELLING, "identity": "select count(*) from written_lately where not compared"}
WHOLE = """
    select relname from pg_class
    where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace
"""
"""Every table; of one in parts, the whole."""
JOURNALLED = (
    "consent.journal_entry",
    "consent.journal_batch",
    "identity.search_budget",
    "consent.known_professional",
    "consent.known_place",
    "consent.known_feeder",
)
"""What refused requests may leave behind: that they were made, and what the directory said of who made them."""


async def stored(stack: Mapping[str, Any], without: tuple[str, ...] = ()) -> Figures:
    """Rows of each table and a sum over all they say, and the files of the documents' store; after all that was
    announced before has had its effect.
    """
    async with httpx2.AsyncClient(trust_env=False) as http, asyncio.timeout(60):
        while await _on_its_way(stack, http):
            await asyncio.sleep(0.02)
    return await _looked(stack, without)


async def _on_its_way(stack: Mapping[str, Any], http: httpx2.AsyncClient) -> int:
    """Events that were not relayed yet, or not taken in yet by who listens."""
    waiting = 0
    for name in DATABASES:
        database = await asyncpg.connect(stack["databases"][name]["owner_url"])
        waiting += await database.fetchval("select count(*) from outbox where published_at is null")
        waiting += await database.fetchval(OWN_WORK[name]) if name in OWN_WORK else 0
        await database.close()
    told = (await http.get(f"{stack['nats']['monitoring']}/jsz?consumers=1&streams=1&accounts=1")).json()
    for account in told["account_details"]:
        for stream in account["stream_detail"]:
            for consumer in stream.get("consumer_detail", ()):
                waiting += consumer["num_pending"] + consumer["num_ack_pending"]
    return waiting


async def _looked(stack: Mapping[str, Any], without: tuple[str, ...]) -> Figures:
    each = await asyncio.gather(*(_tables(stack["databases"][name]["owner_url"], name, without) for name in DATABASES))
    found: Figures = {name: figures for one in each for name, figures in one.items()}
    for contents in ("documents", "attachments"):
        files = [file for file in Path(stack["folder"], contents).rglob("*") if file.is_file()]
        found[f"{contents}.files"] = (len(files), sum(file.stat().st_size for file in files))
    return found


async def _tables(url: str, service: str, without: tuple[str, ...]) -> Figures:
    database = await asyncpg.connect(url)
    try:
        rows = await database.fetch(WHOLE)
        names = [row["relname"] for row in rows if row["relname"] not in RELAYED]
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
