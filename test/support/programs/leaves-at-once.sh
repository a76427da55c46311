#!/bin/bash
# Tries to reach an address as its very first act: by TCP, UDP and IPv6 at once, and by a name. Prints one line.
# Usage: leaves-at-once.sh ADDRESS ADDRESS6 NAME
for way in "tcp/$1/80" "tcp/$2/80" "udp/$1/53" "udp/$2/53" "tcp/$3/80"; do
  (echo anybody >"/dev/$way") 2>/dev/null &
  tried+=($!)
done
went=0
for try in "${tried[@]}"; do
  if wait "$try"; then went=$((went + 1)); fi
done
echo "tried, $went went"
