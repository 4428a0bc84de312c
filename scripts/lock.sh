#!/bin/sh
# Writes the lock files: versions and hashes, no registry address. Needs uv.
set -eu
cd "$(dirname "$0")/.."
uv pip compile -q --generate-hashes --no-emit-index-url --python-version 3.11 \
  --custom-compile-command scripts/lock.sh pyproject.toml --group setup -o requirements.lock
uv pip compile -q --generate-hashes --no-emit-index-url --python-version 3.11 \
  --custom-compile-command scripts/lock.sh pyproject.toml --group setup --group dev \
  -o requirements-dev.lock
uv pip compile -q --generate-hashes --no-emit-index-url --python-version 3.11 \
  --custom-compile-command scripts/lock.sh --group node -o requirements-node.lock
