"""The verbs of the one-machine runner, as `make` calls them: `python -m terresante_dev <verb>`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from terresante_dev.stack import NotPossible

Verb = Callable[[argparse.Namespace], None]
Options = dict[str, dict[str, object]]


def up(given: argparse.Namespace) -> None:
    from terresante_dev import running

    running.up(given.stack, given.replicas, _parts(given.only))


def down(given: argparse.Namespace) -> None:
    from terresante_dev import running

    running.down(given.stack)


def reset(given: argparse.Namespace) -> None:
    from terresante_dev import running

    running.reset(given.stack)


def status(given: argparse.Namespace) -> None:
    from terresante_dev import status as shown

    shown.status(given.stack)


def logs(given: argparse.Namespace) -> None:
    from terresante_dev import status as shown

    shown.logs(given.stack, given.part, given.follow)


def trace(given: argparse.Namespace) -> None:
    from terresante_dev import trace as traced

    traced.show(given.stack, given.id)


def token(given: argparse.Namespace) -> None:
    from terresante_dev import stack
    from terresante_dev.token import token as made

    print(made(stack.read(given.stack), given.who))


def supervise(given: argparse.Namespace) -> None:
    from terresante_dev import stack
    from terresante_dev import supervise as supervising

    supervising.supervise(stack.opened(given.stack, given.replicas or 1), _parts(given.only))


def main() -> int:
    verbs = argparse.ArgumentParser(prog="python -m terresante_dev", description=__doc__)
    kinds = verbs.add_subparsers(required=True)
    starting: Options = {"--replicas": {"type": int, "default": None}, "--only": {"default": ""}}
    _verb(kinds, up, starting)
    _verb(kinds, down)
    _verb(kinds, reset)
    _verb(kinds, status)
    _verb(kinds, logs, {"--part": {"default": None}, "--follow": {"action": "store_true"}})
    _verb(kinds, trace, {"id": {}})
    _verb(kinds, token, {"who": {}})
    _verb(kinds, supervise, starting)
    given = verbs.parse_args()
    try:
        given.verb(given)
    except NotPossible as refused:
        print(f"\n{refused}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _verb(
    kinds: argparse._SubParsersAction[argparse.ArgumentParser],
    verb: Verb,
    options: Options | None = None,
) -> None:
    parser = kinds.add_parser(verb.__name__)
    parser.add_argument("--stack", default="main")
    for option, meaning in (options or {}).items():
        parser.add_argument(option, **meaning)  # type: ignore[arg-type]
    parser.set_defaults(verb=verb)


def _parts(names: str) -> frozenset[str]:
    return frozenset(filter(None, names.split(",")))


if __name__ == "__main__":
    sys.exit(main())
