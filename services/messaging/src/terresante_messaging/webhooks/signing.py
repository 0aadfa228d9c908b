"""How a receiver knows that a delivery comes from here, is whole, and is new: Standard Webhooks, symmetric (v1)."""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from os import urandom

from terresante_messaging.domain.webhooks import DeliveryId

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> bytes:
    """32 random bytes."""
    return urandom(_BYTES)


def shown(secret: bytes) -> str:
    """The secret as its portal is told it: `whsec_` and base64."""
    return _PREFIX + base64.b64encode(secret).decode()


def headers(secrets: Sequence[bytes], id: DeliveryId, at: datetime, body: bytes) -> dict[str, str]:
    """What goes with a body: its id, the moment of this try, a signature by each secret."""
    moment = str(int(at.timestamp()))
    said = f"{id}.{moment}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(secret, said, "sha256")).decode() for secret in secrets)
    return {
        "webhook-id": str(id),
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
