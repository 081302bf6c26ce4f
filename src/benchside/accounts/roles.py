"""Roles as data: roles.yaml read, checked and turned into scopes."""

from functools import lru_cache
from typing import Final

import msgspec

from benchside.accounts.scopes import parse_scope
from benchside.fhir.r4.names import RESOURCE_NAMES
from benchside.terms.package_data import TableInvalid, package_table

EVERY_GROUP: Final = "everything"


class UnknownRole(ValueError):
    """There is no role of that name. `benchside user roles` lists them."""


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One role: what people call it, what it is for, in which SMART context, and letters per group of resource types."""

    title: str
    purpose: str
    context: str
    may: dict[str, str]

    def scopes(self, groups: dict[str, tuple[str, ...]]) -> frozenset[str]:
        """Return the role's SMART v2 scopes; raises TableInvalid or UnknownScope."""
        found: set[str] = set()
        for group, letters in self.may.items():
            if group != EVERY_GROUP and group not in groups:
                raise TableInvalid(f"roles.yaml: {self.title} names the group {group}, which is not there")
            for resource_type in ("*",) if group == EVERY_GROUP else groups[group]:
                scope = f"{self.context}/{resource_type}.{letters}"
                parse_scope(scope)
                found.add(scope)
        return frozenset(found)


class RoleTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of roles.yaml."""

    groups: dict[str, tuple[str, ...]]
    roles: dict[str, Role]


@lru_cache(maxsize=1)
def role_table() -> RoleTable:
    """Read roles.yaml once. Raises TableInvalid when a group names what R4 has not, or a role what no group is."""
    table = package_table("benchside.accounts", "roles.yaml", RoleTable)
    for group, resource_types in table.groups.items():
        unknown = sorted(set(resource_types) - RESOURCE_NAMES)
        if unknown:
            raise TableInvalid(f"roles.yaml: group {group} names {', '.join(unknown)}, which R4 does not have")
    for role in table.roles.values():
        role.scopes(table.groups)
    return table


@lru_cache(maxsize=256)
def scopes_of(roles: tuple[str, ...]) -> frozenset[str]:
    """Return the union of the scopes of `roles`; raises UnknownRole."""
    table = role_table()
    found: frozenset[str] = frozenset()
    for name in roles:
        found |= role_named(name).scopes(table.groups)
    return found


def role_named(name: str) -> Role:
    """Return the role called `name`; raises UnknownRole."""
    try:
        return role_table().roles[name]
    except KeyError:
        raise UnknownRole(f"There is no role {name!r}. Roles are: {', '.join(sorted(role_table().roles))}.") from None
