"""The Secrets of one namespace, through the API server, as the pod's own account. Standard library only."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SERVER = "https://kubernetes.default.svc"
SECONDS = 15.0


class Secrets:
    """Reads, makes and changes them. Raises OSError when the API server does not answer or refuses."""

    def __init__(self, namespace: str, labels: Mapping[str, str]) -> None:
        self._path = f"/api/v1/namespaces/{namespace}/secrets"
        self._labels = dict(labels)
        self._trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))

    def read(self, name: str) -> dict[str, bytes] | None:
        """Key -> content; None if there is no such Secret."""
        try:
            found = self._call("GET", f"{self._path}/{name}")
        except urllib.error.HTTPError as refusal:
            if refusal.code == 404:
                return None
            raise
        return {key: base64.b64decode(value) for key, value in (found.get("data") or {}).items()}

    def write(self, name: str, content: Mapping[str, bytes]) -> None:
        """Makes it, or puts this content in the place of what it held."""
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": self._labels},
            "type": "Opaque",
            "data": {key: base64.b64encode(value).decode() for key, value in content.items()},
        }
        if self.read(name) is None:
            self._call("POST", self._path, secret)
        else:
            self._call("PUT", f"{self._path}/{name}", secret)

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address is ours
            SERVER + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "authorization": f"Bearer {(ACCOUNT / 'token').read_text()}",
                "content-type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=SECONDS, context=self._trust) as answer:  # noqa: S310
            said: dict[str, Any] = json.load(answer)
            return said
