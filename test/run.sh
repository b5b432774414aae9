#!/bin/sh
# Installs what is missing, builds, and runs the tests: all of them, or as vitest's arguments say.
# The last line of the output is the summary, also when it does not come to any test.
cd "$(dirname "$0")/.." || exit 1

if ! sh test/prepare.sh; then
  echo "0 passed, 1 failed"
  exit 1
fi
exec node_modules/.bin/vitest run "$@"
