#!/bin/sh
# Installs what is missing and builds: for the tests and the quick start, on a machine with Node and a compiler.
set -eu
cd "$(dirname "$0")/.."

installed=node_modules/.package-lock.json
if [ ! -f "$installed" ] || [ -n "$(find package-lock.json -newer "$installed")" ]; then
  # better-sqlite3 is compiled against Node's headers: those beside this Node, where there are some, need no download.
  home="$(node -p "path.resolve(process.execPath, '..', '..')")"
  if [ -f "$home/include/node/node.h" ]; then
    npm_config_nodedir="$home"
    export npm_config_nodedir
  fi
  npm ci
fi

npm run --silent build
