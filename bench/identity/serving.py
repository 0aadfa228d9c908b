"""The processes of the service bench: identity, and a consent that says yes at once, each over mutual TLS.

`python -m bench.identity.serving consent|identity FOLDER`, started by `service.py`. FOLDER holds told.json; each writes
NAME.address when it serves. What consent really costs is measured by `python -m bench`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from terresante.consent.v1 import decision_service_pb2 as consent
from terresante.consent.v1.decision_service_pb2_grpc import (
    DecisionServiceServicer,
    DecisionServiceStub,
    add_DecisionServiceServicer_to_server,
)
from terresante.identity.v1.linkage_service_pb2_grpc import add_LinkageServiceServicer_to_server
from terresante_identity.domain.ins import Environment
from terresante_identity.gazetteer import gazetteer
from terresante_identity.matcher import Matcher
from terresante_identity.rpc.access import Access
from terresante_identity.rpc.desk import Desk
from terresante_identity.rpc.linkage import LinkageService
from terresante_identity.settings import Settings
from terresante_identity.store.direct import reading
from terresante_platform import database, service
from terresante_platform.refusals import Unknown
from terresante_platform.rpc import client, server
from terresante_platform.rpc.allow import allow
from terresante_platform.tls import Identity
from terresante_platform.tokens import Verifier

NOW = partial(datetime.now, UTC)


class Yes(DecisionServiceServicer):
    """Allows everything."""

    @allow("professional", "system", services=("identity",))
    async def DecideMany(self, request: consent.DecideManyRequest, _: Any) -> consent.DecideManyResponse:
        yes = consent.Decision(allowed=True, entry_id="entry", scope=consent.Scope(feeding_policy="auto"))
        return consent.DecideManyResponse(decisions=[yes] * len(request.questions))

    async def GetDecision(self, request: consent.GetDecisionRequest, _: Any) -> consent.GetDecisionResponse:
        """Without `@allow`: nobody may."""
        raise Unknown(request.entry_id)

    async def ListTellable(self, request: consent.ListTellableRequest, _: Any) -> consent.ListTellableResponse:
        """Without `@allow`: nobody may."""
        raise Unknown(f"{len(request.topics)}")


def certificate(folder: Path, name: str) -> Identity:
    return Identity(folder / f"{name}.pem", folder / f"{name}.key", folder / "ca.pem")


def verifier(told: dict[str, Any], audience: str) -> Verifier:
    async def fetch(url: str) -> dict[str, Any]:
        if url.endswith("/.well-known/openid-configuration"):
            return {"issuer": told["issuer"], "jwks_uri": f"{told['issuer']}/keys"}
        keys: dict[str, Any] = told["keys"]
        return keys

    return Verifier({told["issuer"]: told["kinds"]}, audience, fetch)


async def serve_consent(folder: Path, told: dict[str, Any]) -> None:
    register = partial(add_DecisionServiceServicer_to_server, Yes())
    await _serve(folder, told, "consent", register)


async def serve_identity(folder: Path, told: dict[str, Any]) -> None:
    who = certificate(folder, "identity")
    settings = Settings(
        listen="127.0.0.1:0", tls_cert_file=who.certificate, tls_key_file=who.key, tls_ca_file=who.authority, issuers={},
        database_url=told["database_url"], nats_url="tls://127.0.0.1:1", consent_address=told["consent"],
        keycloak_url="https://login.test", keycloak_client_secret_file=who.key, portal_url="https://portail.test/",
        environment=Environment.TEST,
    )  # fmt: skip
    async with (
        database.connected(settings.database_url, settings.database_pool, "identity") as kept,
        reading(settings.database_url, settings.database_pool, "identity reads") as reads,
        client.connected(settings.consent_address, "consent", who) as asked,
    ):
        access = Access(DecisionServiceStub(asked))
        desk = Desk(kept, access, await Matcher.loaded(kept, NOW), gazetteer(), settings, NOW, reads)
        await _serve(folder, told, "identity", partial(add_LinkageServiceServicer_to_server, LinkageService(desk)))


async def _serve(folder: Path, told: dict[str, Any], name: str, register: Any) -> None:
    who = certificate(folder, name)
    async with server.serving("127.0.0.1:0", who, verifier(told, name), [register], 1.0, 0.0) as port:
        made = folder / f"{name}.making"
        made.write_text(f"ipv4:127.0.0.1:{port}")
        made.rename(folder / f"{name}.address")
        await service.stop_requested()


def main(name: str, folder: Path) -> None:
    told = json.loads((folder / "told.json").read_text())
    asyncio.run(serve_identity(folder, told) if name == "identity" else serve_consent(folder, told))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
