#!/bin/sh
# Makes the passwords and keys of compose.cluster.yml, each in its own file below docker/secrets. Keeps those that are there.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# The directory keeps other users out. The files themselves are readable, because containers read them as users of their own.
mkdir -p "$here/secrets"
chmod 700 "$here/secrets"
for name in postgres_password redis_password s3_access_key s3_secret_key; do
  if [ ! -s "$here/secrets/$name" ]; then
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n' > "$here/secrets/$name"
    chmod 644 "$here/secrets/$name"
  fi
done
