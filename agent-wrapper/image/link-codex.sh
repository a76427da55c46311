#!/bin/sh
# Makes /usr/local/bin/codex Codex's native program: the one that the build has fetched, else (installCodex = false) the one
# that the base image or the set-up has on PATH, which has to be CODEX_VERSION.
set -eu

link=/usr/local/bin/codex
fetched=/opt/codex/bin/codex

refuse() {
  echo "link-codex: $*" >&2
  exit 1
}

if [ -x "$fetched" ]; then
  ln -sf "$fetched" "$link"
  exit
fi

found="$(command -v codex)" ||
  refuse "with installCodex = false the base image or the set-up brings Codex, and there is no codex on PATH"
program="$(readlink -f "$found")"
if [ "$(head -c 2 "$program")" = "#!" ]; then
  # npm's launcher, bin/codex.js: the native program is in a package below its own, or beside it.
  package="${program%/bin/*}"
  for program in "$package"/node_modules/@openai/codex-linux-*/vendor/*/bin/codex \
    "${package%/*}"/codex-linux-*/vendor/*/bin/codex; do
    [ -x "$program" ] && break
  done
  [ -x "$program" ] || refuse "$found is a script, and its native program is not where npm has it"
fi

# As the agent's user, who may not look into everybody's home.
version="$(setpriv --reuid 1000 --regid 1000 --clear-groups env HOME=/home/codex "$program" --version)" ||
  refuse "$program does not run as the agent's user"
[ "$version" = "codex-cli $CODEX_VERSION" ] ||
  refuse "$found is $version, and the workspace is pinned to Codex $CODEX_VERSION"
# Not readable, as the one that the build fetches (fetch-codex.mjs says why).
program="$(readlink -f "$program")"
chown root:root "$program"
chmod 0711 "$program"
[ "$program" = "$link" ] || ln -sf "$program" "$link"
