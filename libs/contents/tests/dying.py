"""A program, on the loop of the services, whose drawing process dies: its pipe is seen closed before its death is heard
of. Says what became of the next picture."""

import asyncio
import io
import os
import signal

import uvloop
from PIL import Image
from terresante_contents.thumbnails import thumbnails

HEARD_OF_AFTER_SECONDS = 0.2


async def main() -> None:
    file = io.BytesIO()
    Image.new("RGB", (50, 50)).save(file, "PNG")
    async with thumbnails() as making:
        await making.make(file.getvalue())
        before = making.pid
        assert before is not None
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        os.kill(before, signal.SIGKILL)
        os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222  # nothing else is to go on meanwhile
        for _ in range(20):
            await asyncio.sleep(0)
        assert making.pid == before, "its death was heard of"
        asyncio.get_running_loop().call_later(
            HEARD_OF_AFTER_SECONDS, signal.pthread_sigmask, signal.SIG_UNBLOCK, {signal.SIGCHLD}
        )
        await making.make(file.getvalue())
        print("made by another" if making.pid not in {None, before} else "made by none")  # noqa: T201


uvloop.run(main())
