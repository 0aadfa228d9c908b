"""`helm lint --strict` on every set of values of the chart. Ends with 1 and what helm says if one is unclean."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import binaries

CHART = Path(__file__).parent / "terresante"
SETS: Mapping[str, tuple[str, ...]] = {
    "demo": ("demo",),
    "production": ("production",),
    "airgap": ("production", "airgap"),
}
"""Values files that belong together, the later on top of the earlier."""


def files(names: tuple[str, ...]) -> list[str]:
    """The options that give these values files to helm."""
    return [option for name in names for option in ("-f", str(CHART / f"values-{name}.yaml"))]


def said(names: tuple[str, ...]) -> str:
    """What helm has to say about the chart with these values; blank: nothing."""
    command = [str(binaries.folder() / "helm"), "lint", "--strict", "--quiet", str(CHART), *files(names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    return (done.stdout + done.stderr).strip() if done.returncode else ""


def main() -> None:
    """See the module."""
    unclean = {name: words for name, names in SETS.items() if (words := said(names))}
    for name, words in unclean.items():
        sys.stdout.write(f"{name}:\n{words}\n")
    sys.exit(1 if unclean else 0)


if __name__ == "__main__":
    main()
