"""The service as a process: it starts and serves while its neighbours and the bus are away, and stops when asked."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.postgres import free_port


def environment(database_url: str, certificates: Authority, folder: Path, port: int, **more: str) -> dict[str, str]:
    who = certificates.identity("consent")
    key = folder / "journal.pem"
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key.write_bytes(pem)
    values = {
        "LISTEN": f"127.0.0.1:{port}",
        "TLS_CERT_FILE": who.certificate,
        "TLS_KEY_FILE": who.key,
        "TLS_CA_FILE": who.authority,
        "ISSUERS": json.dumps({"https://127.0.0.1:1/realms/pro": ["professional"]}),
        "DATABASE_URL": database_url,
        "NATS_URL": f"tls://127.0.0.1:{free_port()}",
        "DIRECTORY_ADDRESS": f"ipv4:127.0.0.1:{free_port()}",
        "IDENTITY_ADDRESS": f"ipv4:127.0.0.1:{free_port()}",
        "JOURNAL_KEY_FILE": key,
        **more,
    }
    return os.environ | {f"TERRESANTE_CONSENT_{name}": str(value) for name, value in values.items()}


async def started(variables: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "terresante_consent",
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def test_it_serves_without_its_neighbours_or_bus_and_stops_when_asked(
    database_url: str, certificates: Authority, tmp_path: Path
) -> None:
    port = free_port()
    process = await started(environment(database_url, certificates, tmp_path, port))
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


@pytest.mark.parametrize("spoiled", ["UNHEARD_OF", "ENTITLEMENTS_FILE", "JOURNAL_KEY_FILE", "EMERGENCY_HOURS"])
async def test_it_does_not_start_with_a_setting_that_is_wrong(
    database_url: str, certificates: Authority, tmp_path: Path, spoiled: str
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("{}")
    value = "1000" if spoiled == "EMERGENCY_HOURS" else str(wrong)
    variables = environment(database_url, certificates, tmp_path, free_port(), **{spoiled: value})

    process = await started(variables)
    output, _ = await asyncio.wait_for(process.communicate(), 30)

    assert process.returncode != 0
    assert b"serving" not in output
