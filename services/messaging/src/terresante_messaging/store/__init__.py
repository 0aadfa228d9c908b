"""Messaging in PostgreSQL: SQL only, nothing is decided here."""
