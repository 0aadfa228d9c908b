"""Who is around whom, written with COPY into consent's tables: what its own stores read, nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from bench.messaging import ids
from bench.messaging.ground import Ground

SINCE = timedelta(days=800)
"""Circles are older than all that is written."""
PHYSICIAN = "10"
TABLES = "block, circle_member, circle, consent, known_place, known_professional"


async def settle(ground: Ground) -> None:
    """Makes the circles anew: whatever an earlier run blocked or removed is as it was."""
    now = datetime.now(UTC)
    since = now - SINCE
    people = [*range(ids.PROFESSIONALS), ids.READER]
    rows: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = {
        "known_professional": (
            ["professional_id", "profession", "health_professional", "account_open", "version", "checked_at",
             "mandate_territories", "mandate_structures"],
            [(ids.professional(one), PHYSICIAN, True, True, 1, now, [], []) for one in people],
        ),
        "known_place": (
            ["place_id", "professional_id", "structure_id"],
            [(ids.made("place", one), ids.professional(one), ids.made("structure", one)) for one in people],
        ),
        "consent": (
            ["consent_id", "patient_id", "form", "given_at", "given_by", "recorded_by", "notice_version",
             "information_given", "version"],
            [(ids.made("consent", one), ids.patient(one), "oral", since, ids.patient(one), ids.professional(one),
              "bench", "Mesure", 1) for one in range(ids.PATIENTS)],
        ),
        "circle": (["patient_id", "version"], [(ids.patient(one), 1) for one in range(ids.PATIENTS)]),
        "circle_member": (
            ["member_id", "patient_id", "professional_id", "since", "invited_by", "explicit_agreement",
             "agreement_form"],
            [
                (ids.made("member", f"{one} {who}"), ids.patient(one), ids.professional(who), since,
                 ids.professional(who), True, "oral")
                for one in range(ids.PATIENTS)
                for who in [*ids.circle_of(one), *([ids.READER] if one < ids.READERS_PATIENTS else [])]
            ],
        ),
    }  # fmt: skip
    connection = await asyncpg.connect(ground.url("consent"))
    try:
        async with connection.transaction():
            await connection.execute(f"truncate {TABLES}")
            for table, (columns, records) in rows.items():
                await connection.copy_records_to_table(table, columns=columns, records=records)
        await connection.execute("analyze")
    finally:
        await connection.close()
