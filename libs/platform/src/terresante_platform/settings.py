"""Settings: typed, with defaults, from environment variables. One that nobody knows stops the start."""

import os
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every process needs. A service adds its own fields and names its prefix in `model_config`."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    listen: str = Field(description="host:port to serve on")
    tls_cert_file: Path = Field(description="Own certificate chain, PEM; its SAN names the service (<service>.svc)")
    tls_key_file: Path = Field(description="Private key of it, PEM")
    tls_ca_file: Path = Field(description="Authority of the platform's internal certificates, PEM")
    issuers: dict[str, list[str]] = Field(description="JSON: issuer URL -> kinds of people it may vouch for")
    issuers_ca_file: Path | None = Field(
        None, description="Authority of the issuers' HTTPS certificates; the system's if unset"
    )
    otlp_endpoint: str = Field("", description="OTLP/HTTP base URL for spans and metrics; empty: nowhere")
    trace_ratio: float = Field(1.0, ge=0, le=1, description="Share of traces that are kept")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Least level that is logged")
    drain_seconds: float = Field(
        5.0, ge=0, le=300, description="How long calls in flight may go on after a stop request"
    )

    @model_validator(mode="before")
    @classmethod
    def _no_unknown_variable(cls, values: Any) -> Any:
        prefix = cls.model_config.get("env_prefix", "").upper()
        known = {f"{prefix}{name.upper()}" for name in cls.model_fields}
        unknown = sorted(name for name in os.environ if prefix and name.startswith(prefix) and name not in known)
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(unknown)}; see docs/configuration.md")
        return values

    @classmethod
    def from_environment(cls) -> Self:
        """The settings of this process. A wrong one ends it with a line that names the variable, never its value."""
        try:
            return cls()
        except ValueError as fault:
            raise SystemExit(f"{cls.__module__}: {fault}") from None


class ServiceSettings(Settings):
    """What every gRPC service needs besides."""

    database_url: str = Field(
        repr=False, description="postgresql://role:password@host:port/database of the run-time role"
    )
    nats_url: str = Field(description="tls://host:port of the bus")
    database_pool: int = Field(8, ge=1, le=100, description="Connections to PostgreSQL per process")
