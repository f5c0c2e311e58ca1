#!/bin/sh
# All tests. What they need beyond Python packages is installed here where that is possible, and named where it is not.
set -eu
cd "$(dirname "$0")/.."

if ! command -v chromium >/dev/null 2>&1 && [ -z "${CHROMIUM:-}" ]; then
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium for the browser tests"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium) >/tmp/portal-apt.log 2>&1 \
      || { tail -5 /tmp/portal-apt.log >&2; [ -z "${CI:-}" ] || exit 1; }
  elif [ -n "${CI:-}" ]; then
    echo "Chromium is missing, and the browser tests may not be skipped here." >&2; exit 1
  else
    echo "Chromium is not here: the browser tests will be skipped. Install the package 'chromium' to run them."
  fi
fi

# PostgreSQL, Redis, PgBouncer, Weaviate: says which is missing and why.
if ! .venv/bin/python -m portal.services install; then
  if [ -n "${CI:-}" ]; then
    echo "The tests of the production column may not be skipped here." >&2; exit 1
  fi
  echo "The tests of the production column that need them will be skipped."
fi
exec .venv/bin/python -m pytest -n "${TEST_PROCESSES:-2}" --dist loadgroup "$@"
