#!/bin/sh
# SageMaker starts a hosting container with the argument `serve` and nothing else.
set -eu
if [ "${1:-serve}" != "serve" ]; then
  echo "argument is \"$1\"; this image only knows \`serve\`. Start it without arguments, or with serve." >&2
  exit 2
fi
exec python server.py
