#!/bin/bash
# Gives databases from before there was a worker the missing roles, by hand and as often as you like:
# docker compose run --rm secrets && docker compose exec postgres bash /deploy/postgres/workers.sh
set -euo pipefail

secrets=${SECRETS:-/run/secrets}
run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${PGUSER:-postgres}" --dbname postgres "$@"; }

for service in auth deals documents signing sms; do
  role="uw_${service}_worker"
  if [[ $(run --tuples-only --no-align --command "SELECT 1 FROM pg_roles WHERE rolname = '$role'") != 1 ]]; then
    run --set "role=$role" --set "password=$(cat "$secrets/$service-worker-password")" \
      <<< "CREATE ROLE :\"role\" LOGIN PASSWORD :'password'"
  fi
done
