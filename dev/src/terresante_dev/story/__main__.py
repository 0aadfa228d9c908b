"""`make story`: one line a step; ends at the first step that isn't true."""

import argparse
import secrets
import sys
import time

import httpx2

from terresante_dev import stack
from terresante_dev.enrolment import NotEnrolled
from terresante_dev.login import LoginFailed
from terresante_dev.story import STEPS, NotTrue, Stage


def main() -> int:
    """Plays the story; 0 if all of it is true."""
    parser = argparse.ArgumentParser(prog="python -m terresante_dev.story", description=__doc__)
    parser.add_argument("--stack", default="main")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9), help="same seed, same people")
    given = parser.parse_args()
    try:
        stage = Stage(stack.read(given.stack), given.seed)
    except stack.NotPossible as reason:
        print(reason, file=sys.stderr)
        return 1
    for step in STEPS:
        began = time.monotonic()
        try:
            seen = step.play(stage)
        except (NotTrue, NotEnrolled, LoginFailed, httpx2.HTTPError) as fault:
            print(f"✗ {step.number:>2} {step.name}: NOT TRUE: {fault}  (seed {given.seed})", flush=True)
            return 1
        print(f"✓ {step.number:>2} {step.name}: {seen}  ({time.monotonic() - began:.1f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
