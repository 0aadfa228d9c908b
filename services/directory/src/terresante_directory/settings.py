"""Every setting of the directory."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from terresante_platform.settings import ServiceSettings


class Settings(ServiceSettings):
    """The platform's, and where accounts are."""

    model_config = SettingsConfigDict(
        env_prefix="TERRESANTE_DIRECTORY_", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    keycloak_url: str = Field(description="Keycloak's address, as https://host:port, without /realms")
    keycloak_realm: str = Field("pro", description="Realm of professionals and administrators")
    keycloak_client_id: str = Field("platform", description="Client whose service account manages users")
    keycloak_client_secret_file: Path = Field(description="Its secret")
    keycloak_ca_file: Path | None = Field(
        None, description="Authority of Keycloak's HTTPS certificate; ISSUERS_CA_FILE if unset"
    )
    territories_file: Path | None = Field(None, description="Territories; the committed list if unset")
    professions_file: Path | None = Field(None, description="Professions; the committed list if unset")

    def keycloak(self) -> tuple[str, str, str, Path, Path | None]:
        """Where accounts are, as `accounts.connected` takes it."""
        return (
            self.keycloak_url,
            self.keycloak_realm,
            self.keycloak_client_id,
            self.keycloak_client_secret_file,
            self.keycloak_ca_file or self.issuers_ca_file,
        )
