"""Alembic's entry: the platform runs the migrations."""

from terresante_platform import migrations

migrations.run()
