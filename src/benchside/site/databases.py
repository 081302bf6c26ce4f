"""Database settings: an SQLite file in the home folder, or the PostgreSQL that BENCHSIDE_DATABASE_URL names."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

BUSY_TIMEOUT_S = 20
CACHE_KIB = 256 * 1024
MMAP_BYTES = 4 * 1024 * 1024 * 1024
CHECKPOINT_PAGES = 65536
JOURNAL_BYTES_MAX = 256 * 1024 * 1024
CONNECTION_AGE_S = 600

# WAL: readers never wait for the writer. FULL: a commit that was answered survives a power cut. Checkpoints every 256 MiB
# of log: pages that many commits touch (the ends of the indexes) are then copied into the file once, not each time.
SQLITE_PRAGMAS = f"""
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA cache_size = -{CACHE_KIB};
PRAGMA mmap_size = {MMAP_BYTES};
PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
PRAGMA temp_store = MEMORY;
PRAGMA journal_size_limit = {JOURNAL_BYTES_MAX};
"""


class UnknownDatabase(ValueError):
    """The database address is not one Benchside understands. Use sqlite:///path or postgresql://user@host/name."""


def database_settings(url: str, home: Path) -> dict[str, object]:
    """Return Django's settings for the database at `url`; an empty `url` means `home`/benchside.sqlite3.

    `url` is `sqlite:///relative`, `sqlite:////absolute`, or what libpq takes: `postgresql://user:password@host:port/name`.
    Raises UnknownDatabase.
    """
    if not url:
        return sqlite_settings(home / "benchside.sqlite3")
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        path = unquote(urlsplit(url).path)
        if len(path) < 2:
            raise UnknownDatabase(f"{url!r} names no file")
        return sqlite_settings(Path(path[1:]))
    if scheme in {"postgresql", "postgres"}:
        return postgresql_settings(url)
    raise UnknownDatabase(f"{scheme or url!r} is not a database that Benchside runs on")


def sqlite_settings(path: Path) -> dict[str, object]:
    """Return Django's settings for the SQLite file at `path`."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        # Kept open for the life of a thread: opening a file costs more than most of our queries.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # IMMEDIATE takes the write lock at the start, so a transaction never fails half way as "locked".
            "transaction_mode": "IMMEDIATE",
            "timeout": BUSY_TIMEOUT_S,
            "init_command": SQLITE_PRAGMAS,
        },
    }


def postgresql_settings(url: str) -> dict[str, object]:
    """Return Django's settings for the PostgreSQL database at the libpq address `url`."""
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(url)
    except Error as error:
        raise UnknownDatabase(f"the PostgreSQL address cannot be read: {error}") from error
    taken = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings: dict[str, object] = {
        "ENGINE": "benchside.site.postgresql",
        "CONN_MAX_AGE": CONNECTION_AGE_S,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {name: value for name, value in parts.items() if name not in taken},
    }
    settings.update({key: str(parts[name]) for name, key in taken.items() if parts.get(name) is not None})
    return settings
