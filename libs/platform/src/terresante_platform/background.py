"""Work that goes on beside the calls, and ends with the block it belongs to."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from terresante_platform.telemetry import log

ASK_AGAIN_SECONDS = 0.5


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs `work` until the block is left; then asks it to end until it does: a library below may swallow a request.

    Work that breaks takes the block with it, as in a task group: a process whose rounds are dead must not look well.
    The block is cancelled, and what broke the work is raised once it is left. Work may end by itself before that.
    """
    task = asyncio.create_task(work)
    watch = _Watch(task, asyncio.current_task())
    task.add_done_callback(watch.ended)
    try:
        yield
    except asyncio.CancelledError:
        if not watch.has_cancelled or watch.others_cancelled():
            raise
    finally:
        watch.leaving = True
        await watch.cancellation_delivered()
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=ASK_AGAIN_SECONDS)
    if watch.has_cancelled:
        task.result()


class _Watch:
    """Cancels the task `around` the block when the work breaks, once."""

    def __init__(self, work: asyncio.Task[None], around: asyncio.Task[Any] | None) -> None:
        self._work = work
        self._around = around
        self._delivered = False
        self.leaving = False
        self.has_cancelled = False

    def ended(self, work: asyncio.Task[None]) -> None:
        """Called when the work is over, however."""
        if work.cancelled() or (broken := work.exception()) is None or self.leaving:
            return
        log.error("background work broke", exc_info=broken)
        self.has_cancelled = True
        if self._around is not None:
            self._around.cancel()

    def others_cancelled(self) -> bool:
        """Takes our own request back, which has been delivered: whether somebody else wants the block to end, too."""
        self._delivered = True
        return self._around is not None and self._around.uncancel() > 0

    async def cancellation_delivered(self) -> None:
        """Waits for our request if the block was left in another way before it came, that it strikes nothing later."""
        if self.has_cancelled and not self._delivered and asyncio.current_task() is self._around:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
            self.others_cancelled()
