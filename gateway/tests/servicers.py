"""The five services as tests want them: real servicers over real gRPC and mutual TLS, whose answers a test programs.

`services.answer("records.GetDocument", reply)` sets what an RPC gives: a message, a refusal to raise, a list of
messages for a stream, or a function of the request. An RPC that no test programmed fails. Each call
that came is kept in `services.asked`, with what travelled along.
"""

import inspect
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from terresante.consent.v1 import consent_service_pb2_grpc, decision_service_pb2_grpc, journal_service_pb2_grpc
from terresante.directory.v1 import (
    directory_service_pb2_grpc,
    enrolment_service_pb2_grpc,
    extract_service_pb2_grpc,
    import_service_pb2_grpc,
    ror_service_pb2_grpc,
)
from terresante.identity.v1 import identity_service_pb2_grpc, linkage_service_pb2_grpc
from terresante.messaging.v1 import (
    attachment_service_pb2_grpc,
    conversation_service_pb2_grpc,
    feed_service_pb2_grpc,
    messaging_service_pb2_grpc,
    telling_service_pb2_grpc,
    webhook_service_pb2_grpc,
)
from terresante.records.v1 import alert_service_pb2_grpc, records_service_pb2_grpc
from terresante_platform import calls
from terresante_platform.refusals import Refusal
from terresante_platform.rpc.allow import allow

STREAMS_OUT = {
    "records.ReadContent",
    "messaging.ReadAttachment",
    "messaging.Follow",
    "consent.ExportJournal",
    "identity.BatchMatch",
}
STREAMS_IN = {"records.PublishDocument", "messaging.UploadAttachment", "directory.UploadFile"}
NOBODYS = {"directory.AskToEnrol"}
"""RPCs without a person."""
SERVICERS = {
    "identity": [(identity_service_pb2_grpc, "IdentityService"), (linkage_service_pb2_grpc, "LinkageService")],
    "consent": [
        (consent_service_pb2_grpc, "ConsentService"),
        (decision_service_pb2_grpc, "DecisionService"),
        (journal_service_pb2_grpc, "JournalService"),
    ],
    "records": [(records_service_pb2_grpc, "RecordsService"), (alert_service_pb2_grpc, "AlertService")],
    "messaging": [
        (messaging_service_pb2_grpc, "MessagingService"),
        (conversation_service_pb2_grpc, "ConversationService"),
        (attachment_service_pb2_grpc, "AttachmentService"),
        (feed_service_pb2_grpc, "FeedService"),
        (telling_service_pb2_grpc, "TellingService"),
        (webhook_service_pb2_grpc, "WebhookService"),
    ],
    "directory": [
        (directory_service_pb2_grpc, "DirectoryService"),
        (ror_service_pb2_grpc, "RorService"),
        (enrolment_service_pb2_grpc, "EnrolmentService"),
        (import_service_pb2_grpc, "ImportService"),
        (extract_service_pb2_grpc, "ExtractService"),
    ],
}


class NotProgrammed(Exception):
    """A call that the test did not expect."""


@dataclass(frozen=True)
class Asked:
    """A call that came."""

    rpc: str
    request: Any
    call: calls.Call


class Services:
    """What the five services answer, and what they were asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[str, Any] = {}

    def answer(self, rpc: str, given: Any) -> None:
        """Programs `rpc`, named `<service>.<Method>`."""
        self._answers[rpc] = given

    def forget(self) -> None:
        """Back to nothing programmed, nothing asked."""
        self.asked.clear()
        self._answers.clear()

    def of(self, rpc: str) -> Asked:
        """The only call that came to `rpc`."""
        (found,) = [asked for asked in self.asked if asked.rpc == rpc]
        return found

    def registrations(self, service: str) -> list[Callable[[Any], None]]:
        """What registers the service's servicers on a server."""
        return [self._registration(service, module, name) for module, name in SERVICERS[service]]

    def _registration(self, service: str, module: Any, name: str) -> Callable[[Any], None]:
        base = getattr(module, f"{name}Servicer")
        methods = {
            method: self._method(f"{service}.{method}")
            for method, _ in inspect.getmembers(base, inspect.isfunction)
            if method[0].isupper()
        }
        servicer = type(name, (base,), methods)()
        add = getattr(module, f"add_{name}Servicer_to_server")
        return lambda server: add(servicer, server)

    def _method(self, rpc: str) -> Any:
        @allow(*(() if rpc in NOBODYS else ("professional", "administrator", "patient", "system")))
        async def unary(_: Any, request: Any, __: Any) -> Any:
            if rpc in STREAMS_IN:
                self.asked.append(Asked(rpc, None, calls.current()))
                return await self._given(rpc)(request)
            self.asked.append(Asked(rpc, request, calls.current()))
            given = self._given(rpc)
            if callable(given):
                given = given(request)
                return await given if inspect.isawaitable(given) else given
            return given

        @allow("professional", "administrator", "patient", "system")
        async def streaming(_: Any, request: Any, __: Any) -> AsyncIterator[Any]:
            self.asked.append(Asked(rpc, request, calls.current()))
            given = self._given(rpc)
            if callable(given):
                async for message in given(request):
                    yield message
                return
            for message in given:
                if isinstance(message, Exception):
                    raise message
                yield message

        return streaming if rpc in STREAMS_OUT else unary

    def _given(self, rpc: str) -> Any:
        given = self._answers.get(rpc, NotProgrammed(rpc))
        if isinstance(given, Refusal | NotProgrammed):
            raise given
        return given
