"""The service as an administrator's desk sees it, a time that a test sets, and why something was refused."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante_directory import reference
from terresante_directory.domain.identifiers import AdministratorId
from terresante_directory.domain.territories import appoint
from terresante_directory.settling import Settling
from terresante_directory.store import administrators
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal

CallingAs = Callable[..., Any]
Published = Callable[[], Awaitable[list[str]]]
SUBJECT = "CN=dpi.hopital.example,OU=1990000019,O=Hôpital du Port,C=FR"
PASSWORD, CARD = pb.LOGIN_MEANS_PASSWORD_AND_CODE, pb.LOGIN_MEANS_CARD


class Clock:
    """A time that a test sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class Desk:
    """The service, seen by the administrator of a territory who sits at it."""

    def __init__(self, stub: Any, calling_as: CallingAs, database: Database, settling: Settling) -> None:
        self.stub = stub
        self.settling = settling
        self._calling_as = calling_as
        self._database = database

    async def administrator(self, *codes: str) -> UUID:
        """A new administrator, who makes the calls that follow."""
        id = uuid4()
        new = appoint(AdministratorId(id), "Claire Durand", codes, reference.territories())
        async with self._database.transaction() as transaction:
            await administrators.add(transaction, new)
        self.sit(id)
        return id

    def sit(self, id: UUID, **more: Any) -> None:
        self._calling_as("administrator", id, **more)

    async def structure(self, **changes: str) -> pb.Structure:
        wanted = {"name": "Cabinet des Tilleuls", "kind": "cabinet", "territory_code": "94-ouest"} | changes
        return (await self.stub.RegisterStructure(pb.RegisterStructureRequest(**wanted))).structure  # type: ignore[no-any-return]

    async def professional(self, structure: str, **changes: Any) -> pb.Professional:
        wanted = {"family_name": "Lemaire", "given_name": "Anne", "profession": "10"} | changes
        places = [pb.NewPlace(structure_id=structure, role="titulaire")]
        request = pb.RegisterProfessionalRequest(places=places, **wanted)
        return (await self.stub.RegisterProfessional(request)).professional  # type: ignore[no-any-return]

    async def someone(self, **changes: Any) -> pb.Professional:
        """A professional of 94 Ouest, registered by an administrator of it, who makes the calls that follow."""
        await self.administrator("94-ouest")
        return await self.professional((await self.structure()).structure_id, **changes)

    async def moves(self, professional_id: str, to: str) -> None:
        """A professional of one place ends it, and practises in another territory, whose administrator makes the calls
        that follow."""
        (known,) = await self.read(professional_id)
        ended = pb.EndPlaceRequest(
            professional_id=professional_id, place_id=known.places[0].place_id, version=known.version
        )
        left = (await self.stub.EndPlace(ended)).professional
        await self.administrator(to)
        there = pb.NewPlace(structure_id=(await self.structure(name="Ailleurs", territory_code=to)).structure_id)
        added = pb.AddPlaceRequest(professional_id=professional_id, place=there, version=left.version)
        await self.stub.AddPlace(added)

    async def open(self, professional_id: str, means: Any = PASSWORD) -> pb.OpenAccountResponse:
        request = pb.OpenAccountRequest(professional_id=professional_id, means=means)
        return await self.stub.OpenAccount(request)  # type: ignore[no-any-return]

    async def suspend(self, professional_id: str) -> pb.Professional:
        request = pb.SuspendAccountRequest(professional_id=professional_id)
        return (await self.stub.SuspendAccount(request)).professional  # type: ignore[no-any-return]

    async def reinstate(self, professional_id: str) -> pb.Professional:
        request = pb.ReinstateAccountRequest(professional_id=professional_id)
        return (await self.stub.ReinstateAccount(request)).professional  # type: ignore[no-any-return]

    async def hospital(self) -> str:
        """A structure of 94 Ouest, whose administrator makes the calls that follow."""
        await self.administrator("94-ouest")
        return (await self.structure(name="Hôpital du Port", kind="hospital_service")).structure_id

    async def feeder(self, structure: str, **changes: Any) -> pb.Feeder:
        """A new feeder of this structure."""
        wanted: dict[str, Any] = {
            "name": "Hôpital du Port (DPI)",
            "issuers": ["1.2.250.1.999.7.1"],
            "policy": "suggest",
            "certificate_subject": SUBJECT,
        }
        request = pb.RegisterFeederRequest(structure_id=structure, **wanted | changes)
        return (await self.stub.RegisterFeeder(request)).feeder  # type: ignore[no-any-return]

    async def change_feeder(self, feeder: pb.Feeder, **changes: Any) -> pb.Feeder:
        wanted: dict[str, Any] = {"feeder_id": feeder.feeder_id, "version": feeder.version}
        return (await self.stub.ChangeFeeder(pb.ChangeFeederRequest(**wanted | changes))).feeder  # type: ignore[no-any-return]

    async def feeders(self) -> list[pb.Feeder]:
        return list((await self.stub.ListFeeders(pb.ListFeedersRequest())).feeders)

    async def feeders_told(self, *ids: str) -> list[pb.Feeder]:
        return list((await self.stub.BatchGetFeeders(pb.BatchGetFeedersRequest(feeder_ids=ids))).feeders)

    async def read(self, *ids: str) -> list[pb.Professional]:
        request = pb.BatchGetProfessionalsRequest(professional_ids=ids)
        return list((await self.stub.BatchGetProfessionals(request)).professionals)


async def reason(call: Awaitable[Any]) -> str:
    """Why it was refused."""
    with pytest.raises(Refusal) as refused:
        await call
    assert refused.value.sentence
    return refused.value.reason
