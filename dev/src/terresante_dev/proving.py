"""`make test`: the whole platform's suites in one pytest, all others in a second beside it, one closing line for both.

The first mostly wait for processes, the second mostly compute, so two cores do both in the time of one. Two plain
processes, because the suites that break the platform share one stack and must stay in order. With paths: one pytest.

`python -m terresante_dev.proving [pytest's options and paths]`
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO

PLATFORM = "tests"
NO_TESTS = 5
"""pytest's exit status when it found nothing to run."""
_COUNT = re.compile(r"(\d+) (failed|passed|skipped|deselected|xfailed|xpassed|warning|error)s?\b")
_COUNTABLE = ("warning", "error")


def main(arguments: Sequence[str]) -> int:
    """Gives the exit status: 0 if all that ran passed, and something ran."""
    pytest = [sys.executable, "-m", "pytest", *arguments]
    if any(not word.startswith("-") and Path(word.split("::")[0]).exists() for word in arguments):
        return subprocess.run(pytest, check=False).returncode
    began = time.monotonic()
    with tempfile.TemporaryFile("w+b") as other:
        services = subprocess.Popen([*pytest, *_others()], stdout=other, stderr=subprocess.STDOUT)
        platform = subprocess.Popen([*pytest, PLATFORM], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert platform.stdout is not None  # noqa: S101 -- a pipe was asked for
        shown = _shown(platform.stdout)
        statuses = [_ended(services), _ended(platform)]
        other.seek(0)
        shown_after = _shown(other)
    took = time.monotonic() - began
    print(_closing(_counts(shown) + _counts(shown_after), took), flush=True)
    return next((status for status in statuses if status not in (0, NO_TESTS)), min(statuses))


def _others() -> list[str]:
    """The folders of tests of pyproject.toml but the platform's. (One that is named there is never ignored.)"""
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    folders: list[str] = settings["tool"]["pytest"]["ini_options"]["testpaths"]
    return [folder for folder in folders if folder != PLATFORM]


def _ended(process: subprocess.Popen[bytes]) -> int:
    """Its exit status. Whoever interrupts interrupts both; they are waited for, since they end what they started."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def _shown(output: IO[bytes]) -> bytes:
    """Copies it to our own output as it comes; gives all of it."""
    whole = bytearray()
    while True:
        try:
            while chunk := os.read(output.fileno(), 65_536):
                whole += chunk
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
        except KeyboardInterrupt:
            continue
        return bytes(whole)


def _counts(output: bytes) -> Counter[str]:
    """How many of each outcome the closing line tells."""
    last = output.decode(errors="replace").rstrip().rpartition("\n")[2]
    return Counter({word: int(many) for many, word in _COUNT.findall(last)})


def _closing(counts: Counter[str], seconds: float) -> str:
    """A line like pytest's own."""
    order = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warning", "error")
    told = [f"{counts[word]} {word}{'s' * (word in _COUNTABLE and counts[word] > 1)}" for word in order if counts[word]]
    clock = f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"
    return f" {', '.join(told) or 'no tests ran'} in {seconds:.2f}s ({clock}) ".center(80, "=")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
