"""National numbers with right keys that belong to nobody."""


def key(digits: str) -> str:
    """The Luhn digit that goes after these."""
    doubled = [int(digit) * (1 if rank % 2 else 2) for rank, digit in enumerate(reversed(digits))]
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def rpps(serial: int) -> str:
    """The RPPS number of test cards: `99700`, five digits, key. `serial` from 0 to 99999."""
    return _keyed(f"99700{_digits(serial, 5)}")


def finess(serial: int) -> str:
    """A FINESS number of department 99, which is none: `99`, six digits, key. `serial` from 0 to 999999."""
    return _keyed(f"99{_digits(serial, 6)}")


def siret(serial: int) -> str:
    """The SIRET of the head office of a SIREN that begins with `0000`. `serial` from 0 to 9999."""
    return _keyed(f"{_keyed(f'0000{_digits(serial, 4)}')}0001")


def _keyed(digits: str) -> str:
    return digits + key(digits)


def _digits(serial: int, width: int) -> str:
    if not 0 <= serial < 10**width:
        raise ValueError(f"a serial number of {width} digits is expected, not {serial}")
    return f"{serial:0{width}}"
