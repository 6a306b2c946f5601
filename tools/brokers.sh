#!/usr/bin/env bash
# Makes sure that there are Redis, RabbitMQ and NATS for the tests to start; installs them where it may, without starting
# any.
set -eu
export PATH="$PATH:/usr/sbin:/usr/local/sbin"
missing=()
for name in redis-server rabbitmq-server nats-server; do
  command -v "$name" >/dev/null 2>&1 || missing+=("$name")
done
[ "${#missing[@]}" = 0 ] && exit 0
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null && as_root=(sudo -n)
  [ "${#as_root[@]}" -gt 0 ] || { echo "The tests need ${missing[*]}. Install them, on Debian or Ubuntu with: sudo apt-get install ${missing[*]}"; exit 1; }
fi
command -v apt-get >/dev/null 2>&1 || { echo "The tests need ${missing[*]}, and this system has no apt-get: install them yourself and put them on PATH"; exit 1; }
echo "Installing ${missing[*]} for the tests ..."
"${as_root[@]}" apt-get update -qq
# Debian starts a server at its installation, unless this says that it must not.
rule=/usr/sbin/policy-rc.d
if [ ! -e "$rule" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$rule" >/dev/null
  "${as_root[@]}" chmod +x "$rule"
  trap '"${as_root[@]}" rm -f "$rule"' EXIT
fi
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
