"""Who calls, and whether they may: a bearer token becomes a principal, a scope permits an interaction.

Sources: RFC 6750 (bearer tokens), SMART App Launch 2 (scopes: c create, r read, u update, d delete, s search).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NoReturn

from benchside.accounts.principal import Principal
from benchside.accounts.scopes import permits
from benchside.accounts.tokens import principal_for
from benchside.wire.fhir_api.problems import NotPermitted, NotSignedIn
from benchside.wire.fhir_api.resource_types import RESOURCE_TYPES

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="FHIR"'}
REFUSED_TOKEN = {"WWW-Authenticate": 'Bearer realm="FHIR", error="invalid_token"'}
SCOPES_NAMED_MAX = 20
LETTERS = {"c": "create", "r": "read", "u": "update", "d": "delete", "s": "search"}


def principal_of(authorization: str | None) -> Principal:
    """The person or system behind an `Authorization` header; raises NotSignedIn."""
    if not authorization:
        raise NotSignedIn("Sign in: send a bearer token in the Authorization header.", headers=CHALLENGE)
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise NotSignedIn("The Authorization header must be 'Bearer' and a token.", headers=CHALLENGE)
    principal = principal_for(token.strip())
    if principal is None:
        raise NotSignedIn("The token is unknown, expired or revoked; ask for a new one.", headers=REFUSED_TOKEN)
    return principal


def missing_scope(principal: Principal, resource_type: str, letter: str) -> str:
    """The scope that would permit what was refused."""
    prefix = "system" if principal.kind == "system" else "patient" if principal.patient else "user"
    return f"{prefix}/{resource_type}.{letter}"


def require(principal: Principal, resource_type: str, letters: str) -> None:
    """Raise NotPermitted naming every missing scope unless each of `letters` is permitted on `resource_type`."""
    if all(permits(principal, resource_type, letter) for letter in letters):
        return
    missing = [letter for letter in letters if not permits(principal, resource_type, letter)]
    scopes = " ".join(missing_scope(principal, resource_type, letter) for letter in missing)
    verbs = " and ".join(LETTERS[letter] for letter in missing)
    raise NotPermitted(f"You may not {verbs} {resource_type}: the scope {scopes} is missing.", headers=_insufficient(scopes))


def require_all(principal: Principal, resource_types: Iterable[str], letters: str) -> None:
    """`require` for several types at once, all missing scopes in one answer."""
    missing = [(kind, letter) for kind in resource_types for letter in letters if not permits(principal, kind, letter)]
    if missing:
        refuse(principal, missing)


def refuse(principal: Principal, missing: Sequence[tuple[str, str]]) -> NoReturn:
    """Raise NotPermitted naming the scope for each (resource type, letter) in `missing`, up to a number a person can read."""
    scopes = [missing_scope(principal, kind, letter) for kind, letter in missing[:SCOPES_NAMED_MAX]]
    rest = len(missing) - len(scopes)
    words = f"You may not do this; these scopes are missing: {', '.join(scopes)}" + (f" and {rest} more." if rest else ".")
    raise NotPermitted(words, headers=_insufficient(" ".join(scopes)))


def permitted_types(principal: Principal, letter: str) -> tuple[str, ...]:
    """Every resource type on which `letter` is permitted, in alphabetical order."""
    return tuple(name for name in RESOURCE_TYPES if permits(principal, name, letter))


@lru_cache(maxsize=256)
def _insufficient(scopes: str) -> dict[str, str]:
    return {"WWW-Authenticate": f'Bearer realm="FHIR", error="insufficient_scope", scope="{scopes}"'}


def may_read(principal: Principal, resource_type: str) -> bool:
    """Whether resources of this type may be shown to the caller."""
    return permits(principal, resource_type, "r")
