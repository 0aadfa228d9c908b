"""The service as a process: it starts and serves while all its neighbours are away, and stops when asked."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.postgres import free_port


def environment(database_url: str, certificates: Authority, folder: Path, port: int) -> dict[str, str]:
    """Its variables, with nobody at the other ends but PostgreSQL, if it is there."""
    who = certificates.identity("identity")
    secret = folder / "keycloak-secret"
    secret.write_text("secret")
    keycloak = f"https://127.0.0.1:{free_port()}"
    values = {
        "LISTEN": f"127.0.0.1:{port}",
        "TLS_CERT_FILE": who.certificate,
        "TLS_KEY_FILE": who.key,
        "TLS_CA_FILE": who.authority,
        "ISSUERS": json.dumps({f"{keycloak}/realms/pro": ["professional"]}),
        "ISSUERS_CA_FILE": who.authority,
        "DATABASE_URL": database_url,
        "NATS_URL": f"tls://127.0.0.1:{free_port()}",
        "CONSENT_ADDRESS": f"ipv4:127.0.0.1:{free_port()}",
        "KEYCLOAK_URL": keycloak,
        "PORTAL_URL": "https://portail.test/",
        "KEYCLOAK_CLIENT_SECRET_FILE": secret,
        "ENVIRONMENT": "test",
    }
    return {f"TERRESANTE_IDENTITY_{name}": str(value) for name, value in values.items()}


async def started(variables: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "terresante_identity",
        env=os.environ | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


@pytest.mark.parametrize("database", ["there", "away"])
async def test_it_serves_while_its_neighbours_are_away_and_stops_when_asked(
    database_url: str, certificates: Authority, tmp_path: Path, database: str
) -> None:
    port, nobody = free_port(), f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    url = database_url if database == "there" else nobody
    process = await started(environment(url, certificates, tmp_path, port))
    try:
        credentials = certificates.identity("gateway").channel_credentials()
        async with aio.secure_channel(f"127.0.0.1:{port}", credentials) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            told = stub.Watch(health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=30)
            while (await told.read()).status != health_pb2.HealthCheckResponse.SERVING:
                pass  # not before it has waited for the keys of whoever logs people in
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == 0, output.decode()


@pytest.mark.parametrize(
    ("variable", "value"), [("ENVIRONMENT", "sandbox"), ("ENVIRONNEMENT", "test"), ("SEARCH_BURST", "0")]
)
async def test_a_wrong_or_unknown_setting_stops_the_start(
    database_url: str, certificates: Authority, tmp_path: Path, variable: str, value: str
) -> None:
    variables = environment(database_url, certificates, tmp_path, free_port())

    process = await started(variables | {f"TERRESANTE_IDENTITY_{variable}": value})
    output, _ = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == 1
    assert variable.lower() in output.decode().lower()
