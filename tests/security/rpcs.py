"""Every RPC of the contracts, found from the descriptors, and called as who a test wants to be."""

import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import grpc
import terresante
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from grpc import aio
from terresante_platform.rpc import errors
from terresante_platform.rpc.allow import Rule, rule_of
from terresante_platform.tls import Identity

CHANNEL = (
    ("grpc.service_config", '{"loadBalancingConfig": [{"round_robin": {}}]}'),
    ("grpc.use_local_subchannel_pool", 1),
)


@dataclass(frozen=True)
class Rpc:
    """One RPC: its service's name, its descriptor, and what its code says of who may call it."""

    service: str
    method: MethodDescriptor
    rule: Rule | None

    @property
    def name(self) -> str:
        """Service and method."""
        return f"{self.service}.{self.method.name}"

    @property
    def path(self) -> str:
        """As gRPC calls it."""
        return f"/{self.method.containing_service.full_name}/{self.method.name}"


@cache
def every_rpc() -> tuple[Rpc, ...]:
    """All that is in any `*_service.proto`."""
    found = []
    for module in _modules():
        for service in module.DESCRIPTOR.services_by_name.values():
            part = service.full_name.split(".")[1]
            rules = _rules(part)
            found += [Rpc(part, method, rules.get(method.name)) for method in service.methods]
    return tuple(found)


def _modules() -> Iterator[Any]:
    for one in pkgutil.walk_packages(terresante.__path__, "terresante."):
        if one.name.endswith("_service_pb2"):
            yield importlib.import_module(one.name)


@cache
def _rules(part: str) -> dict[str, Rule | None]:
    """The rules of a service's methods, by RPC name, as written in its code."""
    root = importlib.import_module(f"terresante_{part}.rpc")
    names = [one.name for one in pkgutil.walk_packages(getattr(root, "__path__", []), f"{root.__name__}.")]
    found: dict[str, Rule | None] = {}
    for module in [root, *map(importlib.import_module, names)]:
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if kind.__module__.startswith(f"terresante_{part}."):
                found |= {name: rule_of(method) for name, method in vars(kind).items() if name[:1].isupper()}
    return found


def identity(stack: Mapping[str, Any], name: str) -> Identity:
    """The certificate of a part of the stack."""
    folder = Path(stack["certificates"])
    return Identity(folder / f"{name}.pem", folder / f"{name}.key", folder / "ca.pem")


@asynccontextmanager
async def line(
    stack: Mapping[str, Any], to: str, credentials: grpc.ChannelCredentials | None
) -> AsyncIterator[aio.Channel]:
    """A channel to all replicas of a service; without credentials, one without TLS."""
    options = (*CHANNEL, ("grpc.ssl_target_name_override", f"{to}.svc"))
    address = stack["services"][to]
    made = aio.secure_channel(address, credentials, options) if credentials else aio.insecure_channel(address, CHANNEL)
    async with made as channel:
        yield channel


async def outcome(channel: aio.Channel, rpc: Rpc, **metadata: str) -> str:
    """The reason for which an empty request was refused; `answered` if it was not; gRPC's own code if it never came
    to a decision. Header names with `_` for `-`.
    """
    make = {
        (False, False): channel.unary_unary,
        (True, False): channel.stream_unary,
        (False, True): channel.unary_stream,
    }[rpc.method.client_streaming, rpc.method.server_streaming]
    call: Any = make(
        rpc.path,
        request_serializer=GetMessageClass(rpc.method.input_type).SerializeToString,
        response_deserializer=GetMessageClass(rpc.method.output_type).FromString,
    )
    empty = GetMessageClass(rpc.method.input_type)()
    sent = tuple((name.replace("_", "-"), value) for name, value in metadata.items())
    try:
        answer = call(iter([empty]) if rpc.method.client_streaming else empty, metadata=sent, timeout=20)
        if rpc.method.server_streaming:
            async for _ in answer:
                break
        else:
            await answer
    except aio.AioRpcError as error:
        if "terresante" in str(error.trailing_metadata()):
            return str(errors.read(error, rpc.service).reason)
        return error.code().name
    return "answered"
