"""Styles, scripts and pictures: kept by browsers for as long as their address, and sent compressed.

Pages themselves are not: a secret of the session beside what somebody else typed must not show in a length (BREACH).
"""

import gzip
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from terresante_directory.workbench import pages

KEPT = "public, max-age=31536000, immutable"
NOT_KEPT = "no-store"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
COMPRESSED = frozenset({".css", ".js", ".svg"})


async def file(name: str, request: Request) -> Response:
    """A style, script or picture. Its address changes with it, so that it may be kept."""
    found = (pages.STATIC / name).resolve()
    if not found.is_relative_to(pages.STATIC) or found.suffix not in TYPES or not found.is_file():
        raise HTTPException(404)
    kept = KEPT if request.query_params.get("v") else NOT_KEPT
    compress = found.suffix in COMPRESSED
    return sent(request, found, TYPES[found.suffix], kept, compress=compress)


def sent(request: Request, found: Path, kind: str, kept: str, *, compress: bool = True) -> Response:
    """A file that is the same for everybody. `kept`: its Cache-Control."""
    headers = {"cache-control": kept}
    stamp = found.stat().st_mtime_ns
    if not compress:
        return Response(_whole(found, stamp), media_type=kind, headers=headers)
    headers["vary"] = "accept-encoding"
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(_whole(found, stamp), media_type=kind, headers=headers)
    return Response(_smaller(found, stamp), media_type=kind, headers={**headers, "content-encoding": "gzip"})


def packed(request: Request, content: bytes, kind: str) -> Response:
    """Something made for this answer that holds no secret and nothing of what the request says."""
    headers = {"vary": "accept-encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(content, media_type=kind, headers=headers)
    return Response(gzip.compress(content, 6), media_type=kind, headers={**headers, "content-encoding": "gzip"})


@cache
def _whole(found: Path, stamp: int) -> bytes:
    del stamp
    return found.read_bytes()


@cache
def _smaller(found: Path, stamp: int) -> bytes:
    return gzip.compress(_whole(found, stamp), 9, mtime=0)
