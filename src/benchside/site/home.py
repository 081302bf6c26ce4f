"""The folder that holds everything of one Benchside installation: database, secrets, exports, logs."""

import os
import secrets
from pathlib import Path

SECRET_FILE_MODE = 0o600
SECRET_FOLDER_MODE = 0o700
SECRET_BYTES = 48


def home_folder() -> Path:
    """Return the installation's folder, made on first use, readable by its owner only.

    `BENCHSIDE_HOME` names it; otherwise it is the user's own `~/.local/share/benchside`.
    """
    named = os.environ.get("BENCHSIDE_HOME", "")
    folder = Path(named).expanduser() if named else Path.home() / ".local" / "share" / "benchside"
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=SECRET_FOLDER_MODE, exist_ok=True)
    return folder.resolve()


def write_secret(path: Path, text: str) -> None:
    """Write `text` to a new file that only its owner can read; raises FileExistsError when it is already there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def secret_key(folder: Path) -> str:
    """Return the key that signs sessions; made at random on first use and kept in `folder`/secret-key."""
    path = folder / "secret-key"
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        pass
    # Written aside and linked into place, so that two processes started together agree on one whole key.
    draft = folder / f"secret-key.{secrets.token_hex(8)}"
    write_secret(draft, secrets.token_urlsafe(SECRET_BYTES))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # Another process was first; its key is the key.
    finally:
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()
