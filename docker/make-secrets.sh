#!/bin/sh
# Makes docker/secrets/ for compose.yaml: every password and key, random, once. What is there already stays.
# The folder is closed to others; its files can be read by the accounts inside the containers, which have other numbers.
set -eu
cd "$(dirname "$0")"
umask 022
mkdir -p secrets
chmod 700 secrets
cd secrets
random() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }
once() { [ -s "$1" ] || printf '%s' "$2" > "$1"; }
for name in secret_key encryption_key signing_key postgres_password owner_password app_password backup_password redis_password weaviate_api_key; do
  once "$name" "$(random)"
done
once admin_url "postgresql://postgres:$(cat postgres_password)@postgres:5432/postgres"
once owner_url "postgresql://portal_owner:$(cat owner_password)@postgres:5432/portal"
once backup_url "postgresql://portal_backup:$(cat backup_password)@postgres:5432/portal"
once app_url "postgresql://portal_app:$(cat app_password)@postgres:5432/portal"
once redis_url "redis://:$(cat redis_password)@redis:6379/0"
# For the profile `pooler`: the application's way through PgBouncer, and whom PgBouncer lets in.
once pooled_url "postgresql://portal_app:$(cat app_password)@pgbouncer:6432/portal"
once pgbouncer_users "\"portal_app\" \"$(cat app_password)\""
chmod 444 ./*
echo "docker/secrets holds $(ls | wc -l | tr -d ' ') secrets. Keep a copy of encryption_key and signing_key elsewhere."
