"""Every setting of the directory."""

import re
from pathlib import Path
from typing import Self

from pydantic import Field, IPvAnyNetwork, model_validator
from pydantic_settings import SettingsConfigDict
from terresante_platform.settings import ServiceSettings
from terresante_platform.strangers import ProxyHeader

ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?")


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
    consent_address: str = Field(
        "", description="gRPC target of consent, told of suspensions; it counts circles, not known if empty"
    )
    messaging_address: str = Field("", description="gRPC target of messaging; it counts messages, not known if empty")
    territories_file: Path | None = Field(None, description="Territories; the committed list if unset")
    professions_file: Path | None = Field(None, description="Professions; the committed list if unset")

    disclosure_file: Path | None = Field(
        None, description="Who is told which contacts (R-ROR1, R-ROR2); the committed example grid if unset"
    )
    enrolment_file: Path | None = Field(
        None, description="Identity checks, terms and smallest count told; the committed example if unset"
    )
    digital_services_file: Path | None = Field(
        None, description="Catalogue of regional digital services; the committed example if unset"
    )
    workbench_listen: str = Field("", description="host:port of the administrators' pages (HTTPS); empty: not served")
    workbench_url: str = Field(
        "", description="https:// origin under which browsers reach these pages, without a slash at the end"
    )
    workbench_client_id: str = Field("workbench", description="Client by which administrators log in to these pages")
    workbench_key_file: Path | None = Field(
        None, description="EC P-256 private key, PEM, by which that client proves itself to Keycloak"
    )

    workbench_trusted_proxies: list[IPvAnyNetwork] = Field(
        default_factory=list,
        description="JSON list of networks (CIDR) of the reverse proxies in front of these pages, whose word about the "
        "browser's address is believed; none by default: the browser is then who connects",
    )
    workbench_proxy_header: ProxyHeader = Field(
        "x-forwarded-for", description="The one header in which those proxies tell it; the other is ignored"
    )

    @model_validator(mode="after")
    def _workbench_whole(self) -> Self:
        if self.workbench_listen and not (ORIGIN.fullmatch(self.workbench_url) and self.workbench_key_file):
            raise ValueError("WORKBENCH_LISTEN needs WORKBENCH_URL (https://host[:port]) and WORKBENCH_KEY_FILE")
        return self

    def administrators_issuer(self) -> str:
        """The one issuer that may vouch for administrators. Raises ValueError unless there is exactly one."""
        (issuer,) = [url for url, kinds in self.issuers.items() if "administrator" in kinds]
        return issuer

    def keycloak(self) -> tuple[str, str, str, Path, Path | None]:
        """Where accounts are, as `accounts.connected` takes it."""
        return (
            self.keycloak_url,
            self.keycloak_realm,
            self.keycloak_client_id,
            self.keycloak_client_secret_file,
            self.keycloak_ca_file or self.issuers_ca_file,
        )
