"""The service as a process: it starts and serves while Keycloak and the bus are away, and stops when asked."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.postgres import free_port

from .process import environment


async def test_it_serves_without_keycloak_or_bus_and_stops_when_asked(
    database_url: str, certificates: Authority, tmp_path: Path
) -> None:
    port = free_port()
    variables = environment(database_url, certificates, tmp_path, port=port)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "terresante_directory",
        env=os.environ | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
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
