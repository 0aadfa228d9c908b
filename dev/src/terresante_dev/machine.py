"""How a machine logs in: its organisation's certificate at the client `systems`, a token for it, and nothing else.

An integrator does the same with `curl --cert dpi.pem --key dpi.key -d grant_type=password -d client_id=systems`.
"""

import ssl
from pathlib import Path

import httpx2

from terresante_dev.login import TokenRefused, Tokens

CLIENT = "systems"


def machine_tokens(issuer: str, ca_file: Path, certificate: Path, key: Path, client: str = CLIENT) -> Tokens:
    """A new access token; there is no refresh token. Raises TokenRefused.

    A certificate that the server does not accept at all ends in an `httpx2.TransportError`.
    """
    trust = ssl.create_default_context(cafile=str(ca_file))
    trust.load_cert_chain(certificate, key)
    headers = {"Accept": "application/json"}  # else some refusals are pages
    with httpx2.Client(verify=trust, timeout=30, trust_env=False, headers=headers) as machine:
        asked = {"grant_type": "password", "client_id": client}
        answer = machine.post(f"{issuer}/protocol/openid-connect/token", data=asked)
    body = answer.json() if answer.content else {}
    if answer.is_error:
        raise TokenRefused(answer.status_code, body.get("error", ""), body.get("error_description", ""))
    return Tokens(body["access_token"], body.get("refresh_token", ""), body.get("id_token", ""), body["expires_in"])
