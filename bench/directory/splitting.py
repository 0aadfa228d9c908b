"""2,000 structures split off a territory: shown, done, undone, as the calls do it; beside one bare UPDATE of the same rows.

Territories are merged until one holds enough.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from terresante.directory.v1 import ror_service_pb2 as pb
from terresante_dev.territory_work.model import Directory
from terresante_directory.rpc.ror import RorService
from terresante_platform.database import Database, connected

from bench.directory.reads import NOW
from bench.directory.serving import services, sit

BUDGET_SECONDS = 5.0
WANTED = 2_000


async def measured(url: str, made: Directory) -> bool:
    """Prints what it took. Whether the budget was missed. `url`: of a directory that may be changed."""
    clock = iter(NOW + timedelta(minutes=number) for number in range(100_000))
    async with connected(url, 8, "bench") as database:
        sit()
        taken = await _operations(services(database, lambda: next(clock)).ror, made)
        await _bare(database)
    verdict = "NOT REACHED" if taken > BUDGET_SECONDS else "reached"
    print(f"a split of 2,000 structures ≤ {BUDGET_SECONDS:g} s: {verdict}", flush=True)
    return taken > BUDGET_SECONDS


async def _operations(service: RorService, made: Directory) -> float:
    """Seconds that the split took, done from its preview."""
    roots = _structures_by_commune(made)
    wanted = min(WANTED, made.structures // 10)
    by_code = {one.code: list(one.communes) for one in made.territories}
    into, *others = sorted(by_code, key=lambda code: -sum(roots[one] for one in by_code[code]))
    while sum(roots[one] for one in by_code[into]) < wanted * 1.1 and others:
        asked = pb.Operation(merge_territories=pb.MergeTerritories(territory_codes=[others[0]], into=into))
        _, seconds = await _done(service, asked)
        print(f"territories merged in {seconds:.2f} s", flush=True)
        by_code[into] += by_code.pop(others.pop(0))
    going: list[str] = []
    for code in sorted(by_code[into], key=lambda one: roots[one])[:-1]:
        if sum(roots[one] for one in going) < wanted:
            going.append(code)
    split = pb.SplitTerritory(territory_code=into, new_code="nouveau", name="Nouveau territoire", commune_codes=going)
    asked = pb.Operation(split_territory=split)
    request = pb.PreviewOperationRequest(operation=asked)
    shown, seconds = await _timed(service.PreviewOperation(request, None))
    of = shown.impacts
    print(f"split of {of.structures} structures, {of.offers} offers, {of.places} places, shown in {seconds:.2f} s")
    processor = time.process_time()
    done, taken = await _done(service, asked)
    print(
        f"split done in {taken:.2f} s (processor of the service, a preview included: {time.process_time() - processor:.2f})"
    )
    _, seconds = await _timed(service.UndoAct(pb.UndoActRequest(act_id=done.act.act_id), None))
    print(f"split undone in {seconds:.2f} s")
    await _done(service, asked)
    return taken


async def _done(service: RorService, asked: pb.Operation) -> tuple[pb.PerformOperationResponse, float]:
    preview = (await service.PreviewOperation(pb.PreviewOperationRequest(operation=asked), None)).preview
    request = pb.PerformOperationRequest(operation=asked, preview=preview)
    return await _timed(service.PerformOperation(request, None))


async def _bare(database: Database) -> None:
    """The least that the split's rows cost: one UPDATE of the structures, without memory or events."""
    begun = time.perf_counter()
    async with database.transaction() as transaction:
        rows = await transaction.execute(
            text("update structure set version = version + 1, territory = 'nu' where territory = 'nouveau'")
        )
    print(f"{rows.rowcount} structures by one bare UPDATE in {time.perf_counter() - begun:.3f} s")


async def _timed(call: Awaitable[Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    reply = await call
    return reply, time.perf_counter() - begun


def _structures_by_commune(made: Directory) -> Counter[str]:
    """How many structures follow each commune: its roots, with all that is under them and in their territory."""
    entity = {one.key: one for one in made.entities}
    site = {one.key: one for one in made.sites}
    counts = Counter(one.address.commune for one in made.entities)
    for one in made.sites:
        above = entity[one.entity]
        counts[above.address.commune] += one.territory == above.territory
    for unit in made.organisations:
        below, above = site[unit.site], entity[site[unit.site].entity]
        counts[above.address.commune] += below.territory == above.territory
    return counts
