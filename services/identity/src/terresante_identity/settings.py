"""Every setting of the identity service (TERRESANTE_IDENTITY_...)."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from terresante_platform.settings import ServiceSettings

from terresante_identity.domain.ins import Environment
from terresante_identity.domain.search_budget import Allowance


class Settings(ServiceSettings):
    """What the identity service needs besides what every service needs."""

    model_config = SettingsConfigDict(env_prefix="TERRESANTE_IDENTITY_", extra="forbid", frozen=True)

    consent_address: str = Field(description="gRPC target of consent")
    keycloak_url: str = Field(description="Base URL of Keycloak, without /realms")
    keycloak_realm: str = Field("patient", description="Realm of the patients' accounts")
    keycloak_client_id: str = Field("platform", description="Client whose service account makes accounts")
    keycloak_client_secret_file: Path = Field(description="File that holds that client's secret")
    portal_url: str = Field(min_length=1, description="Page where a patient logs in, given with an activation code")
    environment: Environment = Field(
        Environment.PRODUCTION,
        description="production or test: which INS numbers may be held (R-ID5); a sandbox is test",
    )
    search_burst: int = Field(30, ge=1, description="Person searches a professional may make at once")
    searches_per_hour: int = Field(120, ge=1, description="Person searches a professional may make in the long run")

    rarity_refresh_seconds: float = Field(
        3600.0, gt=0, description="Seconds between two counts of how frequent names and places are"
    )

    @property
    def allowance(self) -> Allowance:
        return Allowance(self.search_burst, self.searches_per_hour)
