"""Many at once: requests that begin at the same moment, and readers that go on while something happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from .people import Attempt, Client

Result = TypeVar("Result")


def at_once(task: Callable[[Client], Result], clients: Sequence[Client]) -> list[Result]:
    """Runs the task for each client in threads that all begin at one moment; gives the results, in order.

    The clients' connections are ended then. Raises what one raised.
    """
    start = threading.Barrier(len(clients))
    results: dict[int, Result] = {}
    faults: list[BaseException] = []

    def run(number: int) -> None:
        try:
            start.wait()
            results[number] = task(clients[number])
        except BaseException as fault:
            faults.append(fault)
        finally:
            clients[number].close()

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return [results[number] for number in range(len(clients))]


class Readers:
    """Clients that read for as long as the block lasts, each `pace` seconds, and all at once when they are called."""

    def __init__(self, clients: Sequence[Client], paths: Sequence[str], pace: float) -> None:
        self.attempts: list[Attempt] = []
        self._clients = clients
        self._paths = paths
        self._pace = pace
        self._over = False
        self._called = threading.Condition()
        self._faults: list[BaseException] = []

    def call(self) -> None:
        """Has every reader that waits begin a read now."""
        with self._called:
            self._called.notify_all()

    @contextmanager
    def reading(self) -> Iterator[list[Attempt]]:
        """In the background of the block; the list is whole when it has ended."""
        threads = [threading.Thread(target=self._read, args=(one,), daemon=True) for one in range(len(self._clients))]
        for thread in threads:
            thread.start()
        try:
            yield self.attempts
        finally:
            self._over = True
            self.call()
            for thread in threads:
                thread.join()
            for client in self._clients:
                client.close()
        assert not self._faults, self._faults

    def _read(self, number: int) -> None:
        client, turn = self._clients[number], number
        try:
            while not self._over:
                self.attempts.append(client.get(self._paths[turn % len(self._paths)]))
                turn += 1
                with self._called:
                    if not self._over:
                        self._called.wait(self._pace)
        except BaseException as fault:
            self._faults.append(fault)
