"""Whether the journal's newest batches are whole, told while the service runs. All of it is checked by `check.py`."""

from sqlalchemy import text
from terresante_platform.counted import Count
from terresante_platform.measures import Gauge

RECENT = 1_000
"""Batches that are looked at, whatever the journal's length."""
MISSING = Gauge(
    "terresante.journal.missing", "{batch}", "Of the newest batches, those that are missing or lack or exceed entries"
)
COUNTS = (
    Count(
        MISSING,
        text(
            f"""
            with recent as (
                select number, length(leaves) / 32 as entries from journal_batch order by number desc limit {RECENT}
            ),
            kept as (
                select batch, count(*) as entries from journal_entry
                where batch >= (select min(number) from recent) group by batch
            )
            select
                (select coalesce(max(number) - min(number) + 1 - count(*), 0) from recent)
                + (select count(*) from recent full join kept on batch = number
                    where recent.entries is distinct from kept.entries)
            """  # noqa: S608 -- no value is in it
        ),
    ),
)
