"""The limits of the API. Each is a setting: `BENCHSIDE_FHIR_LIMITS = {"body_bytes_max": ...}` in the site's settings.

An unknown or impossible limit stops the start of the server: a misspelt limit must not leave the site without one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for. Numbers are counts unless the name ends in a unit."""

    body_bytes_max: int = 50_000_000
    url_characters_max: int = 8_000
    bundle_entries_max: int = 5_000
    page_entries: int = 50
    page_entries_max: int = 1_000
    include_depth_max: int = 4
    included_entries_max: int = 5_000
    search_clauses_max: int = 50
    search_values_max: int = 500
    chain_depth_max: int = 4
    search_includes_max: int = 20
    sort_keys_max: int = 5
    search_read_max: int = 10_000
    patch_operations_max: int = 500
    conditional_delete_matches_max: int = 1
    conflict_retries_max: int = 3
    expansion_codes_max: int = 5_000
    export_jobs_max: int = 4
    export_chunk_resources: int = 500
    export_file_resources_max: int = 100_000
    export_keep_hours: int = 48

    @classmethod
    def from_setting(cls, setting: Mapping[str, object]) -> "Limits":
        """Read the site's setting; raises ValueError naming a limit that does not exist or is not a positive whole number."""
        names = {field.name for field in fields(cls)}
        chosen: dict[str, int] = {}
        for name, value in setting.items():
            if name not in names:
                raise ValueError(f"BENCHSIDE_FHIR_LIMITS has no limit named {name!r}; it has {', '.join(sorted(names))}")
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"BENCHSIDE_FHIR_LIMITS[{name!r}] must be a whole number of at least 1, not {value!r}")
            chosen[name] = value
        return cls(**chosen)


@lru_cache(maxsize=8)
def _limits_of(items: tuple[tuple[str, object], ...]) -> Limits:
    return Limits.from_setting(dict(items))


def site_limits() -> Limits:
    """The limits of this site, from its settings."""
    from django.conf import settings  # not at the top: the limits themselves are read without a configured site

    setting: Mapping[str, object] = getattr(settings, "BENCHSIDE_FHIR_LIMITS", {})
    return _limits_of(tuple(setting.items()))
