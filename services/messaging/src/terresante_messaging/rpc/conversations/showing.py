"""One thread as its reader sees it: how far they have come, and what is unread."""

from sqlalchemy.ext.asyncio import AsyncConnection

from terresante_messaging.domain.threads import Window
from terresante_messaging.rpc.deciding import caller
from terresante_messaging.store import marks, messages
from terresante_messaging.store.messages import Look
from terresante_messaging.store.threads import Kept
from terresante_messaging.wire.threads import Seen


async def seen(connection: AsyncConnection, kept: Kept, window: Window) -> Seen:
    """A thread that the caller may read."""
    thread, look = kept.thread, Look(kept.thread, window, kept.key)
    own = await marks.find(connection, thread.id, caller())
    unread, urgent = await marks.unread(connection, look, own)
    return Seen(
        thread,
        writable=window.may_write,
        last_place=thread.last_place if window.shows(thread.last_place, thread.last_at) else 0,
        unread=unread,
        unread_urgent=urgent,
        read_up_to=own.read_up_to,
        visible_from=await messages.first_place(connection, look),
    )
