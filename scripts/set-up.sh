#!/bin/sh
# Makes .venv from a lock file and the front-end files from npm's. Quick when nothing has changed.
# Use: scripts/set-up.sh requirements.lock | requirements-dev.lock
set -eu
cd "$(dirname "$0")/.."
lock="$1"
python="${PYTHON:-python3}"

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "Cordée needs Python 3.11 or newer; $python is $("$python" --version)." >&2
  exit 1
fi
if [ ! -x .venv/bin/python ]; then
  if ! "$python" -m venv .venv 2>/dev/null; then
    rm -rf .venv
    scripts/debian.sh python3-venv
    "$python" -m venv .venv
  fi
fi
stamp() { echo ".venv/$1.$(cat "$1" pyproject.toml | sha256sum | cut -c1-24)"; }
pip() { .venv/bin/python -m pip install -q --disable-pip-version-check "$@"; }

# What the tests need holds all that the demo needs.
if [ ! -e "$(stamp "$lock")" ] && [ ! -e "$(stamp requirements-dev.lock)" ]; then
  echo "Installing the Python packages of $lock…" >&2
  pip --require-hashes -r "$lock"
  pip --no-deps --no-build-isolation -e .
  rm -f .venv/requirements*.lock.*
  touch "$(stamp "$lock")"
fi
if [ ! -e "$(stamp requirements-node.lock)" ] && ! .venv/bin/python scripts/front_end.py --node; then
  pip --require-hashes -r requirements-node.lock
  touch "$(stamp requirements-node.lock)"
fi
.venv/bin/python scripts/front_end.py
