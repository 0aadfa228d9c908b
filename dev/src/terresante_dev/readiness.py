"""Ways to see that a part does its work: over HTTP, or by gRPC's health service with the operator's
certificate.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import grpc
import httpx2
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from terresante_dev.nats import OPERATOR

TIMEOUT = 2.0  # seconds


async def http(url: str, ca: Path | None = None) -> bool:
    """Whether a GET answers 200."""
    verify = ssl.create_default_context(cafile=str(ca)) if ca else True
    try:
        async with httpx2.AsyncClient(verify=verify, timeout=TIMEOUT, trust_env=False) as client:
            return (await client.get(url)).status_code == 200
    except (httpx2.HTTPError, OSError):
        return False


async def health(port: int, service: str, pki: Path) -> bool:
    """Whether a service says SERVING to its own port, its certificate being that of `service`."""
    credentials = grpc.ssl_channel_credentials(
        root_certificates=(pki / "ca.pem").read_bytes(),
        private_key=(pki / f"{OPERATOR}.key").read_bytes(),
        certificate_chain=(pki / f"{OPERATOR}.pem").read_bytes(),
    )
    named = [("grpc.ssl_target_name_override", f"{service}.svc"), ("grpc.enable_http_proxy", 0)]
    async with grpc.aio.secure_channel(f"ipv4:127.0.0.1:{port}", credentials, options=named) as channel:
        try:
            answer = await HealthStub(channel).Check(HealthCheckRequest(), timeout=TIMEOUT)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == HealthCheckResponse.SERVING)
