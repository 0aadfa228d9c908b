"""The demo's PostgreSQL, asked as its superuser from inside its own pod."""

import json
from typing import Any

from proving import cluster
from proving.cluster import RELEASE

SERVER = f"pod/{RELEASE}-postgres-0"
ASK = """
import asyncio, asyncpg, json, pathlib, sys
word = pathlib.Path('/run/terresante/postgres/postgres.postgres.password').read_text()
async def main():
    server = await asyncpg.connect(f'postgresql://postgres:{word}@127.0.0.1:5432/{sys.argv[1]}')
    print(json.dumps([list(row) for row in await server.fetch(sys.stdin.read())], default=str))
asyncio.run(main())
"""


def rows(database: str, statement: str) -> list[list[Any]]:
    """What a statement gives."""
    said = cluster.inside(SERVER, "/app/bin/python", "-c", ASK, database, given=statement)
    return list(json.loads(said))


def asked(database: str, statement: str) -> list[Any]:
    """The first row; none if it gives no rows."""
    return next(iter(rows(database, statement)), [])
