"""The service of enrolment as those who call it see it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante.directory.v1 import enrolment_service_pb2 as pb
from terresante_directory.domain.lost_means import AccountAct
from terresante_directory.store import lost_means
from terresante_platform.database import Database

from .desk import PASSWORD, CallingAs


class Counter:
    """The calls, as whoever `calling_as` or `desk.sit` says."""

    def __init__(self, stub: Any, database: Database, calling_as: CallingAs) -> None:
        self.stub = stub
        self.calling_as = calling_as
        self._database = database

    async def replace_phone(self, id: str, evidence: str = "in_person", why: str = "perdu en tournée") -> pb.Account:
        request = pb.ReplacePhoneRequest(professional_id=id, evidence=evidence, why=why)
        return (await self.stub.ReplacePhone(request)).account  # type: ignore[no-any-return]

    async def replace_administrators_phone(
        self, id: str, evidence: str = "in_person", why: str = "perdu en tournée"
    ) -> pb.Account:
        request = pb.ReplacePhoneRequest(administrator_id=id, evidence=evidence, why=why)
        return (await self.stub.ReplacePhone(request)).account  # type: ignore[no-any-return]

    async def card_lost(self, id: str, why: str = "volée") -> pb.Account:
        request = pb.ReportCardLostRequest(professional_id=id, why=why)
        return (await self.stub.ReportCardLost(request)).account  # type: ignore[no-any-return]

    async def accounts(self, **asked: Any) -> pb.ListAccountsResponse:
        return await self.stub.ListAccounts(pb.ListAccountsRequest(**asked))  # type: ignore[no-any-return]

    async def told_acts(self, id: str = "", **asked: Any) -> pb.ListAccountActsResponse:
        request = pb.ListAccountActsRequest(account_id=id, **asked)
        return await self.stub.ListAccountActs(request)  # type: ignore[no-any-return]

    async def open_all(
        self, ids: Sequence[str], means: Any = PASSWORD, within: float | None = None
    ) -> list[pb.OpenedAccount]:
        request = pb.OpenAccountsRequest(professional_ids=ids, means=means)
        return list((await self.stub.OpenAccounts(request, within)).accounts)

    async def name(self, *codes: str, **changes: Any) -> pb.NameAdministratorResponse:
        wanted: dict[str, Any] = {"given_name": "Paul", "family_name": "Roy", "means": PASSWORD}
        request = pb.NameAdministratorRequest(territory_codes=codes, **wanted | changes)
        return await self.stub.NameAdministrator(request)  # type: ignore[no-any-return]

    async def end(self, id: str, *codes: str, why: str = "départ") -> pb.Administrator:
        request = pb.EndAdministratorRequest(administrator_id=id, territory_codes=codes, why=why)
        return (await self.stub.EndAdministrator(request)).administrator  # type: ignore[no-any-return]

    async def administrators(self) -> list[pb.Administrator]:
        return list((await self.stub.ListAdministrators(pb.ListAdministratorsRequest())).administrators)

    async def correspond(self, structure: str, id: str, yes: bool = True) -> list[str]:
        request = pb.SetCorrespondentRequest(structure_id=structure, professional_id=id, correspondent=yes)
        return list((await self.stub.SetCorrespondent(request)).professional_ids)

    async def ask(self, structure: str, kind: str, change: Message | bytes, why: str = "erreur") -> pb.ChangeRequest:
        said = change if isinstance(change, bytes) else json_format.MessageToJson(change).encode()
        request = pb.AskForChangeRequest(structure_id=structure, kind=kind, change=said, why=why)
        return (await self.stub.AskForChange(request)).request  # type: ignore[no-any-return]

    async def requests(self, **asked: Any) -> pb.ListRequestsResponse:
        return await self.stub.ListRequests(pb.ListRequestsRequest(**asked))  # type: ignore[no-any-return]

    async def request(self, id: str) -> pb.ChangeRequest:
        return (await self.stub.GetRequest(pb.GetRequestRequest(request_id=id))).request  # type: ignore[no-any-return]

    async def myself(self) -> pb.GetMyselfResponse:
        return await self.stub.GetMyself(pb.GetMyselfRequest())  # type: ignore[no-any-return]

    async def correspondents(self, structure: str = "", professional: str = "") -> list[tuple[str, str]]:
        """Whose structure, and who speaks for it."""
        request = pb.ListCorrespondentsRequest(structure_id=structure, professional_id=professional)
        found = (await self.stub.ListCorrespondents(request)).correspondents
        return [(one.structure_id, one.professional_id) for one in found]

    async def say(self, id: str, text: str = "", assign_to: str = "") -> pb.ChangeRequest:
        request = pb.CommentRequestRequest(request_id=id, text=text, assign_to=assign_to)
        return (await self.stub.CommentRequest(request)).request  # type: ignore[no-any-return]

    async def decide(self, id: str, approve: bool = True, comment: str = "") -> pb.ChangeRequest:
        request = pb.DecideRequestRequest(request_id=id, approve=approve, comment=comment)
        return (await self.stub.DecideRequest(request)).request  # type: ignore[no-any-return]

    async def waiting(self) -> dict[str, int]:
        return {one.kind: one.count for one in (await self.stub.GetDesk(pb.GetDeskRequest())).waiting}

    async def ask_to_enrol(self, rpps: str) -> pb.AskToEnrolResponse:
        return await self.stub.AskToEnrol(pb.AskToEnrolRequest(rpps=rpps))  # type: ignore[no-any-return]

    async def enrolment(self) -> pb.GetEnrolmentResponse:
        return await self.stub.GetEnrolment(pb.GetEnrolmentRequest())  # type: ignore[no-any-return]

    async def complete(self, structure: str, terms: str = "2026-11", role: str = "") -> directory_pb.Professional:
        request = pb.CompleteEnrolmentRequest(terms_version=terms, structure_id=structure, role=role)
        return (await self.stub.CompleteEnrolment(request)).professional  # type: ignore[no-any-return]

    async def leave(self, version: int) -> str:
        return (await self.stub.Leave(pb.LeaveRequest(version=version))).sentence  # type: ignore[no-any-return]

    async def indicators(
        self, code: str = "94-ouest", since: datetime | None = None, **asked: Any
    ) -> dict[tuple[str, str], list[int | None]]:
        """The values by kind and label, week by week; None where they are masked."""
        request = pb.GetIndicatorsRequest(territory_code=code, **asked)
        if since is not None:
            getattr(request, "from").FromDatetime(since)
        told = await self.stub.GetIndicators(request)
        return {
            (one.kind, one.label): [None if point.masked else point.value for point in one.points]
            for one in told.series
        }

    async def acts(self, id: str) -> list[AccountAct]:
        """What was recorded of an account, the oldest first."""
        async with self._database.reading() as connection:
            return list(reversed(await lost_means.recorded(connection, UUID(id))))


def stamp(at: Any) -> Timestamp:
    told = Timestamp()
    told.FromDatetime(at)
    return told
