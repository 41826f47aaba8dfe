#!/bin/sh
# Makes the data of this package anew from the npm package simple-icons, of which only
# this is needed. Run in the package's folder, by go generate.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm pack --silent --pack-destination "$dir" simple-icons@16.37.0 >/dev/null
tar xzf "$dir/simple-icons-16.37.0.tgz" -C "$dir"
go run ./generate -icons "$dir/package/icons"
