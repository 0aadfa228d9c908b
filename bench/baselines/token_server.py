"""FastAPI that verifies an ES256 access token and answers: `python -m bench.baselines.token_server CERT KEY JWK`.

The token is verified anew each time, as a service does that sees it for the first time; nothing else is done.
"""

import json
import sys
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

app = FastAPI(openapi_url=None)
claims_registry = jwt.JWTClaimsRegistry(iss={"essential": True, "value": "https://baseline"})


async def caller(request: Request) -> dict[str, Any]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer":
        raise HTTPException(401)
    try:
        found = jwt.decode(token, app.state.key, algorithms=["ES256"])
        claims_registry.validate(found.claims)
    except (JoseError, ValueError):
        raise HTTPException(401) from None
    return dict(found.claims)


@app.get("/things/{thing}")
async def thing(thing: str, who: Annotated[dict[str, Any], Depends(caller)]) -> dict[str, str]:
    return {"id": thing, "for": who["uid"]}


def main() -> None:
    certificate, key, jwk = sys.argv[1:4]
    app.state.key = ECKey.import_key(json.loads(jwk))
    config = uvicorn.Config(
        app, "127.0.0.1", 0, loop="uvloop", http="httptools", access_log=False, log_level="warning",
        ssl_certfile=certificate, ssl_keyfile=key,
    )  # fmt: skip
    config.load()
    listening = config.bind_socket()
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    main()
