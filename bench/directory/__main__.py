"""`python -m bench.directory [--small] [--seconds N]`: fills a region and prints how long reads of it take.

On a throw-away PostgreSQL, through the methods of RorService as an administrator calls them, at 50 a second whether or
not earlier ones have answered; what TLS and the network add is not in it. `--small`: a twentieth of the region.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from terresante_dev.territory_work.making import Size
from terresante_platform import database, migrations
from terresante_platform.testing import postgres

from bench.directory import filling, reads


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.directory", description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seconds", type=int, default=20, help="of each load")
    given = parser.parse_args()
    whole = filling.WHOLE
    part = Size(structures=whole.structures // 20, professionals=whole.professionals // 20, offers=whole.offers // 20)
    with postgres.server() as server:
        server.sql("create database region")
        for extension in ("pg_trgm", "unaccent", "btree_gin"):
            server.sql(f"create extension if not exists {extension}", "region")
        migrations.upgrade("terresante_directory", server.url("region"))
        return asyncio.run(_measured(server, part if given.small else whole, given.seconds))


async def _measured(server: postgres.Server, size: Size, seconds: int) -> int:
    async with database.connected(server.url("region"), pool=8) as kept:
        region = filling.region(size)
        took = await filling.fill(kept, region)
        facts = server.sql("select count(*) from fact", "region")
        print(
            f"{region.structures} structures, {len(region.professionals)} professionals, {len(region.offers)} offers,"
            f" {len(region.places)} places, {facts} facts: filled in {took:.0f} s"
        )
        server.sql("vacuum analyze", "region")
        return await reads.measured(kept, region, seconds)


if __name__ == "__main__":
    sys.exit(main())
