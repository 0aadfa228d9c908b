"""The cookies of the workbench: of this host alone, sent over TLS only, never shown to scripts."""

from starlette.responses import Response

COOKIE = "__Host-workbench"
LOGIN_COOKIE = "__Host-workbench-login"
LOGIN_COOKIE_SECONDS = 30 * 60


def put_cookie(response: Response, name: str, value: str, max_age: int | None = None) -> None:
    """A cookie of this host alone, sent over TLS only and never shown to scripts."""
    response.set_cookie(name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="lax")


def drop_cookie(response: Response, name: str) -> None:
    """Has the browser forget it."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
