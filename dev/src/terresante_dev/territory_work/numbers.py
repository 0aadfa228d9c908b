"""National numbers that belong to nobody, in ranges that personas do not use, with right keys unless asked."""

from __future__ import annotations

from random import Random

from terresante_dev.personas.numbers import key

FIRST_RPPS, FIRST_FINESS, FIRST_SIREN = 1_000_000, 500_000, 20_000


def rpps(serial: int) -> str:
    """11 digits: `997`, seven digits, key, as test cards have; the personas' begin with `99700`."""
    return _keyed("997", FIRST_RPPS + serial, 7)


def finess(serial: int) -> str:
    """9 digits of department 99, which is none; the personas' serial numbers are smaller."""
    return _keyed("99", FIRST_FINESS + serial, 6)


def siren(serial: int) -> str:
    """9 digits that begin with `000`; the personas' begin with `0000`."""
    return _keyed("000", FIRST_SIREN + serial, 5)


def siret(of: str, rank: int) -> str:
    """14 digits: the site of that rank of a SIREN."""
    return _keyed(of, rank, 4)


def mistyped(number: str, chance: Random) -> str:
    """The same with a wrong key."""
    return number[:-1] + str((int(number[-1]) + chance.randint(1, 9)) % 10)


def _keyed(prefix: str, serial: int, width: int) -> str:
    if not 0 <= serial < 10**width:
        raise ValueError(f"a serial number of {width} digits is expected, not {serial}")
    digits = f"{prefix}{serial:0{width}}"
    return digits + key(digits)
