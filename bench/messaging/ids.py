"""The people and threads of the bench, by number: the same ids in SQL and in Python, in every run."""

from hashlib import md5
from uuid import UUID

PROFESSIONALS, PATIENTS = 1_000, 1_000
"""Who have a stream open, and patients around whom something is written; professional n is in the circles of patients
n to n + MEMBERS - 1."""
MEMBERS = 4
READER = "reader"
"""The professional who is in the circles of the first READERS_PATIENTS patients, too."""
READERS_PATIENTS = 300


def made(kind: str, number: object) -> UUID:
    """As `md5(kind || number)::uuid` in SQL: not an id anybody could guess is asked for here."""
    return UUID(md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest())


def professional(number: object) -> UUID:
    return made("professional", number)


def patient(number: int) -> UUID:
    return made("patient", number)


def thread(number: int) -> UUID:
    """The circle's thread of the patient of that number."""
    return made("thread", number)


def circle_of(number: int) -> list[int]:
    """Numbers of the professionals around a patient, the reader apart."""
    return [(number - back) % PROFESSIONALS for back in range(MEMBERS)]


def circles_of(number: int) -> list[int]:
    """Numbers of the patients of a professional."""
    return [(number + on) % PATIENTS for on in range(MEMBERS)]
