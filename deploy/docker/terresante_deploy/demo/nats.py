"""The demo's NATS: one server, configured by the functions that the one-machine runner uses."""

import json
import os
import sys
from pathlib import Path

from terresante_dev import nats
from terresante_dev.nats import Tls
from terresante_dev.stack import SERVICES

DISK = Path("/var/lib/terresante/nats")
TLS = Path("/run/terresante/tls")
KEY = Path("/run/terresante/nats/store.key")
CONFIGURATION = Path("/tmp/nats.json")  # noqa: S108 - the pod's own, in no one else's reach
PORT = 4222
MONITORING_PORT = 8222


def configuration() -> str:
    """Reached from other pods; the rest as on one machine."""
    text = nats.server_configuration(
        port=PORT,
        monitoring_port=MONITORING_PORT,
        store=DISK,
        store_key=KEY.read_text(),
        tls=Tls(TLS / "ca.crt", TLS / "tls.crt", TLS / "tls.key"),
        services=SERVICES,
    )
    return json.dumps(json.loads(text) | {"listen": f"0.0.0.0:{PORT}", "http": f"0.0.0.0:{MONITORING_PORT}"})


def main() -> None:
    """Becomes the server."""
    DISK.mkdir(mode=0o700, parents=True, exist_ok=True)
    CONFIGURATION.touch(mode=0o600)
    CONFIGURATION.write_text(configuration())
    server = str(Path(sys.executable).parent / "nats-server")
    os.execv(server, [server, "-c", str(CONFIGURATION)])  # noqa: S606 - our own program


if __name__ == "__main__":
    main()
