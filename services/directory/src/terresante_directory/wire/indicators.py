"""Counts of a territory as callers see them."""

from collections.abc import Mapping

from terresante.directory.v1 import enrolment_service_pb2 as pb

from terresante_directory import wire
from terresante_directory.domain.indicators import Series
from terresante_directory.domain.professionals import Profession


def series_to_proto(series: Series, professions: Mapping[str, Profession]) -> pb.IndicatorSeries:
    label = professions[series.label].label if series.label in professions else series.label
    return pb.IndicatorSeries(
        kind=series.kind,
        label=label,
        points=[
            pb.IndicatorPoint(week=wire.timestamp(one.week), value=one.value, masked=one.masked)
            for one in series.points
        ],
        unknown=series.unknown,
        smallest=series.smallest,
        rounded_to=series.rounded_to,
    )
