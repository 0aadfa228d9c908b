"""Where something is on the ground."""

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Position:
    """WGS 84 degrees."""

    latitude: float
    longitude: float

    def is_on_earth(self) -> bool:
        """Neither infinite nor out of range."""
        told = isfinite(self.latitude) and isfinite(self.longitude)
        return told and -90 <= self.latitude <= 90 and -180 <= self.longitude <= 180
