# One image for all services. `docker build --tag tollkeeper .` builds it; `docker run tollkeeper` is the platform in one process, and a command
# says otherwise: tollkeeper-gateway, -ingestion, -rating, -tenant, -invoicing, -receivables, -commissions, -prepare, or tollkeeper for the command line.
#
# A registry or mirror of yours: `--secret id=npmrc,src=$HOME/.npmrc`.

# Packages of others that run in production. They come from the lock file alone, so that this step is done again only when that changes: packages of
# the workspace have no dependencies of their own. No install script runs.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=cache,target=/root/.npm \
    npm pkg delete workspaces && npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY tools/image/prune-packages.mjs /build/
RUN node /build/prune-packages.mjs node_modules

# The workspace with everything that builds it. Tilt runs this stage, so that what was changed is compiled and started where it runs.
FROM node:24-bookworm-slim AS build
RUN mkdir --parents /app && chown 10001:10001 /app
WORKDIR /app
USER 10001:10001
ENV HOME=/tmp
COPY --chown=10001:10001 package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=npmrc,target=/tmp/.npmrc,uid=10001 \
    --mount=type=cache,target=/tmp/.npm,uid=10001,gid=10001 \
    cp package.json workspace.json && npm pkg delete workspaces && npm ci --ignore-scripts --no-audit --no-fund && mv workspace.json package.json
COPY --chown=10001:10001 . .
RUN node tools/image/link-packages.mjs && node tools/build.mjs
CMD ["node", "services/embedded/dist/main.js"]

FROM build AS assembled
RUN node tools/image/assemble.mjs /tmp/image
# What of others is in the image, as CycloneDX.
RUN mkdir /tmp/sbom && cp package.json package-lock.json /tmp/sbom && cd /tmp/sbom && npm pkg delete workspaces && \
    /app/node_modules/.bin/cyclonedx-npm --package-lock-only --omit dev --output-reproducible --output-file /tmp/image/app/sbom.cdx.json

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Tollkeeper" \
      org.opencontainers.image.description="Billing and receivables for connected devices" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules /app/node_modules
COPY --from=assembled /tmp/image/ /
RUN install --directory --owner=10001 --group=10001 /data
# A number: Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /data
# The API, Dapr's calls, health.
EXPOSE 7410 7411 7412
# Node's own script would take a misspelled command for a program of its own.
ENTRYPOINT []
CMD ["tollkeeper-embedded", "--data", "/data", "--host", "0.0.0.0"]
