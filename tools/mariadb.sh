#!/usr/bin/env bash
# Makes sure that there is a MariaDB server for the tests to start; installs its programs where it may, without a service.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v mariadbd >/dev/null 2>&1 && command -v mariadb-install-db >/dev/null 2>&1 && exit 0
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null && as_root=(sudo -n)
  [ "${#as_root[@]}" -gt 0 ] || { echo "The tests need the MariaDB server. Install it, on Debian or Ubuntu with: sudo apt-get install mariadb-server-core"; exit 1; }
fi
command -v apt-get >/dev/null 2>&1 || { echo "The tests need the MariaDB server, and this system has no apt-get: install MariaDB 10.11 or newer yourself and put mariadbd and mariadb-install-db on PATH"; exit 1; }
echo "Installing MariaDB for the tests ..."
"${as_root[@]}" apt-get update -qq
# The package with the programs alone: the one above it would start a server.
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends mariadb-server-core >/dev/null
