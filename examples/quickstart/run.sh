#!/bin/sh
# Installs and builds what is missing, then shows the main job on the embedded default.
set -eu
cd "$(dirname "$0")/../.."
sh test/prepare.sh
exec node examples/quickstart/quickstart.mjs
