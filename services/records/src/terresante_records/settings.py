"""Every setting of the records service."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from terresante_platform.settings import ServiceSettings


class Settings(ServiceSettings):
    """Where contents are kept, what seals them, how much is taken, whom to ask."""

    model_config = SettingsConfigDict(env_prefix="TERRESANTE_RECORDS_")

    consent_address: str = Field(description="gRPC target of the consent service")
    store_url: str = Field(
        description="Where sealed contents are kept: file:///folder, s3://bucket/prefix (credentials and endpoint "
        "from the usual AWS_* variables), memory:/// for tests"
    )
    master_key_file: Path = Field(
        description="The operator's keys: one `id base64-of-32-bytes` a line, the one that seals first"
    )
    document_types_file: Path | None = Field(
        None, description="Document types and categories; those that come with the service if unset"
    )
    max_content_bytes: int = Field(26_214_400, ge=1, le=268_435_456, description="Largest content of a document, bytes")
    sweep_every_seconds: float = Field(3_600, gt=0, description="How often contents without a document are looked for")
    sweep_min_age_seconds: float = Field(
        86_400, ge=60, description="How old a content without a document must be before it is removed"
    )
