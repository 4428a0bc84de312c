#!/bin/sh
# Installs Debian packages where it may; else names them and stops.
set -eu
missing=""
for package in "$@"; do
  dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # shellcheck disable=SC2086 -- a list of names
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "These Debian packages are missing:$missing. Install them and start again:" >&2
  echo "  sudo apt-get install$missing" >&2
  exit 1
fi
