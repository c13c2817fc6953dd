# One image per app: docker build --build-arg APP=deals-svc . (gateway, auth-svc, deals-svc, documents-svc, signing-svc,
# sms-svc; and --target deploy with APP=deploy, FOLDER=deploy). Sources run as they are. In it: Node, what Node links to, the app and its
# packages. No shell, no npm, no compiler.

FROM node:24-bookworm-slim AS packages
WORKDIR /srv
COPY package.json package-lock.json ./
COPY apps/auth-svc/package.json apps/auth-svc/
COPY apps/deals-svc/package.json apps/deals-svc/
COPY apps/documents-svc/package.json apps/documents-svc/
COPY apps/gateway/package.json apps/gateway/
COPY apps/signing-svc/package.json apps/signing-svc/
COPY apps/sms-svc/package.json apps/sms-svc/
COPY apps/standalone/package.json apps/standalone/
COPY bench/package.json bench/
COPY deploy/package.json deploy/
COPY e2e/package.json e2e/
COPY packages/local-postgres/package.json packages/local-postgres/
COPY packages/shared/package.json packages/shared/
COPY packages/testkit/package.json packages/testkit/
# The same for every app, so that it is done once. Without the root's own packages: Node is here already.
RUN npm ci --workspaces --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error

FROM packages AS app
COPY scripts scripts
COPY packages/shared packages/shared
ARG APP
ARG FOLDER=apps/${APP}
COPY ${FOLDER} ${FOLDER}
RUN if [ -f "$FOLDER/prisma/schema.prisma" ]; then (cd "$FOLDER" && node ../../scripts/db-generate.js); fi \
 && node scripts/drop-unused-packages.js "$FOLDER" \
 && mkdir -p "/app/$FOLDER" \
 && mv node_modules packages package.json /app/ \
 && cp -a "$FOLDER/." "/app/$FOLDER/"

# What every image begins with: Node, the libraries that it and its addons link to, a user, and folders that this user may
# write to.
FROM packages AS base
RUN mkdir -p /base/tmp /base/etc /base/usr/local/bin \
 && cp /usr/local/bin/node /base/usr/local/bin/ \
 && { ldd /usr/local/bin/node; find node_modules -name '*.node' -exec ldd '{}' + 2>/dev/null || true; } \
  | grep -oP '(=> |^\t)\K/\S+' | sort -u | xargs -I '{}' cp --parents -L '{}' /base \
 && echo 'node:x:1000:1000::/tmp:/sbin/nologin' > /base/etc/passwd \
 && echo 'node:x:1000:' > /base/etc/group \
 && echo 'hosts: files dns' > /base/etc/nsswitch.conf \
 && chmod 1777 /base/tmp \
 && for name in kept gateway auth-svc deals-svc documents-svc signing-svc sms-svc postgres nats redis s3 bucket grafana backup; \
      do mkdir -p "/volumes/secrets/$name"; done \
 && mkdir /volumes/data /volumes/backup

FROM scratch AS image
COPY --from=base /base /
COPY --from=base --chown=1000:1000 /volumes /
COPY --from=app /app /srv
USER 1000:1000
ENV NODE_ENV=production HOST=0.0.0.0 METRICS_HOST=0.0.0.0 DATA_DIR=/data
ARG APP
ARG FOLDER=apps/${APP}
WORKDIR /srv/${FOLDER}
# One arena of malloc and a small young generation: an idle service takes a third less memory. A gateway does more with 16 MiB.
ARG YOUNG_MIB=8
ENV MALLOC_ARENA_MAX=2 NODE_OPTIONS=--max-semi-space-size=${YOUNG_MIB}
ENTRYPOINT ["node"]
CMD ["src/main.ts"]

# Backups hold the migrations that their databases had: --target deploy.
FROM image AS deploy
COPY apps/auth-svc/prisma/migrations /srv/apps/auth-svc/prisma/migrations
COPY apps/deals-svc/prisma/migrations /srv/apps/deals-svc/prisma/migrations
COPY apps/documents-svc/prisma/migrations /srv/apps/documents-svc/prisma/migrations
COPY apps/signing-svc/prisma/migrations /srv/apps/signing-svc/prisma/migrations
COPY apps/sms-svc/prisma/migrations /srv/apps/sms-svc/prisma/migrations

FROM image
