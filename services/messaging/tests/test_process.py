"""The service as a process: it starts and serves while consent and the bus are away, and stops when asked."""

import asyncio
import base64
import json
import os
import signal
import sys
import time
from pathlib import Path

from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.postgres import free_port


def environment(database_url: str, certificates: Authority, folder: Path, port: int) -> dict[str, str]:
    who = certificates.identity("messaging")
    keys = folder / "master.key"
    keys.write_text(f"k1 {base64.b64encode(os.urandom(32)).decode()}\n")
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
        "DIRECTORY_ADDRESS": f"ipv4:127.0.0.1:{free_port()}",
        "STORE_URL": "memory:///",
        "MASTER_KEY_FILE": keys,
    }
    return {f"TERRESANTE_MESSAGING_{name}": str(value) for name, value in values.items()}


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
    process = await started("terresante_messaging", environment(database_url, certificates, tmp_path, port))
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


async def test_a_setting_that_nobody_knows_stops_the_start(
    database_url: str, certificates: Authority, tmp_path: Path
) -> None:
    variables = environment(database_url, certificates, tmp_path, free_port())
    process = await started("terresante_messaging", variables | {"TERRESANTE_MESSAGING_SOMETHING_ELSE": "1"})
    output, _ = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode != 0
    assert "TERRESANTE_MESSAGING_SOMETHING_ELSE" in output.decode()


async def test_a_file_of_authorities_that_holds_none_stops_the_start_by_the_name_of_its_setting(
    database_url: str, certificates: Authority, tmp_path: Path
) -> None:
    file = tmp_path / "portals.pem"
    file.write_text("")
    variables = environment(database_url, certificates, tmp_path, free_port())
    process = await started("terresante_messaging", variables | {"TERRESANTE_MESSAGING_WEBHOOK_CA_FILE": str(file)})
    output, _ = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode != 0
    assert "TERRESANTE_MESSAGING_WEBHOOK_CA_FILE must name a readable file of PEM certificates" in output.decode()
