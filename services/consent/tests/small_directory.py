"""A directory in memory behind the real contract: professionals, their places, feeders, structures; how it is away."""

from typing import Any
from uuid import UUID

from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1.directory_service_pb2_grpc import DirectoryServiceServicer
from terresante_platform.ids import new_id
from terresante_platform.refusals import Unavailable
from terresante_platform.rpc.allow import allow

ALLOWED = allow("professional", "administrator", "patient", "system", services=("consent",), alone=("consent",))


class SmallDirectory(DirectoryServiceServicer):
    """What a test says exists. `away`: answers that it is unavailable. `asked`: how often it was asked."""

    def __init__(self) -> None:
        self.professionals: dict[UUID, pb.Professional] = {}
        self.feeders: dict[UUID, pb.Feeder] = {}
        self.structures: set[UUID] = set()
        self.away = False
        self.asked = 0

    def structure(self) -> UUID:
        """A new structure."""
        id = new_id()
        self.structures.add(id)
        return id

    def professional(self, profession: str = "10", *structures: UUID, health: bool = True) -> UUID:
        """A new professional with an open account, practising in each of the structures (or in one of their own)."""
        id = new_id()
        places = [
            pb.Place(place_id=str(new_id()), structure_id=str(structure), territory_code="grand-est")
            for structure in structures or (self.structure(),)
        ]
        self.professionals[id] = pb.Professional(
            professional_id=str(id),
            family_name="CANARI",
            given_name="SERIN",
            profession=profession,
            health_professional=health,
            places=places,
            account_state=pb.ACCOUNT_STATE_OPEN,
            version=1,
        )
        return id

    def place(self, professional: UUID, number: int = 0) -> str:
        """The id of one of their places."""
        return self.professionals[professional].places[number].place_id

    @ALLOWED
    async def BatchGetProfessionals(self, request: pb.BatchGetProfessionalsRequest, _: Any) -> Any:
        """Those found."""
        self.answers()
        ids = [UUID(id) for id in request.professional_ids]
        return pb.BatchGetProfessionalsResponse(
            professionals=[self.professionals[id] for id in ids if id in self.professionals]
        )

    def officer(self, *structures: UUID, territories: tuple[str, ...] = ()) -> UUID:
        """A new professional who is identity officer there."""
        id = self.professional("60")
        mandate = pb.IdentityMandate(structure_ids=map(str, structures), territory_codes=territories)
        self.professionals[id].identity_mandate.CopyFrom(mandate)
        return id

    def feeder(self, *issuers: str, policy: str = "suggest") -> UUID:
        """A new system that feeds identities under these issuers."""
        id = new_id()
        self.feeders[id] = pb.Feeder(
            feeder_id=str(id),
            name="DPI CANARI",
            structure_id=str(self.structure()),
            territory_code="grand-est",
            issuers=issuers,
            policy=policy,
            account_state=pb.ACCOUNT_STATE_OPEN,
            version=1,
        )
        return id

    @ALLOWED
    async def BatchGetFeeders(self, request: pb.BatchGetFeedersRequest, _: Any) -> Any:
        """Those found."""
        self.answers()
        ids = [UUID(id) for id in request.feeder_ids]
        return pb.BatchGetFeedersResponse(feeders=[self.feeders[id] for id in ids if id in self.feeders])

    @ALLOWED
    async def BatchGetStructures(self, request: pb.BatchGetStructuresRequest, _: Any) -> Any:
        """Those found."""
        self.answers()
        ids = [UUID(id) for id in request.structure_ids]
        return pb.BatchGetStructuresResponse(
            structures=[pb.Structure(structure_id=str(id)) for id in ids if id in self.structures]
        )

    def answers(self) -> None:
        """Counts the question; refuses it if away."""
        self.asked += 1
        if self.away:
            raise Unavailable("L'annuaire est arrêté.", "Attendez.")
