"""The generator process: `python -m bench.load.generator`, told a job on standard input, tells its outcome.

It says `warm` once its connections are open and warm, waits for a line, sends the load, says `done`, then the outcome.
So the bench can look at the system's processor time exactly before and after.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable

import msgspec
import uvloop

from bench.load.plan import GOOD, Job, Outcome, Plan
from bench.load.senders import Sender, sender

LEAD_SECONDS = 0.05


class Load:
    """Sends what a plan says, and keeps what came of it."""

    def __init__(self, sending: Sender, plan: Plan, first: int) -> None:
        self._sending = sending
        self._plan = plan
        self._first = first
        self._outcomes: Counter[str] = Counter()
        self.outcome = Outcome([], [], {}, b"", 0.0, 0.0)

    async def run(self) -> Outcome:
        """The whole load. It ends at the latest `limit_seconds` after the last request was due."""
        began, cpu = time.perf_counter(), time.process_time()
        await (self._closed() if self._plan.in_flight else self._open())
        self.outcome.seconds = time.perf_counter() - began
        self.outcome.cpu = time.process_time() - cpu
        self.outcome.outcomes = dict(self._outcomes)
        return self.outcome

    async def _open(self) -> None:
        loop, tasks = asyncio.get_running_loop(), set[asyncio.Task[None]]()
        all_sent = asyncio.Event()
        start = time.perf_counter() + LEAD_SECONDS
        due = [start + offset for offset in self._plan.due()]

        def send(number: int) -> None:
            task = loop.create_task(self._one(number, due[number]))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            if number == len(due) - 1:
                all_sent.set()

        # A loop's own timers are rounded to a millisecond: a thread that sleeps is exact to a tenth of one.
        clock = threading.Thread(target=_clock, args=(due, lambda number: loop.call_soon_threadsafe(send, number)))
        clock.start()
        await all_sent.wait()
        clock.join()
        while tasks:
            await asyncio.wait(tasks)

    async def _closed(self) -> None:
        numbers = iter(range(self._plan.count))

        async def one_after_another() -> None:
            for number in numbers:
                await self._one(number, time.perf_counter())

        await asyncio.gather(*(one_after_another() for _ in range(self._plan.in_flight)))

    async def _one(self, number: int, due: float) -> None:
        self.outcome.late.append(time.perf_counter() - due)
        try:
            async with asyncio.timeout(self._plan.limit_seconds):
                name, body = await self._sending.send(self._first + number)
        except Exception as fault:  # whatever it is, it is an outcome to be counted and told
            self._outcomes[type(fault).__name__] += 1
            return
        self._outcomes[name] += 1
        if name in GOOD:
            self.outcome.latencies.append(time.perf_counter() - due)
        self.outcome.sample = body or self.outcome.sample


def _clock(due: list[float], send: Callable[[int], object]) -> None:
    for number, moment in enumerate(due):
        pause = moment - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        send(number)


async def main() -> None:
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())), type=Job)
    sending = sender(job.target, job.requests, job.plan.connections)
    await sending.open()
    try:
        warm = Plan(job.plan.warm_up, in_flight=8, limit_seconds=job.plan.limit_seconds)
        await Load(sending, warm, 0).run()
        gc.collect()
        gc.disable()  # a pause of the generator would be told as one of the platform
        _say(b"warm")
        sys.stdin.buffer.readline()
        outcome = await Load(sending, job.plan, job.plan.warm_up).run()
        _say(b"done")
        sys.stdout.buffer.write(msgspec.msgpack.encode(outcome))
    finally:
        await sending.close()


def _say(word: bytes) -> None:
    sys.stdout.buffer.write(word + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(main())
