"""List cursors: the owning service's cursor, signed for one caller, one list and one set of filters."""

import base64
import binascii
import hashlib
import hmac
from pathlib import Path

from terresante_platform.refusals import Invalid

_MAC_BYTES = 16
SHORTEST = 32
LONGEST = 1_024


class CursorInvalid(Invalid):
    """A cursor that was made up, altered, or given to another person, list or filter."""

    reason = "CURSOR_INVALID"


class Signer:
    """Signs cursors with one key and opens those of a few, shared by all replicas of the gateway: portals keep the
    cursors of the feed and of streams, which outlive a key that is replaced.
    """

    def __init__(self, key: bytes, *others: bytes) -> None:
        if any(len(one) < SHORTEST for one in (key, *others)):
            raise ValueError("a cursor key is shorter than 32 bytes")
        self._keys = (key, *others)

    @classmethod
    def from_file(cls, path: Path) -> "Signer":
        """The signer of a key file, which is read once: one key a line, the one that signs first. A file with a line
        shorter than a key, or that is no text, is one key.
        """
        content = path.read_bytes().strip()
        lines = [line.strip() for line in content.split(b"\n")]
        several = all(len(line) >= SHORTEST and line.isascii() and line.decode().isprintable() for line in lines)
        return cls(*lines) if several else cls(content)

    def seal(self, inner: str, purpose: str) -> str | None:
        """A cursor to give out; None on the last page. `purpose`: who asks, which list, which filters."""
        if not inner:
            return None
        text = inner.encode()
        return base64.urlsafe_b64encode(_mac(self._keys[0], text, purpose) + text).rstrip(b"=").decode()

    def open(self, given: str, purpose: str) -> str:
        """The service's cursor; blank for the first page. Refuses with CURSOR_INVALID."""
        if not given:
            return ""
        try:
            raw = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
            mac, text = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
            if text and any(hmac.compare_digest(mac, _mac(key, text, purpose)) for key in self._keys):
                return text.decode()
        except (binascii.Error, ValueError):
            pass
        raise CursorInvalid(
            "Ce curseur n’est pas valable pour cette liste.", "Reprenez la liste depuis le début, sans curseur."
        )

    def mark(self, text: str) -> str:
        """What stands for a text that must not be told: the same for the same text, at every replica."""
        return _mac(self._keys[0], text.encode(), "mark").hex()


def _mac(key: bytes, text: bytes, purpose: str) -> bytes:
    signed = purpose.encode() + b"\0" + text
    return hmac.new(key, signed, hashlib.sha256).digest()[:_MAC_BYTES]
