"""An identity officer and the feeders they look after, as tests speak of them."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from terresante.identity.v1 import linkage_service_pb2 as pb
from terresante_platform.refusals import Refusal

from .fed import register

WHY = "Vu avec la patiente, pièce d’identité présentée."


class Officer:
    """What is sent comes from a feeder, the rest is the officer's. `read`: gives a person as kept."""

    def __init__(self, linkage: Any, calling_as: Callable[..., Any], read: Callable[..., Any]) -> None:
        self.linkage = linkage
        self._calling_as = calling_as
        self._read = read
        self._feeder, self._officer = uuid4(), uuid4()
        calling_as("professional", self._officer)

    async def sent(self, *arguments: Any, **changes: Any) -> pb.RegisterIdentityResponse:
        """What became of an identity; the calls that follow are the officer's."""
        self._calling_as("system", self._feeder)
        request = register(*arguments, **changes)
        reply: pb.RegisterIdentityResponse = await self.linkage.RegisterIdentity(request)
        self._calling_as("professional", self._officer)
        return reply

    async def numbers(self, person: str) -> set[str]:
        """The numbers by which a person is known; none of who became another."""
        reply = await self.linkage.CrossReference(pb.CrossReferenceRequest(person_id=person))
        return {f"{one.issuer} {one.local_id}" for one in reply.sources} if reply.person_id == person else set()

    async def members(self, person: str) -> set[str]:
        """The issuers by which a person is known."""
        return {number.split()[0] for number in await self.numbers(person)}

    async def acts(self, person: str) -> list[pb.Act]:
        """What was done to a person, the newest first."""
        return list((await self.linkage.ListActs(pb.ListActsRequest(person_id=person))).acts)

    async def state(self, review: str) -> str:
        """How far a pair is."""
        pair = await self.linkage.GetReview(pb.GetReviewRequest(review_id=review))
        return pb.ReviewState.Name(pair.review.state).removeprefix("REVIEW_STATE_")

    async def linked(self, source: str, person: str) -> pb.LinkResponse:
        """A source identity moved to a person as they are now."""
        version = (await self._read(person)).version
        request = pb.LinkRequest(source_id=source, person_id=person, person_version=version, comment=WHY)
        made: pb.LinkResponse = await self.linkage.Link(request)
        return made

    async def unlinked(self, source: str, person: str) -> pb.UnlinkResponse:
        """A source identity taken out of a person as they are now."""
        version = (await self._read(person)).version
        request = pb.UnlinkRequest(source_id=source, person_version=version, comment=WHY)
        made: pb.UnlinkResponse = await self.linkage.Unlink(request)
        return made

    async def merged(self, absorbed: str, surviving: str) -> pb.MergeResponse:
        """Two persons made one, as they are now."""
        request = pb.MergeRequest(
            absorbed_id=absorbed,
            absorbed_version=(await self._read(absorbed)).version,
            surviving_id=surviving,
            surviving_version=(await self._read(surviving)).version,
            comment=WHY,
        )
        made: pb.MergeResponse = await self.linkage.Merge(request)
        return made

    async def decided(self, review: str, verdict: pb.ReviewVerdict.ValueType) -> pb.DecideReviewResponse:
        """What a human found about a pair."""
        request = pb.DecideReviewRequest(review_id=review, verdict=verdict, comment=WHY)
        made: pb.DecideReviewResponse = await self.linkage.DecideReview(request)
        return made

    async def undo(self, act: str) -> pb.Act:
        """The act that undid it."""
        made: pb.Act = (await self.linkage.Undo(pb.UndoRequest(act_id=act, comment=WHY))).act
        return made


async def reason(call: Awaitable[Any]) -> str:
    """Why a call is refused."""
    return (await refusal(call)).reason


async def refusal(call: Awaitable[Any]) -> Refusal:
    """What a call is refused with."""
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value
