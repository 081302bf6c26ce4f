#!/usr/bin/env bash
# Makes requirements.lock (to run) and requirements-dev.lock (to test) from pyproject.toml.
# Both hold hashes for every platform and Python that Benchside supports. Needs uv; running Benchside does not.
# `tools/lock.sh --upgrade` takes the newest versions that pyproject.toml allows.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_CUSTOM_COMPILE_COMMAND="tools/lock.sh"
common=(--universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links --quiet)
uv pip compile "${common[@]}" --extra setup pyproject.toml -o requirements.lock "$@"
uv pip compile "${common[@]}" --extra setup --extra dev --constraint requirements.lock pyproject.toml -o requirements-dev.lock "$@"
