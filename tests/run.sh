#!/bin/sh
# The tests: all, or the part that PART names. What they need beyond Python packages is installed here where that is
# possible, and named where it is not.
set -eu
cd "$(dirname "$0")/.."

case "${PART:-all}" in
  all) set -- "$@" ;;
  unit) set -- -m "not service and not browser" "$@" ;;
  service) set -- -m "service and not browser" "$@" ;;
  browser) set -- -m browser "$@" ;;
  *) echo "PART is unit, service or browser, and not ${PART}." >&2; exit 2 ;;
esac

insist_on_chromium() {
  if command -v chromium >/dev/null 2>&1 || [ -n "${CHROMIUM:-}" ]; then return; fi
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium for the browser tests"
    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium) >/tmp/portal-apt.log 2>&1 \
      || { tail -5 /tmp/portal-apt.log >&2; [ -z "${CI:-}" ] || exit 1; }
  elif [ -n "${CI:-}" ]; then
    echo "Chromium is missing, and the browser tests may not be skipped here." >&2; exit 1
  else
    echo "Chromium is not here: the browser tests will be skipped. Install the package 'chromium' to run them."
  fi
}

# PostgreSQL, Redis, PgBouncer, Weaviate: says which is missing and why.
insist_on_servers() {
  if .venv/bin/python -m portal.operations.services install; then return; fi
  if [ -n "${CI:-}" ]; then
    echo "The tests of the production column may not be skipped here." >&2; exit 1
  fi
  echo "The tests of the production column that need them will be skipped."
}

case "${PART:-all}" in all|browser) insist_on_chromium ;; esac
case "${PART:-all}" in all|browser|service) insist_on_servers ;; esac
exec .venv/bin/python -m pytest -n "${TEST_PROCESSES:-2}" --dist loadgroup --durations=20 "$@"
