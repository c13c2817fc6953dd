#!/bin/bash
# Runs once, while the server's data folder is new (or by hand, for a managed server: set PGHOST, PGUSER, PGPASSWORD and
# SECRETS). Makes each service's database and roles; the passwords are files $SECRETS/<service>-owner-password,
# $SECRETS/<service>-password and $SECRETS/<service>-worker-password.
set -euo pipefail

here=${SQL:-/deploy/postgres}
secrets=${SECRETS:-/run/secrets}
run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${PGUSER:-postgres}" "$@"; }

for service in auth deals documents signing sms; do
  settings=(
    --set "database=uw_$service" --set "owner=uw_${service}_owner" --set "runtime=uw_$service"
    --set "worker=uw_${service}_worker"
    --set "owner_password=$(cat "$secrets/$service-owner-password")"
    --set "runtime_password=$(cat "$secrets/$service-password")"
    --set "worker_password=$(cat "$secrets/$service-worker-password")"
  )
  run "${settings[@]}" --dbname postgres --file "$here/database.sql"
  run "${settings[@]}" --dbname "uw_$service" --file "$here/access.sql"
done
run --dbname postgres --file "$here/server.sql"
