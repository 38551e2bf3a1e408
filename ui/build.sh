#!/bin/sh
# Builds the web UI into a folder:  build.sh OUTDIR
# Does nothing when no source is newer than OUTDIR/index.html. Replaces OUTDIR. Silent unless something fails.
set -eu
[ $# -eq 1 ] || { echo "usage: build.sh OUTDIR" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"
[ "$out" != / ] && [ "$out" != "$PWD" ] || { echo "build.sh: $out would be replaced; name a folder of its own" >&2; exit 2; }

sources="src public index.html vite.config.ts tsconfig.json package.json package-lock.json build.sh"
if [ -f "$out/index.html" ] && [ -z "$(find $sources -newer "$out/index.html" | head -n 1)" ]; then
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quiet() {
  "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; echo "build.sh: failed: $*" >&2; exit 1; }
}

# A source saved while the build runs must count as newer next time, so the output gets the time of the start.
touch "$work/start"
stamp=node_modules/.installed
lock=$(cksum < package-lock.json)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$lock" ]; then
  quiet npm ci --no-audit --no-fund
  echo "$lock" > "$stamp"
fi
quiet node_modules/.bin/tsc --noEmit
quiet node_modules/.bin/vite build --outDir "$work/site" --emptyOutDir --logLevel warn
rm -rf "${out:?}"
mkdir -p "$out"
cp -R "$work/site/." "$out/"
touch -r "$work/start" "$out/index.html"
