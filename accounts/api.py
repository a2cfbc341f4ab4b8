"""How calls of the API say who they are: by token, or by the session of a signed-in person."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import tokens
from accounts.models import User


class TokenAuthentication(BaseAuthentication):
    """The service account that the middleware found behind the token."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        """The account, or a clear refusal of a token that is not valid."""
        secret = tokens.bearer(request)
        if not secret:
            return None
        user: Any = getattr(request._request, "user", None)
        if not getattr(user, "is_service", False):
            raise AuthenticationFailed("This token is not valid, has expired or was revoked.")
        return user, "token"

    def authenticate_header(self, request: Request) -> str:
        """What a caller without a valid token is asked for."""
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The token in the OpenAPI document."""

    target_class = "accounts.api.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer"}
