"""`helm test`, everywhere: the door answers over TLS, says what it serves, and lets nobody in without a token.

`python -m terresante_deploy.proof.door` with TERRESANTE_PROOF_GATEWAY (https://service, in the cluster).
"""

import os
import ssl
import sys
from typing import Any

import httpx2

AUTHORITY = "/run/terresante/tls/ca.crt"
NAME = "gateway.svc"
"""The name in its certificate, whatever Service leads there."""


class NotSo(Exception):
    """A claim that does not hold."""


def proved(door: httpx2.Client) -> list[str]:
    """A line per claim. Raises NotSo."""
    named: dict[str, Any] = {"extensions": {"sni_hostname": NAME}}
    ready = door.get("/ready", **named)
    _hold(ready.status_code == 200, f"GET /ready answers 200, not {ready.status_code}")
    served = door.get("/openapi.json", **named)
    _hold(served.status_code == 200 and bool(served.json()["paths"]), "GET /openapi.json lists what is served")
    nobody = door.get("/v1/me", **named)
    _hold(nobody.status_code == 401, f"GET /v1/me without a token is refused with 401, not {nobody.status_code}")
    problem = nobody.json()
    _hold(bool(problem.get("reason")) and bool(problem.get("detail")), "the refusal has a reason and a sentence")
    return [
        "the door is ready",
        f"it serves {len(served.json()['paths'])} paths",
        f"nobody is refused: {problem['reason']}",
    ]


def _hold(holds: bool, words: str) -> None:
    if not holds:
        raise NotSo(words)


def main() -> int:
    """0 if all of it is so."""
    trust = ssl.create_default_context(cafile=AUTHORITY)
    with httpx2.Client(
        base_url=os.environ["TERRESANTE_PROOF_GATEWAY"], verify=trust, timeout=20, trust_env=False
    ) as door:
        try:
            sys.stdout.write("".join(f"✓ {line}\n" for line in proved(door)))
        except (NotSo, httpx2.HTTPError) as fault:
            sys.stdout.write(f"✗ {fault}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
