"""What this process has measured, for tests. OpenTelemetry lets a provider be set once, so all tests share this one."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader


@cache
def reading() -> InMemoryMetricReader:
    """The reader of all that is measured from the first call on; instruments made before are read too."""
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader]))
    return reader


def points(name: str) -> Iterator[Any]:
    """The series of an instrument, as they would leave now."""
    found = reading().get_metrics_data()
    for resource in found.resource_metrics if found else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                if metric.name == name:
                    yield from metric.data.data_points


def values(name: str) -> list[tuple[dict[str, Any], float]]:
    """Attributes and value of each series of a gauge."""
    return [(dict(point.attributes), point.value) for point in points(name)]
