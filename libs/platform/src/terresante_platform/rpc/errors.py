"""Refusals over gRPC: a status with `google.rpc.ErrorInfo` (reason, kind, what to do) on the way out, a `Refusal`
again on the way in.
"""

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc.aio import AioRpcError, Metadata

from terresante_platform.refusals import Refusal, Unavailable, revived

DOMAIN = "terresante"
_DETAILS = "grpc-status-details-bin"
_CODES = {
    "INVALID": grpc.StatusCode.INVALID_ARGUMENT,
    "UNAUTHENTICATED": grpc.StatusCode.UNAUTHENTICATED,
    "DENIED": grpc.StatusCode.PERMISSION_DENIED,
    "UNKNOWN": grpc.StatusCode.NOT_FOUND,
    "CONFLICT": grpc.StatusCode.ABORTED,
    "STALE": grpc.StatusCode.FAILED_PRECONDITION,
    "TOO_LARGE": grpc.StatusCode.OUT_OF_RANGE,
    "UNSUPPORTED": grpc.StatusCode.INVALID_ARGUMENT,
    "UNPROCESSABLE": grpc.StatusCode.INVALID_ARGUMENT,
    "PRECONDITION_MISSING": grpc.StatusCode.FAILED_PRECONDITION,
    "TOO_MANY": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "UNAVAILABLE": grpc.StatusCode.UNAVAILABLE,
}
FAULT = "fault"
"""What a neighbour says of a fault of its own. Anything else without a refusal is an outage: a line that was cut also
ends in INTERNAL, UNKNOWN or CANCELLED."""
_FAULTS = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.DATA_LOSS)


def code(refusal: Refusal | None) -> grpc.StatusCode:
    """The status that a refusal leaves with; of None, a fault of ours."""
    return grpc.StatusCode.INTERNAL if refusal is None else _CODES.get(refusal.kind, grpc.StatusCode.UNKNOWN)


def written(refusal: Refusal) -> tuple[grpc.StatusCode, str, tuple[tuple[str, bytes], ...]]:
    """A refusal as status code, message and trailing metadata."""
    status_code = code(refusal)
    told = {
        "kind": refusal.kind,
        "todo": refusal.todo,
        **{f"detail.{name}": text for name, text in refusal.details.items()},
    }
    status = status_pb2.Status(code=status_code.value[0], message=refusal.sentence)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=refusal.reason, domain=DOMAIN, metadata=told))
    return status_code, refusal.sentence, ((_DETAILS, status.SerializeToString()),)


def read(error: AioRpcError, peer: str) -> Refusal:
    """What a failed call to `peer` means here: its refusal, or that it is unavailable."""
    told = _error_info(error.trailing_metadata())
    if told is not None:
        info, sentence = told
        details = {
            name.removeprefix("detail."): text for name, text in info.metadata.items() if name.startswith("detail.")
        }
        return revived(info.metadata["kind"], info.reason, sentence, info.metadata["todo"], details)
    refusal = Unavailable(
        "Une partie de la plateforme ne répond pas ; rien n’a été fait ni montré.",
        "Réessayez dans quelques instants.",
        part=peer,
    )
    faulty = error.code() in _FAULTS or (error.code() == grpc.StatusCode.INTERNAL and error.details() == FAULT)
    refusal.reason = f"{peer.upper()}_FAULT" if faulty else f"{peer.upper()}_UNAVAILABLE"  # type: ignore[misc]
    return refusal


def _error_info(trailing: Metadata | None) -> tuple[error_details_pb2.ErrorInfo, str] | None:
    for name, value in trailing or ():
        if name == _DETAILS and isinstance(value, bytes):
            status = status_pb2.Status.FromString(value)
            for detail in status.details:
                info = error_details_pb2.ErrorInfo()
                if detail.Unpack(info) and info.domain == DOMAIN and "kind" in info.metadata:
                    return info, status.message
    return None
