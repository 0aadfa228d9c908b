"""`python -m terresante_dev.chat [--stack NAME]`: serves the example portal for a stack; `make up` does it."""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit

import uvicorn

from terresante_dev import stack
from terresante_dev.chat.app import portal
from terresante_dev.chat.where import Where


def main() -> None:
    """Until it is stopped. Open streams are cut after two seconds: browsers come back by themselves."""
    given = argparse.ArgumentParser(prog="python -m terresante_dev.chat", description=__doc__)
    given.add_argument("--stack", default="main")
    where = Where.of(stack.read(given.parse_args().stack))
    own = urlsplit(where.origin)
    uvicorn.run(
        portal(where),
        host=own.hostname or "127.0.0.1",
        port=own.port or 80,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
        server_header=False,
    )


if __name__ == "__main__":
    main()
