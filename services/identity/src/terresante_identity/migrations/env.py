"""Alembic's entry: the platform runs the migrations."""

from terresante_platform.migrations import run

run()
