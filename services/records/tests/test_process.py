"""The service as a process: it starts and serves while consent and the bus are away, and stops when asked."""

import asyncio
import base64
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.postgres import free_port


def environment(database_url: str, certificates: Authority, folder: Path, port: int) -> dict[str, str]:
    who = certificates.identity("records")
    keys = folder / "master.keys"
    keys.write_text(f"2026 {base64.b64encode(b'k' * 32).decode()}\n")
    values = {
        "LISTEN": f"127.0.0.1:{port}",
        "TLS_CERT_FILE": who.certificate,
        "TLS_KEY_FILE": who.key,
        "TLS_CA_FILE": who.authority,
        "ISSUERS": json.dumps({f"https://127.0.0.1:{free_port()}/realms/pro": ["professional"]}),
        "ISSUERS_CA_FILE": who.authority,
        "DATABASE_URL": database_url,
        "NATS_URL": f"tls://127.0.0.1:{free_port()}",
        "CONSENT_ADDRESS": f"ipv4:127.0.0.1:{free_port()}",
        "STORE_URL": f"file://{folder}/contents",
        "MASTER_KEY_FILE": keys,
    }
    return {f"TERRESANTE_RECORDS_{name}": str(value) for name, value in values.items()}


async def started(module: str, variables: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        env=os.environ | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def test_it_serves_alone_and_stops_when_asked(database_url: str, certificates: Authority, tmp_path: Path) -> None:
    port, begun = free_port(), time.monotonic()
    process = await started("terresante_records", environment(database_url, certificates, tmp_path, port))
    try:
        credentials = certificates.identity("gateway").channel_credentials()
        async with aio.secure_channel(f"127.0.0.1:{port}", credentials) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            told = stub.Watch(health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=30)
            while (await told.read()).status != health_pb2.HealthCheckResponse.SERVING:
                pass  # not before it has waited for the keys of whoever logs people in
        assert time.monotonic() - begun < 20
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == 0, output.decode()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("MASTER_KEY_FILE", "/nowhere", "FileNotFoundError"),
        ("MAX_CONTENT_BYTES", "0", "max_content_bytes"),
        ("SOMETHING_ELSE", "1", "TERRESANTE_RECORDS_SOMETHING_ELSE"),
    ],
)
async def test_a_wrong_setting_stops_the_start(
    database_url: str, certificates: Authority, tmp_path: Path, name: str, value: str, told: str
) -> None:
    variables = environment(database_url, certificates, tmp_path, free_port())
    process = await started("terresante_records", variables | {f"TERRESANTE_RECORDS_{name}": value})
    output, _ = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode != 0
    assert told in output.decode()


async def test_master_keys_are_rotated_by_a_command(database_url: str, certificates: Authority, tmp_path: Path) -> None:
    process = await started("terresante_records.rotate", environment(database_url, certificates, tmp_path, 1))
    output, _ = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == 0, output.decode()
    assert "0 patient keys are now sealed by 2026" in output.decode()
