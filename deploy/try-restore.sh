#!/bin/bash
# Backs the running stack up, throws all of its data away, restores it and waits until it is healthy. For a stack whose
# data nobody needs: CI, or COMPOSE_PROJECT_NAME=trial.
set -euo pipefail
cd "$(dirname "$0")/.."

compose='docker compose'
project=$($compose config --format json | node -p 'JSON.parse(fs.readFileSync(0)).name')
name=trial-$(date +%s)

$compose --profile tools run --rm backup "$name"
$compose stop
$compose rm --force --stop
for store in postgres nats redis s3; do docker volume rm "${project}_$store"; done
# Starts what it depends on: an empty PostgreSQL and an empty bucket.
$compose --profile tools run --rm restore "$name"
$compose up --detach --wait --wait-timeout 300
