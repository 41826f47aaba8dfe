#!/bin/sh
# Makes the data of this package anew from the npm package world-atlas, of which only
# this is needed. Run in the package's folder, by go generate.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm pack --silent --pack-destination "$dir" world-atlas@2.0.2 >/dev/null
tar xzf "$dir/world-atlas-2.0.2.tgz" -C "$dir"
go run ./generate -atlas "$dir/package/countries-50m.json"
