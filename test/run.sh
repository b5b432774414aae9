#!/bin/sh
# Installs what is missing, builds, and runs the tests: all of them, or as vitest's arguments say.
# The last line of the output is the summary, also when it does not come to any test.
cd "$(dirname "$0")/.." || exit 1

failed() {
  echo "0 passed, 1 failed"
  exit 1
}

installed=node_modules/.package-lock.json
if [ ! -f "$installed" ] || [ -n "$(find package-lock.json -newer "$installed")" ]; then
  # better-sqlite3 is compiled against Node's headers: those beside this Node, where there are some, need no download.
  home="$(node -p "path.resolve(process.execPath, '..', '..')")"
  if [ -f "$home/include/node/node.h" ]; then
    npm_config_nodedir="$home"
    export npm_config_nodedir
  fi
  npm ci || failed
fi

npm run build || failed
exec npx vitest run "$@"
