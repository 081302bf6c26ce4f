"""A site's own requirements, merged over the package's: same shape, only where the act allows, every fault told at once.

`act.site` says which fields may become stricter (`tighten`) and which looser (`loosen`). What a change does is computed,
not declared by who makes it: a change that does both needs both. Rules S1 to S5, docs/clinical/readiness.md.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from benchside.readiness.requirements import (
    Act,
    Requirements,
    SiteRulesInvalid,
    faults_of,
)

SITE_ACTS_MAX = 200
FIXED_FIELDS = frozenset(
    {
        "site",
        "kind",
        "source",
        "en",
        "es",
        "competence_professions",
        "equipment_state",
        "competence_of_subject",
        "not_self_subject",
        "patient",
    }
)

_RANK_PERMISSION = {"none": 0, "supervised": 1, "alone": 2}
_RANK_CONSENT = {"none": 0, "implied": 1, "verbal": 2, "written": 3}

Directions = frozenset[str]
_NEITHER: Directions = frozenset()


def _by_size(before: float, after: float, *, more_is: str) -> Directions:
    if before == after:
        return _NEITHER
    less_is = "loosen" if more_is == "tighten" else "tighten"
    return frozenset({more_is if after > before else less_is})


def _by_set(before: Any, after: Any, *, more_is: str) -> Directions:
    less_is = "loosen" if more_is == "tighten" else "tighten"
    added, removed = set(after) - set(before), set(before) - set(after)
    return frozenset({more_is} if added else ()) | frozenset({less_is} if removed else ())


def _union(*parts: Directions) -> Directions:
    return frozenset[str]().union(*parts)


def _roles(before: Mapping[str, str], after: Mapping[str, str]) -> Directions:
    return _union(
        *(
            _by_size(_RANK_PERMISSION[before.get(role, "none")], _RANK_PERMISSION[after.get(role, "none")], more_is="loosen")
            for role in {*before, *after}
        )
    )


def _competence_by(before: Mapping[str, Any], after: Mapping[str, Any]) -> Directions:
    return _union(*(_by_set(before.get(way, ()), after.get(way, ()), more_is="tighten") for way in {*before, *after}))


def _presence(before: object, after: object) -> Directions | None:
    """A rule that appears is stricter, one that goes is looser; None when both are there and must be compared."""
    if before is None and after is None:
        return _NEITHER
    if before is None or after is None:
        return frozenset({"tighten" if before is None else "loosen"})
    return None


def _supervision(before: Any, after: Any) -> Directions:
    settled = _presence(before, after)
    if settled is not None:
        return settled
    return _union(
        _by_size({"cosign": 0, "present": 1}[before.mode], {"cosign": 0, "present": 1}[after.mode], more_is="tighten"),
        _by_set(before.by, after.by, more_is="loosen"),
        _by_size(before.cosign_within_min or 0, after.cosign_within_min or 0, more_is="loosen") if before.mode == after.mode else _NEITHER,
    )


def _identification(before: Any, after: Any) -> Directions:
    settled = _presence(before, after)
    if settled is not None:
        return settled
    return _union(
        _by_size(before.identifiers_min, after.identifiers_min, more_is="tighten"),
        _by_size(before.valid_min, after.valid_min, more_is="loosen"),
    )


def _override(before: Any, after: Any) -> Directions:
    if before is None or after is None:  # No override at all is the stricter side.
        return _NEITHER if before is after else frozenset({"loosen" if before is None else "tighten"})
    return _union(
        _by_set(before.by, after.by, more_is="loosen"),
        _by_set(before.codes, after.codes, more_is="loosen"),
        _by_set(before.reasons, after.reasons, more_is="loosen"),
        _by_size(before.review_within_h, after.review_within_h, more_is="loosen"),
        *(
            _by_set(before.only_by.get(code, before.by), after.only_by.get(code, after.by), more_is="loosen")
            for code in {*before.only_by, *after.only_by}
        ),
    )


_DIRECTION: Mapping[str, Callable[[Any, Any], Directions]] = {
    "roles": _roles,
    "competence": lambda before, after: _by_set(before, after, more_is="tighten"),
    "competence_by": _competence_by,
    "untrained": lambda before, after: _by_size(before == "no", after == "no", more_is="tighten"),
    "supervision": _supervision,
    "identification": _identification,
    "order": lambda before, after: _by_size(before == "active", after == "active", more_is="tighten"),
    "consent": lambda before, after: _by_size(_RANK_CONSENT[before], _RANK_CONSENT[after], more_is="tighten"),
    "precautions": lambda before, after: _by_size(before, after, more_is="tighten"),
    "signature": lambda before, after: _by_size(before, after, more_is="tighten"),
    "reason": lambda before, after: _by_size(before, after, more_is="tighten"),
    "equipment": lambda before, after: _by_set(before, after, more_is="tighten"),
    "lots": lambda before, after: _by_set(before, after, more_is="tighten"),
    "not_after_self": lambda before, after: _by_set(before, after, more_is="tighten"),
    "override": _override,
}


def direction(field: str, before: Act, after: Act) -> Directions:
    """Say whether a field of `after` is stricter (`tighten`), looser (`loosen`), both or the same (empty)."""
    return _DIRECTION[field](getattr(before, field), getattr(after, field))


def _changed(act: Act, changes: Mapping[str, Any]) -> Act:
    values: dict[str, Any] = {**msgspec.to_builtins(act), **changes}
    if isinstance(changes.get("roles"), dict):  # S2: roles are changed one by one; `none` takes one away.
        roles = cast(dict[str, Any], {**act.roles, **changes["roles"]})
        values["roles"] = {role: permission for role, permission in roles.items() if permission != "none"}
    merged = msgspec.convert(values, Act)
    rule = merged.override
    if rule is None or "override" in changes:
        return merged
    left = merged.roles  # Who may no longer act may no longer override.
    only_by = {code: tuple(role for role in roles if role in left) for code, roles in rule.only_by.items()}
    narrowed = msgspec.structs.replace(rule, by=tuple(role for role in rule.by if role in left), only_by=only_by)
    return msgspec.structs.replace(merged, override=narrowed)


def merge_site_rules(package: Requirements, site: Mapping[str, Mapping[str, Any]]) -> Requirements:
    """Lay a site's changes over the package's requirements: act -> field -> new value (for `roles`: role -> permission).

    Raises SiteRulesInvalid with every fault: unknown acts and fields, values that do not fit, changes the act does not
    allow, and acts that nobody could perform alone any more.
    """
    faults: list[str] = []
    if len(site) > SITE_ACTS_MAX:
        raise SiteRulesInvalid((f"A site changes at most {SITE_ACTS_MAX} acts.",))
    acts = dict(package.acts)
    for name, changes in site.items():
        act = package.acts.get(name)
        if act is None:
            faults.append(f"{name}: there is no such act.")
            continue
        if unknown := sorted(set(changes) - set(_DIRECTION)):
            fixed = [field for field in unknown if field in FIXED_FIELDS]
            faults.extend(f"{name}: {field} is the product's own and cannot be changed by a site." for field in fixed)
            faults.extend(f"{name}: there is no field {field!r}." for field in unknown if field not in fixed)
            continue
        try:
            merged = _changed(act, changes)
        except msgspec.ValidationError as error:
            faults.append(f"{name}: {error}")
            continue
        for field in changes:  # S3, S4: only in the directions the act allows for this field.
            allowed = {way for way in ("tighten", "loosen") if field in getattr(act.site, way)}
            faults.extend(f"{name}: a site may not {way} {field}." for way in sorted(direction(field, act, merged) - allowed))
        if "alone" not in merged.roles.values():  # S5
            faults.append(f"{name}: nobody could perform this act alone any more; keep at least one role.")
        acts[name] = merged
    requirements = msgspec.structs.replace(package, acts=acts)
    faults.extend(faults_of(requirements))
    if faults:
        raise SiteRulesInvalid(tuple(faults))
    return requirements
