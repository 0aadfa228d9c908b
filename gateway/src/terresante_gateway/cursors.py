"""List cursors: the owning service's cursor, signed for one caller, one list and one set of filters."""

import base64
import binascii
import hashlib
import hmac
from pathlib import Path

from terresante_platform.refusals import Invalid

_MAC_BYTES = 16
LONGEST = 1_024


class CursorInvalid(Invalid):
    """A cursor that was made up, altered, or given to another person, list or filter."""

    reason = "CURSOR_INVALID"


class Signer:
    """Signs and opens cursors with one key, shared by all replicas of the gateway."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("the cursor key is shorter than 32 bytes")
        self._key = key

    @classmethod
    def from_file(cls, path: Path) -> "Signer":
        """The signer of a key file, which is read once."""
        return cls(path.read_bytes().strip())

    def seal(self, inner: str, purpose: str) -> str | None:
        """A cursor to give out; None on the last page. `purpose`: who asks, which list, which filters."""
        if not inner:
            return None
        text = inner.encode()
        return base64.urlsafe_b64encode(self._mac(text, purpose) + text).rstrip(b"=").decode()

    def open(self, given: str, purpose: str) -> str:
        """The service's cursor; blank for the first page. Refuses with CURSOR_INVALID."""
        if not given:
            return ""
        try:
            raw = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
            mac, text = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
            if text and hmac.compare_digest(mac, self._mac(text, purpose)):
                return text.decode()
        except (binascii.Error, ValueError):
            pass
        raise CursorInvalid(
            "Ce curseur n’est pas valable pour cette liste.", "Reprenez la liste depuis le début, sans curseur."
        )

    def mark(self, text: str) -> str:
        """What stands for a text that must not be told: the same for the same text, at every replica."""
        return self._mac(text.encode(), "mark").hex()

    def _mac(self, text: bytes, purpose: str) -> bytes:
        signed = purpose.encode() + b"\0" + text
        return hmac.new(self._key, signed, hashlib.sha256).digest()[:_MAC_BYTES]
