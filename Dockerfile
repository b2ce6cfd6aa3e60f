# One image for the job and, later, the dashboard: Node, Git and the bundle, nothing else.
#   docker build --build-arg VERSION=0.1.0 --build-arg REVISION=$(git rev-parse HEAD) -t drift-detector:0.1.0 .
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json LICENSE ./
# Development packages too: esbuild makes the bundle. Nothing that is fetched runs code of its own.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY bin bin
COPY src src
RUN node bin/build.mjs

FROM node:24.21.0-bookworm-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="drift-detector" \
      org.opencontainers.image.description="Finds drift between live Kubernetes workloads and their ConfigHub units, fixes it, and commits a report to Git." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# git and ssh write the report repository; tini passes SIGTERM on and reaps what git leaves behind.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git openssh-client tini \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /opt/yarn-* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
# ssh refuses a user that has no entry in /etc/passwd.
 && useradd --uid 65532 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin drift-detector
WORKDIR /app
# The entry reads which Node it wants from the package.json one level above; dist has the licences of what is bundled.
COPY package.json LICENSE ./
COPY --from=build /app/dist dist
ENV NODE_ENV=production
# A number, so that runAsNonRoot can be checked before the pod starts.
USER 65532:65532
ENTRYPOINT ["/usr/bin/tini", "--", "node", "/app/dist/drift-detector.mjs"]
