"""One method per RPC: to read a method is to read the use case. `desk.py` is what they have in common."""

from terresante.records.v1.alert_service_pb2_grpc import AlertServiceServicer
from terresante.records.v1.records_service_pb2_grpc import RecordsServiceServicer

from terresante_records.rpc.documents import Documents
from terresante_records.rpc.notes import Notes
from terresante_records.rpc.observations import Observations
from terresante_records.rpc.publishing import Publishing
from terresante_records.rpc.stays import Stays
from terresante_records.rpc.thresholds import Thresholds

__all__ = ["AlertService", "RecordsService"]


class RecordsService(Publishing, Documents, Notes, Observations, RecordsServiceServicer):
    """All of terresante.records.v1.RecordsService, one class a subject."""


class AlertService(Stays, Thresholds, AlertServiceServicer):
    """All of terresante.records.v1.AlertService, one class a subject."""
