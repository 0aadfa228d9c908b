"""`python -m bench.sizing`: prints the tables of docs/sizing.md; `--write` puts them there. `weigh` measures bytes a row,
`chain` the access journal with several writers."""

from __future__ import annotations

import argparse
import sys

from bench.sizing import assumptions, page, results
from bench.sizing.reckoning import reckon

PAGE = results.ROOT / "docs" / "sizing.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.sizing", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["tables", "weigh", "chain"], default="tables")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/sizing.md")
    given = parser.parse_args()
    if given.what == "weigh":
        from bench.sizing import weighing

        print(weighing.run().read_text())
        return 0
    if given.what == "chain":
        from bench.sizing import chain

        print(chain.run())
        return 0
    try:
        told = printed()
    except results.ResultMissing as missing:
        print(f"ResultMissing: {missing}", file=sys.stderr)
        return 1
    if given.write:
        PAGE.write_text(page.within(PAGE.read_text("utf-8"), told), "utf-8")
    else:
        print(told)
    return 0


def printed() -> str:
    """The tables, from the committed results. Raises `results.ResultMissing`."""
    found, assumed = results.read(), assumptions.read()
    return page.tables([reckon(size, assumed, found) for size in assumed.sizes.values()], assumed, found)


if __name__ == "__main__":
    sys.exit(main())
