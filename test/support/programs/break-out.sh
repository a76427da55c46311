#!/bin/bash
# What a command of the agent can reach, one line for each thing it tries: what that said first.
# Usage: break-out.sh WRAPPER_PID TERMINAL_PID APP_SERVER_PID APP_SERVER_PORT API_PORT
try() { echo "$1: $("${@:2}" 2>&1 | tr '\0' ' ' | head -n 1 | cut -c 1-2000)"; }
write() { echo changed >"$1"; }
request() {
  exec 3<>"/dev/tcp/127.0.0.1/$1"
  printf '%s\r\n' "$2 HTTP/1.1" "Host: 127.0.0.1:$1" "${@:3}" "" >&3
  head -n 1 <&3
}
websocket=("Connection: Upgrade" "Upgrade: websocket" "Sec-WebSocket-Version: 13" "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")

try tokens cat /etc/codex-workspace/tokens.json
try settings write /etc/codex-workspace/workspace.json
try database cat /home/wrapper/wrapper.sqlite
try wrapper-environment cat "/proc/$1/environ"
try wrapper-memory head -c 1 "/proc/$1/mem"
try wrapper-signal kill -0 "$1"
try terminal-environment cat "/proc/$2/environ"
try terminal-signal kill -0 "$2"
try codex-environment cat "/proc/$3/environ"
try app-server request "$4" "GET /" "Authorization: Bearer guess" "${websocket[@]}"
try approvals request "$5" "GET /v1/sessions/main/approvals"
try terminal request "$5" "GET /v1/sessions/main/terminal" "${websocket[@]}"
try health request "$5" "GET /healthz"
try own-environment cat /proc/self/environ
try own-signal kill -0 $$
try codex-config cat /home/codex/.codex/config.toml
try user id -u
