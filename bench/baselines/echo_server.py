"""A gRPC server that gives back what it gets, over mutual TLS: `python -m bench.baselines.echo_server CA CERT KEY`."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import grpc
import uvloop
from grpc import aio

METHOD = "/bench.Echo/Say"


async def _say(request: bytes, _: Any) -> bytes:
    return request


async def main(authority: bytes, certificate: bytes, key: bytes) -> None:
    server = aio.server()
    service, method = METHOD[1:].split("/")
    handler: Any = grpc.unary_unary_rpc_method_handler(_say)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    port = server.add_secure_port(
        "127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)], authority, require_client_auth=True)
    )
    await server.start()
    print(port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(*(Path(name).read_bytes() for name in sys.argv[1:4])))
