"""Seeded chance for what is done row by row; arrays use NumPy's generators."""

from __future__ import annotations

from random import Random


def luck(*key: object) -> Random:
    """The same key gives the same chances, on any machine; nothing secret comes of it."""
    return Random(" ".join(map(str, key)))  # noqa: S311
