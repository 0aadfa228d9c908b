"""Identities as other systems send them: Louise, as four issuers might know her. Invented; INS of the test domain
only.
"""

from typing import Any

from terresante.identity.v1 import identity_service_pb2 as pb
from terresante.identity.v1 import linkage_service_pb2 as linkage_pb

HOSPITAL, CLINIC, PRACTICE, HOME = (f"1.2.250.1.999.{number}" for number in (1, 2, 3, 4))
NIR, OTHER_NIR, OID = "251059406801269", "279035121518989", "1.2.250.1.213.1.4.10"
LOUISE: dict[str, Any] = {
    "birth_name": "Lefèvre",
    "first_names": "Louise Anne",
    "birth_date": "1951-05-12",
    "sex": pb.SEX_FEMALE,
    "birth_country": "FR",
    "birth_postal_code": "94100",
    "birth_code": "94068",
}
PAUL: dict[str, Any] = {
    "birth_name": "Quélennec",
    "first_names": "Paul",
    "birth_date": "1938-11-02",
    "sex": pb.SEX_MALE,
    "birth_country": "FR",
    "birth_postal_code": "29000",
    "birth_code": "29232",
}
DOUBTFUL: dict[str, Any] = {"birth_name": "Moreau"}
"""Changes that make of Louise somebody who may be her under a married name."""


def traits(**changes: Any) -> linkage_pb.ReceivedTraits:
    return linkage_pb.ReceivedTraits(**{**LOUISE, **changes})


def register(
    issuer: str = HOSPITAL,
    local_id: str = "IPP-1",
    status: pb.IdentityStatus.ValueType = pb.IDENTITY_STATUS_UNSPECIFIED,
    ins: str = "",
    flags: tuple[pb.IdentityFlag.ValueType, ...] = (),
    oid: str = OID,
    valid_from: Any = None,
    **changes: Any,
) -> linkage_pb.RegisterIdentityRequest:
    """Louise under a number, with what a test changes of her traits."""
    return linkage_pb.RegisterIdentityRequest(
        issuer=issuer,
        local_id=local_id,
        traits=traits(**changes),
        status=status,
        flags=flags,
        ins_matricule=ins,
        ins_oid=oid if ins else "",
        valid_from=valid_from,
    )


CREATED, LINKED, IN_DOUBT, UPDATED, UNCHANGED = (
    linkage_pb.REGISTRATION_OUTCOME_CREATED,
    linkage_pb.REGISTRATION_OUTCOME_LINKED,
    linkage_pb.REGISTRATION_OUTCOME_DOUBTFUL,
    linkage_pb.REGISTRATION_OUTCOME_UPDATED,
    linkage_pb.REGISTRATION_OUTCOME_UNCHANGED,
)
QUALIFIED, RETRIEVED, VALIDATED = (
    pb.IDENTITY_STATUS_QUALIFIED,
    pb.IDENTITY_STATUS_RETRIEVED,
    pb.IDENTITY_STATUS_VALIDATED,
)
