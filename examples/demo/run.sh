#!/bin/sh
# Installs and builds what is missing, then runs the demo into Kafka.
set -eu
cd "$(dirname "$0")/../.."
sh test/prepare.sh
exec node examples/demo/demo.mjs
