"""Words to integers: the index compares 63-bit hashes, never long strings.

BLAKE2b cut to 63 bits. Among a hundred million different words the chance that any two share a hash is about
one in two thousand; `record_resource.self` is unique, so two resources can never share one unnoticed.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
NO_TIME = -(2**62)
"""`start` and `stop` of a resource that has no clinical time."""


@lru_cache(maxsize=200_000)
def word(text: str) -> int:
    """Hash `text` to an integer from 1 to 2**63 - 1; the empty text is 0."""
    if not text:
        return 0
    return (int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1) or 1


@lru_cache(maxsize=20_000)
def system_word(text: str) -> int:
    """Hash a code system's or unit's name to 31 bits: it is only compared beside a 63-bit hash."""
    return word(text) >> 32


@lru_cache(maxsize=100_000)
def variant(parameter: int, name: str) -> int:
    """The key under which a second kind of value of `parameter` is kept (its texts, its identifiers ...).

    Always at or above 2**31, so never a parameter's own number.
    """
    return word(f"{parameter}\x1f{name}") | (1 << 40)


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970-01-01 UTC. `at` must be aware."""
    if at.tzinfo is None:
        message = "A time without zone cannot be recorded."
        raise ValueError(message)
    return (at - _EPOCH) // _MICROSECOND


def moment(at_us: int) -> datetime:
    """The inverse of `microseconds`, in UTC."""
    return _EPOCH + at_us * _MICROSECOND


def instant(at_us: int) -> str:
    """The FHIR instant of a recorded time, to the millisecond: `2026-11-22T08:30:00.000Z`."""
    return moment(at_us).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_us // 1000 % 1000:03d}Z"
