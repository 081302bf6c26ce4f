# Sourced by ./run, ./test and ./bench: makes .venv from a lock file, and keeps it right.
# Works with what a fresh machine has: bash, coreutils and Python 3.11 or newer.

say() { printf '%s\n' "$*"; }
fail() { printf 'Benchside: %s\n' "$*" >&2; exit 1; }

# find_python: prints the first Python of at least 3.11 (BENCHSIDE_PYTHON first, when given).
find_python() {
  local candidate
  for candidate in ${BENCHSIDE_PYTHON:-} python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

# make_venv: creates .venv, or says in plain words what the machine lacks.
make_venv() {
  local python log
  python=$(find_python) || fail "needs Python 3.11 or newer, and found none. On Debian or Ubuntu: sudo apt-get install python3 python3-venv
           (or name one: BENCHSIDE_PYTHON=/path/to/python3 $0)"
  log=$(mktemp)
  say "Making .venv with $("$python" --version)"
  if ! "$python" -m venv .venv >"$log" 2>&1; then
    if grep -qi ensurepip "$log"; then
      fail "$python came without the part that makes environments. On Debian or Ubuntu: sudo apt-get install python3-venv"
    fi
    cat "$log" >&2
    fail "could not make .venv with $python (see the lines above)"
  fi
}

# prepare LOCK: .venv holds what LOCK says, and the benchside command. Does nothing when it already does.
prepare() {
  local lock=$1 stamp wanted log
  # One at a time: two scripts started together would install over each other.
  if command -v flock >/dev/null 2>&1; then
    exec 9>.venv.lock
    flock 9
  fi
  if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    make_venv
  fi
  stamp=.venv/.installed-${lock%.lock}
  wanted=$(cat "$lock" pyproject.toml | sha256sum | cut -d' ' -f1)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || [ ! -x .venv/bin/benchside ]; then
    say "Installing what $lock lists (once; needs the package index)"
    rm -f "$stamp"
    log=$(mktemp)
    if ! { .venv/bin/python -m pip install --no-input --require-hashes -r "$lock" &&
      .venv/bin/python -m pip install --no-input --no-deps --no-build-isolation -e .; } >"$log" 2>&1; then
      tail -n 30 "$log" >&2
      fail "could not install $lock (the last lines are above). Is the package index reachable from this machine?"
    fi
    rm -f "$log"
    printf '%s' "$wanted" >"$stamp"
  fi
  if command -v flock >/dev/null 2>&1; then
    flock -u 9
    exec 9>&-
  fi
}
