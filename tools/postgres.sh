#!/usr/bin/env bash
# Makes sure that there is a PostgreSQL server for the tests to start; installs it where it may, without starting one.
set -eu
for folder in /usr/lib/postgresql/*/bin; do
  [ -x "$folder/initdb" ] && exit 0
done
command -v initdb >/dev/null 2>&1 && exit 0
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null && as_root=(sudo -n)
  [ "${#as_root[@]}" -gt 0 ] || { echo "The tests need the PostgreSQL server. Install it, on Debian or Ubuntu with: sudo apt-get install postgresql"; exit 1; }
fi
command -v apt-get >/dev/null 2>&1 || { echo "The tests need the PostgreSQL server, and this system has no apt-get: install PostgreSQL 15 or newer yourself and put initdb on PATH"; exit 1; }
echo "Installing PostgreSQL for the tests ..."
"${as_root[@]}" apt-get update -qq
# Debian makes and starts a cluster at installation, unless it is told not to before.
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
"${as_root[@]}" sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends postgresql >/dev/null
