"""Who exists: asked of identity each time, for no copy may lag behind a person who was just registered.

Asked before the transaction, for no network is waited for inside one; and judged after the decision, so that who may
not do the act learns nothing, and who repeats it with their idempotency key is answered as before.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from terresante.identity.v1 import identity_service_pb2 as pb
from terresante_platform.refusals import Unavailable

from terresante_consent.domain.persons import Existing

if TYPE_CHECKING:
    from terresante.identity.v1.identity_service_pb2_grpc import IdentityServiceAsyncStub

PATIENCE_SECONDS = 2.0
"""How long identity is waited for: less than the caller waits, so that they still get our answer."""


class Persons:
    """The question to identity."""

    def __init__(self, identity: "IdentityServiceAsyncStub") -> None:
        self._identity = identity

    async def existing(self, ids: Collection[UUID]) -> Existing:
        """Which of the ids are persons. None asked, none looked up."""
        if not ids:
            return Existing(frozenset())
        ask = cast(Any, self._identity.ListExistingPersons)  # the platform's stub takes `seconds`
        request = pb.ListExistingPersonsRequest(person_ids=[str(id) for id in ids])
        try:
            reply = await ask(request, seconds=PATIENCE_SECONDS)
        except Unavailable as away:
            return Existing(frozenset(), away)
        return Existing(frozenset(UUID(id) for id in reply.person_ids))
