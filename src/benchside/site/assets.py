"""Scripts, styles and pictures of the pages, served from memory under an address that changes with their content.

All files share one digest in the address (`/static/3f0a.../pages/css/base.css`), so that relative references inside styles and
modules stay right, and every file may be kept by browsers for a year.
"""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

DIGEST_CHARACTERS: Final = 12
FILE_BYTES_MAX: Final = 4_000_000
GZIP_FROM_BYTES: Final = 1_000
KEPT_S: Final = 365 * 24 * 60 * 60
TEXT_TYPES: Final = ("text/", "image/svg", "application/json", "application/manifest")


class AssetTooLarge(ValueError):
    """A static file is larger than pages on a ward's Wi-Fi should load. Make it smaller."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its media type, its bytes, and its compressed bytes where those are fewer."""

    media_type: str
    plain: bytes
    compressed: bytes | None


@lru_cache(maxsize=1)
def assets() -> tuple[str, dict[str, Asset]]:
    """Read every static file of the installed parts once; return their common digest and the files by name."""
    found: dict[str, Asset] = {}
    digest = sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            with storage.open(name) as file:
                content = file.read()
            if len(content) > FILE_BYTES_MAX:
                raise AssetTooLarge(name)
            found.setdefault(name, _asset(name, content))
    for name in sorted(found):
        digest.update(f"{name}\0{len(found[name].plain)}\0".encode())
        digest.update(found[name].plain)
    return digest.hexdigest()[:DIGEST_CHARACTERS], found


def _asset(name: str, content: bytes) -> Asset:
    media_type = "text/javascript" if name.endswith((".js", ".mjs")) else mimetypes.guess_type(name)[0] or "application/octet-stream"
    compressed = gzip.compress(content, mtime=0) if media_type.startswith(TEXT_TYPES) and len(content) >= GZIP_FROM_BYTES else None
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    return Asset(media_type, content, compressed)


class DigestStorage(StaticFilesStorage):
    """Gives templates the address of a static file, with the digest of all of them in it."""

    def url(self, name: str | None) -> str:
        """Return the address; raises KeyError for a file that is not there, so that a misspelt name does not pass."""
        digest, found = assets()
        if name is None or name not in found:
            raise KeyError(name)
        return f"{self.base_url}{digest}/{name}"


def asset(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """Serve one file. A digest of another release gets the present file, not to be kept."""
    current, found = assets()
    file = found.get(name)
    if file is None:
        return HttpResponseNotFound("There is no such file.\n", content_type="text/plain; charset=utf-8")
    zipped = file.compressed is not None and "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(file.compressed if zipped and file.compressed else file.plain, content_type=file.media_type)
    response["Vary"] = "Accept-Encoding"
    response["Cache-Control"] = f"public, max-age={KEPT_S}, immutable" if digest == current else "no-cache"
    if zipped:
        response["Content-Encoding"] = "gzip"
    return response
