"""An identity service in memory behind the real contract: who exists; and how it is away."""

from typing import Any
from uuid import UUID

from terresante.identity.v1 import identity_service_pb2 as pb
from terresante.identity.v1.identity_service_pb2_grpc import IdentityServiceServicer
from terresante_platform.ids import new_id
from terresante_platform.refusals import Unavailable
from terresante_platform.rpc.allow import allow


class SmallIdentity(IdentityServiceServicer):
    """Who a test says exists. `away`: answers that it is unavailable. `asked`: the ids it was asked about."""

    def __init__(self) -> None:
        self.persons: set[UUID] = set()
        self.away = False
        self.asked: list[str] = []

    def person(self) -> UUID:
        """Somebody new."""
        id = new_id()
        self.persons.add(id)
        return id

    @allow(services=("consent",))
    async def ListExistingPersons(self, request: pb.ListExistingPersonsRequest, _: Any) -> Any:
        """Those that exist."""
        self.asked += request.person_ids
        if self.away:
            refusal = Unavailable("Le service des identités est arrêté.", "Attendez.")
            refusal.reason = "IDENTITY_UNAVAILABLE"  # type: ignore[misc]  # of this instance only
            raise refusal
        return pb.ListExistingPersonsResponse(person_ids=[id for id in request.person_ids if UUID(id) in self.persons])
