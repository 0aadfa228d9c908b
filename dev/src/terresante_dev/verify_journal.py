"""`make verify-journal`: checks the whole access journal of a running stack, and names a row that was tampered with."""

import argparse
import sys

from terresante_dev import stack
from terresante_dev.story.proofs import check


def main() -> int:
    """0 if the journal is sound."""
    parser = argparse.ArgumentParser(prog="python -m terresante_dev.verify_journal", description=__doc__)
    parser.add_argument("--stack", default="main")
    told = stack.read(parser.parse_args().stack)
    checkpoint = f"{told['folder']}/journal.checkpoint"
    done = check(told, "--checkpoint", checkpoint)
    print((done.stdout + done.stderr).strip())
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
