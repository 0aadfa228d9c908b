"""What this process has measured, for tests. OpenTelemetry lets a provider be set once, so all tests share this one."""

from functools import cache

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader


@cache
def reading() -> InMemoryMetricReader:
    """The reader of all that is measured from the first call on; instruments made before are read too."""
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader]))
    return reader
