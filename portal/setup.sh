#!/bin/sh
# Makes .venv with the pinned packages of requirements/$1.txt. Does nothing when that was done before.
set -eu
what="${1:-base}"
here="$(cd "$(dirname "$0")/.." && pwd)"
cd "$here"
stamp=".venv/.installed-$what"
file="requirements/$what.txt"

fail() { printf '%s\n' "$1" >&2; exit 1; }

digest() { cksum "$file" | cut -d' ' -f1,2; }

# The tests' environment holds everything that the program needs.
for made in "$stamp" $( [ "$what" = base ] && echo ".venv/.installed-test" ); do
  if [ -f "$made" ] && [ "$(cat "$made")" = "$(cksum "requirements/${made##*-}.txt" | cut -d' ' -f1,2)" ]; then exit 0; fi
done

[ -n "${PYTHON:-}" ] || fail "Python 3.11, 3.12 or 3.13 is needed and was not found. Install one, or name it: make PYTHON=/path/to/python3.12 run"
"$PYTHON" -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info < (3, 14)))' \
  || fail "$("$PYTHON" --version) does not fit: the portal runs on Python 3.11, 3.12 and 3.13. Name another: make PYTHON=python3.12 run"
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null \
  || fail "Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv"
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64|Linux-aarch64|Darwin-arm64) ;;
  *) fail "$(uname -s) on $(uname -m) is not supported: some packages come ready-made for Linux (x86-64, arm64) and Apple silicon only." ;;
esac
free_kib="$(df -Pk . | awk 'NR == 2 { print $4 }')"
[ -d .venv ] || [ "$free_kib" -gt 1800000 ] \
  || fail "About 1.8 GB of free disk are needed for the packages; here are $((free_kib / 1000)) MB."

began="$(date +%s)"
if [ ! -x .venv/bin/python ]; then
  echo "Making the environment in .venv with $("$PYTHON" --version)"
  "$PYTHON" -m venv .venv
fi
echo "Installing $(grep -c == "$file") pinned packages; the first time this takes one or two minutes"
# --no-deps: the file is complete, and two packages are left out on purpose. --ignore-requires-python: one package with
# wheels for every Python forbids 3.13 in its metadata and works there.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
  --ignore-requires-python -r "$file" \
  || fail "The packages could not be installed; what was installed stays, and 'make setup' goes on from there."
digest > "$stamp"
echo "The environment is ready after $(( $(date +%s) - began )) s"
