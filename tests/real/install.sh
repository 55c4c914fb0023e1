#!/usr/bin/env bash
# Installs the real servers that the integration tests talk to: PostgreSQL, Redis and the AT Protocol's own services,
# a Matrix homeserver, a Mastodon API server, an IRC server, Prometheus Alertmanager, an OpenAPI validator.
# Run it as often as you like: what is there stays.
# System packages come from apt, the rest goes into .real/ of this repository (HOTLINE_REAL_DIR names another folder).
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
into="${HOTLINE_REAL_DIR:-$root/.real}"
python="${PYTHON:-python3.11}"
log="$into/install.log"
mkdir -p "$into"
: > "$log"

say() { printf '%s\n' "install: $*"; }
fail() { say "$*"; say "the last lines of $log:"; tail -n 20 "$log"; exit 1; }
quietly() { "$@" >> "$log" 2>&1 || fail "failed: $*"; }

# name of the Debian package, and a program of it that shows that it is there
packages=(
  "postgresql /usr/lib/postgresql/*/bin/initdb"
  "redis-server redis-server"
  "ngircd ngircd"
  "nginx-light nginx"
  "prometheus-alertmanager prometheus-alertmanager"
  "chromium chromium"
  "chromium-driver chromedriver"
  "fonts-noto-core /usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"
  "fonts-noto-cjk /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
  "fonts-noto-color-emoji /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
  "prometheus promtool"
  "systemd systemd-analyze"
)
command -v npm > /dev/null || packages+=("npm npm")

present() {
  case "$1" in
    /*) compgen -G "$1" > /dev/null ;;
    *) PATH="$PATH:/usr/sbin" command -v "$1" > /dev/null ;;
  esac
}

system_packages() {
  local missing=() line as_root=()
  for line in "${packages[@]}"; do
    present "${line#* }" || missing+=("${line%% *}")
  done
  if [ ${#missing[@]} -eq 0 ]; then say "system packages: all there"; return; fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || fail "needs root for: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  command -v apt-get > /dev/null || fail "no apt-get here; install by hand: ${missing[*]}"
  say "system packages: ${missing[*]}"
  # The tests start servers of their own: installing must not start the packages' services.
  local policy=/usr/sbin/policy-rc.d ours=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" > /dev/null
    "${as_root[@]}" chmod 755 "$policy"
    ours=yes
  fi
  quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update
  quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
  if [ -n "$ours" ]; then "${as_root[@]}" rm -f "$policy"; fi
}

# A folder is up to date when its stamp holds the checksum of what it was made from.
stamped() { [ -f "$1/.stamp" ] && [ "$(cat "$1/.stamp")" = "$(cat "${@:2}" | sha256sum)" ]; }
stamp() { cat "${@:2}" | sha256sum > "$1/.stamp"; }

# Node packages, from NAME/package-lock.json.
packages_of_node() { # NAME WORDS
  local target="$into/$1" sources=("$here/$1/package.json" "$here/$1/package-lock.json")
  mkdir -p "$target"
  if stamped "$target" "${sources[@]}"; then say "$2: up to date"; return; fi
  say "$2: npm ci"
  cp "${sources[@]}" "$target/"
  (cd "$target" && quietly npm ci --ignore-scripts --no-audit --no-fund)
  stamp "$target" "${sources[@]}"
}

# A server from PyPI in an environment of its own, from requirements/NAME.lock.
environment() { # NAME WORDS
  local target="$into/$1" lock="$root/requirements/$1.lock"
  if stamped "$target" "$lock"; then say "$2: up to date"; return; fi
  say "$2: pip install"
  rm -rf "$target"
  quietly "$python" -m venv "$target"
  quietly "$target/bin/python" -m pip install --disable-pip-version-check --no-deps --require-hashes -r "$lock"
  stamp "$target" "$lock"
}

system_packages
packages_of_node atnet "AT Protocol services (700 MB)"
packages_of_node prism "OpenAPI validator (90 MB)"
packages_of_node axe "accessibility rules"
environment synapse "Matrix homeserver (250 MB)"
environment mastodon "Mastodon API server"
say "done: $(du -sh "$into" 2> /dev/null | cut -f1) in $into"
