"""Every setting of the messaging service."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from terresante_platform.settings import ServiceSettings


class Settings(ServiceSettings):
    """Whom to ask."""

    model_config = SettingsConfigDict(env_prefix="TERRESANTE_MESSAGING_")

    consent_address: str = Field(description="gRPC target of the consent service")
