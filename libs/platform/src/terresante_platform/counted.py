"""Numbers that a database knows, asked for in the background and told as gauges. Every replica tells the same: take
their greatest.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Executable

from terresante_platform import background
from terresante_platform.database import Database
from terresante_platform.measures import Gauge
from terresante_platform.telemetry import log

EVERY_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Count:
    """What to ask, and the gauge that tells it: the first column is the value, each other one an attribute."""

    gauge: Gauge
    statement: Executable


class Counting:
    """The last answers. None of a question that could not be answered: better no number than an old one."""

    def __init__(self, database: Database, counts: Sequence[Count]) -> None:
        self._database = database
        self._counts = counts
        self._answers: dict[str, list[tuple[float, dict[str, str]]]] = {}

    async def ask(self) -> None:
        """Asks each question once."""
        for count in self._counts:
            try:
                async with self._database.reading() as connection:
                    found = await connection.execute(count.statement)
                    names = list(found.keys())[1:]
                    self._answers[count.gauge.name] = [
                        (float(row[0]), {name: str(value) for name, value in zip(names, row[1:], strict=True)})
                        for row in found
                    ]
            except Exception as fault:  # a number that cannot be had is nobody's failure
                self._answers.pop(count.gauge.name, None)
                log.warning("not counted", gauge=count.gauge.name, exc_info=fault)

    def answer(self, gauge: Gauge) -> list[tuple[float, dict[str, str]]]:
        """What was answered last."""
        return self._answers.get(gauge.name, [])

    async def run(self, seconds: float) -> None:
        """Asks for ever."""
        while True:
            await self.ask()
            await asyncio.sleep(seconds)


@asynccontextmanager
async def counting(
    database: Database, counts: Sequence[Count], seconds: float = EVERY_SECONDS
) -> AsyncIterator[Counting]:
    """Asks in the background and tells the gauges, until left."""
    asking = Counting(database, counts)
    async with AsyncExitStack() as stack:
        for count in counts:
            stack.enter_context(count.gauge.told_by(partial(asking.answer, count.gauge)))
        await stack.enter_async_context(background.running(asking.run(seconds)))
        yield asking
