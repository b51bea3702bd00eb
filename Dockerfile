# The image holds one file. BUILDER is any Debian-like image with apt-get, or one
# that has make, gcc and musl-gcc already.
ARG BUILDER=debian:bookworm-slim

FROM ${BUILDER} AS build
RUN if ! command -v make || ! command -v gcc || ! command -v musl-gcc; then \
        apt-get update && \
        apt-get install -y --no-install-recommends make gcc libc6-dev musl-tools; \
    fi
WORKDIR /src
COPY Makefile ./
COPY src src
ARG REVISION=unknown
RUN make CC=musl-gcc REVISION="$REVISION" && build/my_webserver --version

FROM scratch
ARG VERSION=0.9.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="my_webserver" \
      org.opencontainers.image.description="A web page in a pod: one static binary, JSON access log, Prometheus metrics, graceful drain" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /src/build/my_webserver /my_webserver
# A site that is copied or mounted here is served; while there is none, the demo
# page is.
ENV MY_WEBSERVER_ROOT=/srv
WORKDIR /srv
# A number, so that runAsNonRoot can be checked.
USER 65534:65534
# 8080: the page. 9999: metrics and probes.
EXPOSE 8080 9999
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["/my_webserver", "probe"]
ENTRYPOINT ["/my_webserver"]
