#!/usr/bin/env bash
# Makes sure that there is a Chromium for the browser tests; installs it where it may.
set -eu
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null && as_root=(sudo -n)
  [ "${#as_root[@]}" -gt 0 ] || { echo "The browser tests need Chromium. Install it, on Debian or Ubuntu with: sudo apt-get install chromium"; exit 1; }
fi
command -v apt-get >/dev/null 2>&1 || { echo "The browser tests need Chromium, and this system has no apt-get: install Chromium yourself and put it on PATH"; exit 1; }
echo "Installing Chromium for the browser tests ..."
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium >/dev/null
