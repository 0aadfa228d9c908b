"""One-time codes of test people, each spent once, even by processes that log in as the same person.

Keycloak takes the codes of the present 30 s step and of the ones beside it, and none that is not newer
than the last one it took. So two logins need no wait, and a third one waits for the clock.
"""

import fcntl
import hashlib
import json
import time
from pathlib import Path

import pyotp

STEP_SECONDS = 30


def ledger(stack: Path) -> Path:
    """The ledger of a stack, from its folder: whoever spends codes of its people uses this one."""
    return stack / "tokens" / "codes.json"


def code_at(secret: str, step: int) -> str:
    """The code of a Base32 secret in the given step since 1970: HMAC-SHA-256, 6 digits."""
    return pyotp.TOTP(secret, digest=hashlib.sha256, interval=STEP_SECONDS).at(step * STEP_SECONDS)


def next_code(secret: str, ledger: Path) -> str:
    """A code that no one spent yet, once Keycloak would take it.

    `ledger` is a small file of the last step spent by each secret (kept as a digest), shared between
    processes. The only wait is for the clock to be at most one step behind the code's.
    """
    step = _reserve(secret, ledger)
    while step > present_step() + 1:
        time.sleep(0.1)
    return code_at(secret, step)


def spent(secret: str, ledger: Path, step: int) -> None:
    """Notes a code spent elsewhere, such as at enrolment."""
    _reserve(secret, ledger, at_least=step)


def present_step() -> int:
    """The step that now is in."""
    return int(time.time()) // STEP_SECONDS


def _reserve(secret: str, ledger: Path, at_least: int | None = None) -> int:
    name = hashlib.sha256(secret.encode()).hexdigest()[:32]
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        steps: dict[str, int] = json.loads(file.read() or "{}")
        last = steps.get(name, 0)
        step = max(last + 1, present_step()) if at_least is None else max(last, at_least)
        recent = {known: when for known, when in steps.items() if when >= present_step() - 10}
        file.truncate(0)
        file.write(json.dumps({**recent, name: step}))
    return step
