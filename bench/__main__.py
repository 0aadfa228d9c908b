"""`python -m bench [names…] [--stack bench]`: measures, prints one table, writes `.run/bench/figures.json`."""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

from terresante_dev.stack import NotPossible

from bench import stack
from bench.baselines import run as baselines
from bench.figures import Report
from bench.load.measure import ROOT, LoadFailed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=["baselines", []])
    parser.add_argument("--stack", default="bench")
    parser.add_argument("--keep", action="store_true", help="leave the stack running")
    given = parser.parse_args()
    report = Report(f"python -m bench {shlex.join(sys.argv[1:])}".strip(), _machine())
    try:
        with stack.up(given.stack, frozenset({"postgres"}), given.keep) as told:
            baselines.run(report, told)
    except (NotPossible, LoadFailed, ProcessLookupError) as refused:
        print(f"\n{refused}", file=sys.stderr)
        return 1
    print("\n" + report.text())
    print(f"\n{report.write(ROOT / '.run' / 'bench').relative_to(ROOT)}")
    return 0


def _machine() -> dict[str, Any]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1_000_000
    return {
        "machine": f"{os.cpu_count()} processors ({model}), {memory} GB",
        "python": platform.python_version(),
        "load average at start": f"{os.getloadavg()[0]:.1f}",
    }


if __name__ == "__main__":
    sys.exit(main())
