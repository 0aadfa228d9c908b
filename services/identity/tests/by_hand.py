"""Louise, as people type her on the platform."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from terresante.identity.v1 import identity_service_pb2 as pb

NOBODY = str(UUID(int=0))
Create = Callable[..., Any]


def traits(**changes: Any) -> pb.Traits:
    """Louise's traits as a portal sends them."""
    known: dict[str, Any] = {
        "birth_name": "Lefèvre",
        "first_name": "Louise",
        "birth_date": pb.BirthDate(year=1951, month=5, day=12),
        "sex": pb.SEX_FEMALE,
        "birth_country": "FR",
        "birth_postal_code": "94100",
    }
    return pb.Traits(**{**known, **changes})
