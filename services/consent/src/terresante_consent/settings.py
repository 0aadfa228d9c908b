"""Every setting of the consent service."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from terresante_platform.settings import ServiceSettings


class Settings(ServiceSettings):
    """The platform's, the addresses of whom consent asks, the journal's key, and what may differ between operators."""

    model_config = SettingsConfigDict(
        env_prefix="TERRESANTE_CONSENT_", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    directory_address: str = Field(description="gRPC target of the directory")
    identity_address: str = Field(description="gRPC target of identity")
    journal_key_file: Path = Field(description="Ed25519 private key (PEM, PKCS#8) that signs the journal's batch heads")
    entitlements_file: Path | None = Field(
        None, description="Entitlement matrix, see data/README.md; the committed example if unset"
    )
    facts_max_age_seconds: float = Field(
        60.0, gt=0, le=3600, description="Oldest copy of a professional's facts that may be decided on"
    )
    emergency_hours: float = Field(4.0, gt=0, le=72, description="How long an emergency access stays open")
    smallest_count: int = Field(
        5,
        ge=1,
        le=1000,
        description="Counts of circles and consents under this are not told, others rounded down to its multiples; "
        "no text sets it, 5 is a common practice for public counts (to check with the DPO)",
    )
