"""The few fixed words on labels and lists, in every language of the house."""

from collections.abc import Mapping
from functools import cache

from benchside.terms.package_data import package_table


@cache
def words_by_language() -> Mapping[str, Mapping[str, str]]:
    """Return language -> key -> word, from `words.yaml`."""
    return package_table(__package__ or "benchside.wire.labels", "words.yaml", dict[str, dict[str, str]])


def words_of(language: str) -> Mapping[str, str]:
    """Return the words of `language`. Raises LookupError for a language that `words.yaml` does not have."""
    try:
        return words_by_language()[language]
    except KeyError:
        raise LookupError(f"Labels have no words in {language!r}; add the language to words.yaml.") from None
