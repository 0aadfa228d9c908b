"""Every setting of the messaging service."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from terresante_platform.settings import ServiceSettings


class Settings(ServiceSettings):
    """Whom to ask, what seals contents and where they are kept, how mail leaves, where webhooks may go."""

    model_config = SettingsConfigDict(env_prefix="TERRESANTE_MESSAGING_")

    consent_address: str = Field(description="gRPC target of the consent service")
    directory_address: str = Field(description="gRPC target of the directory service")
    store_url: str = Field(
        description="Where sealed attachments are kept: file:///folder, s3://bucket/prefix (credentials and endpoint "
        "from the usual AWS_* variables), memory:/// for tests"
    )
    master_key_file: Path = Field(
        description="The operator's keys: one `id base64-of-32-bytes` a line, the one that seals first"
    )
    max_attachment_bytes: int = Field(26_214_400, ge=1, le=268_435_456, description="Largest attachment, bytes")
    retention_file: Path | None = Field(
        None, description="How long each kind of conversation is kept; what comes with the service if unset"
    )
    smtp_host: str = Field("", description="Mail server; no mail leaves if unset")
    smtp_port: int = Field(587, ge=1, le=65_535, description="Its port")
    smtp_security: str = Field(
        "starttls",
        pattern="^(starttls|tls|none)$",
        description="starttls, tls, or none (a mail server on the same host)",
    )
    smtp_user: str = Field("", description="Name to log in with, if the mail server asks for it")
    smtp_password_file: Path | None = Field(None, description="Its password")
    smtp_ca_file: Path | None = Field(None, description="Authority of the mail server; the system's if unset")
    mail_from: str = Field("", description="Address that mail comes from")
    portal_url: str = Field("", description="Where mail sends people to read: the portal's address")
    urgent_minutes: int = Field(
        15, ge=1, le=1440, description="Minutes after which an urgent message that nobody read goes to the next in line"
    )
    webhook_networks: list[str] = Field(
        default_factory=list,
        description="Networks (CIDR) that webhooks may reach although they are private; none in production",
    )
    webhook_ca_file: Path | None = Field(
        None,
        description="Authorities (PEM) that vouch for webhooks' certificates, besides the system's",
    )
    smallest_count: int = Field(
        5,
        ge=1,
        le=1000,
        description="Counts of messages by fewer professionals than this are not told, others rounded down to its "
        "multiples; set it as consent's of the same name",
    )
    streams_per_person: int = Field(10, ge=1, description="Open streams of one person on one replica, at most")
