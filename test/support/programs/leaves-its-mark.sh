#!/bin/sh
# Stands under another program's name on PATH: leaves a file that says whose process found it, and runs the real program.
name="${0##*/}"
: >"/workspace/marks/found-$name-$(/usr/bin/id -u)"
PATH=/usr/local/bin:/usr/bin:/bin exec "$name" "$@"
