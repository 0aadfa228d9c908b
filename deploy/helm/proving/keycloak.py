"""The demo's Keycloak, administered from inside its own pod."""

import json
from typing import Any

from proving import cluster
from proving.cluster import RELEASE

ADMINISTRATOR = """
import json, pathlib, ssl, httpx2
trust = ssl.create_default_context(cafile='/run/terresante/tls/ca.crt')
door = httpx2.Client(base_url='https://localhost:8443', verify=trust, timeout=20, trust_env=False)
word = pathlib.Path('/run/terresante/keycloak/admin.password').read_text()
grant = {'grant_type': 'password', 'client_id': 'admin-cli', 'username': 'admin', 'password': word}
token = door.post('/realms/master/protocol/openid-connect/token', data=grant).raise_for_status().json()
door.headers['authorization'] = 'Bearer ' + token['access_token']
"""


def administered(program: str) -> Any:
    """What a program prints as JSON; `door` is logged in as the administrator there."""
    return json.loads(cluster.inside(f"pod/{RELEASE}-keycloak-0", "/app/bin/python", "-c", ADMINISTRATOR + program))
