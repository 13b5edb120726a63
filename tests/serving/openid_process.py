"""An OpenID provider in a process of its own: `python -m tests.serving.openid_process FOLDER`.

It is the package oidc-provider-mock, to which this adds what that leaves out: PKCE is enforced, keys rotate, and a
test can have it sign what an honest provider never would. The port goes to FOLDER/port.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import jwt
import oidc_provider_mock
from authlib.jose import RSAKey
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from jwt.algorithms import ECAlgorithm
from oidc_provider_mock._app import AuthorizationCodeGrant
from oidc_provider_mock._storage import storage
from werkzeug.serving import make_server


def main(folder: Path) -> None:
    """Serve until the process is ended."""
    AuthorizationCodeGrant.TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]
    app: flask.Flask = oidc_provider_mock.app()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    challenges: dict[str, str] = {}
    counts: dict[str, int] = {"/jwks": 0}
    override: dict[str, Any] = {}

    @app.before_request
    def before() -> Any:
        if flask.request.path in counts:
            counts[flask.request.path] += 1
            if override.get("jwks") is not None:
                return flask.jsonify(override["jwks"])
        if flask.request.path == "/oauth2/token":
            verifier = flask.request.form.get("code_verifier", "")
            digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
            if challenges.get(flask.request.form.get("code", "")) != digest:
                return flask.jsonify(error="invalid_grant", error_description="PKCE"), 400
        return None

    @app.after_request
    def after(response: flask.Response) -> flask.Response:
        if flask.request.path == "/oauth2/authorize" and response.status_code == 302:
            code = parse_qs(urlsplit(response.headers["Location"]).query).get("code", [""])[0]
            if flask.request.args.get("code_challenge_method") == "S256":
                challenges[code] = flask.request.args.get("code_challenge", "")
        if flask.request.path == "/oauth2/token" and response.status_code == 200 and "sign" in override:
            body = json.loads(response.get_data())
            claims = jwt.decode(body["id_token"], options={"verify_signature": False})
            body["id_token"] = signed({**override.pop("sign"), "base": claims})
            response.set_data(json.dumps(body))
        return response

    @app.post("/test/<what>")
    def control(what: str) -> Any:
        asked = flask.request.get_json()
        if what == "rotate":
            storage.jwk = RSAKey.generate_key(is_private=True)
        elif what == "override":
            override.update(asked)
        elif what == "sign":
            return flask.jsonify(signed(asked))
        return flask.jsonify(counts)

    def signed(asked: dict[str, Any]) -> str:
        now = int(time.time())
        issuer = flask.request.host_url.rstrip("/")
        claims = {"iss": issuer, "iat": now, "exp": now + 300, **asked.get("base", {}), **asked.get("claims", {})}
        claims = {name: value for name, value in claims.items() if value is not None}
        own = storage.jwk.as_pem(is_private=True)
        headers = {"kid": storage.jwk.thumbprint(), **asked.get("header", {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        how = asked.get("how", "own")
        if how == "own":
            return jwt.encode(claims, own, "RS256", headers)
        if how == "stranger":
            return jwt.encode(claims, RSAKey.generate_key(is_private=True).as_pem(is_private=True), "RS256", headers)
        if how == "elliptic":
            key = ec.generate_private_key(ec.SECP256R1())
            jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)  # coordinates of full length, as RFC 7518 asks
            override["jwks"] = {"keys": [{**jwk, "kid": "elliptic"}]}
            return jwt.encode(claims, key, "ES256", {**headers, "kid": "elliptic"})
        head = {"typ": "JWT", "alg": "none" if how == "none" else "HS256", **headers}
        text = f"{_part(head)}.{_part(claims)}"
        if how == "none":
            return text + "."
        public = load_pem_private_key(own, None).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        proof = base64.urlsafe_b64encode(_hmac(pem, text.encode())).rstrip(b"=").decode()
        return f"{text}.{proof}"

    (folder / "port").write_text(str(server.server_port))
    server.serve_forever()


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _hmac(key: bytes, content: bytes) -> bytes:
    import hmac

    return hmac.digest(key, content, "sha256")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
