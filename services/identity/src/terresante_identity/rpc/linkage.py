"""All of terresante.identity.v1.LinkageService, one class a subject."""

from terresante.identity.v1.linkage_service_pb2_grpc import LinkageServiceServicer

from terresante_identity.rpc.desk import Desk
from terresante_identity.rpc.feeding import Feeding
from terresante_identity.rpc.matching import Matching
from terresante_identity.rpc.moving import Moving
from terresante_identity.rpc.past import Past
from terresante_identity.rpc.reviews import Reviews


class LinkageService(Feeding, Matching, Moving, Reviews, Past, LinkageServiceServicer):
    """Which identities are one person. See the contract for what each method refuses."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
