"""People and places that do not exist: the sandbox's cast, and crowds for measures.

The same seed gives the same people for ever. Names are among the most frequent in France, put together at
random; numbers are in ranges never given to anyone (`numbers.py`). Making them exist is `population`'s work.
"""

from terresante_dev.personas.cast import sandbox
from terresante_dev.personas.crowd import crowd
from terresante_dev.personas.people import Administrator, Cast, Feeder, Login, Patient, Place, Professional, Structure

__all__ = [
    "Administrator",
    "Cast",
    "Feeder",
    "Login",
    "Patient",
    "Place",
    "Professional",
    "Structure",
    "crowd",
    "sandbox",
]
