"""Every setting of the gateway; an unknown TERRESANTE_GATEWAY_* variable stops the start."""

from pathlib import Path

from pydantic import Field, IPvAnyNetwork
from pydantic_settings import SettingsConfigDict
from terresante_platform.settings import Settings as CommonSettings
from terresante_platform.strangers import ProxyHeader


class Settings(CommonSettings):
    """What the gateway needs besides what every process needs."""

    model_config = SettingsConfigDict(env_prefix="TERRESANTE_GATEWAY_")

    identity_address: str = Field(description="gRPC target of the identity service")
    consent_address: str = Field(description="gRPC target of the consent service")
    records_address: str = Field(description="gRPC target of the records service")
    messaging_address: str = Field(description="gRPC target of the messaging service")
    directory_address: str = Field(description="gRPC target of the directory service")
    cursor_key_file: Path = Field(
        description="Keys of list cursors, the same for every replica: 32 characters or more a line, the one that "
        "signs first; a file with a shorter line, or that is no text, is one key"
    )
    public_url: str = Field(description="https:// address under which portals reach the gateway; shown in the OpenAPI")
    cors_origins: list[str] = Field(
        default_factory=list, description="JSON list of the portals' origins, as browsers send them"
    )
    trusted_proxies: list[IPvAnyNetwork] = Field(
        default_factory=list,
        description="JSON list of networks (CIDR) of the reverse proxies in front, whose word about the client's "
        "address is believed; none by default: the client is then who connects",
    )
    proxy_header: ProxyHeader = Field(
        "x-forwarded-for", description="The one header in which those proxies tell it; the other is ignored"
    )
    most_requests: int = Field(
        400, ge=1, le=10_000, description="Requests served at once; beyond, 503 but for withdrawals and emergencies"
    )
    most_connections: int = Field(6_000, ge=1, le=50_000, description="Open connections; beyond, new ones are closed")
    most_streams: int = Field(
        5_000, ge=1, le=50_000, description="Open streams; beyond, 503. They are not among the requests served at once"
    )
    messages_a_minute: int = Field(60, ge=1, le=10_000, description="Messages that one person posts here in a minute")
    uploads_a_minute: int = Field(30, ge=1, le=10_000, description="Files that one person attaches here in a minute")
    searches_a_minute: int = Field(
        30, ge=1, le=10_000, description="Searches in messages that one person makes here in a minute"
    )
    streams_a_minute: int = Field(
        30, ge=1, le=10_000, description="Streams that one person or portal opens here in a minute"
    )
    head_seconds: float = Field(10.0, gt=0, le=120, description="Longest time for a request line and its headers")
    body_seconds: float = Field(10.0, gt=0, le=120, description="Longest time for a JSON body")
    idle_seconds: float = Field(30.0, gt=0, le=600, description="How long a connection may stay without a request")
