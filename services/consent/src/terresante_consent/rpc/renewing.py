"""What is known of a professional is asked of the directory again, which says that it changed."""

from typing import Any

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_platform.ids import parsed
from terresante_platform.rpc.allow import allow

from terresante_consent.rpc.desk import Desk


class Renewing:
    """The RPC that renews the copy."""

    _desk: Desk

    @allow(services=("directory",))
    async def RenewProfessional(self, request: pb.RenewProfessionalRequest, _: Any) -> pb.RenewProfessionalResponse:
        """Nothing is taken from the request but whom to ask about; every replica decides on the copy kept here."""
        await self._desk.knowing.asked_again(parsed(request.professional_id, "professional_id"))
        return pb.RenewProfessionalResponse()
