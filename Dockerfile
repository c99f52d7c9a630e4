# The service alone: a static binary that runs as nobody in particular. PostgreSQL is
# not in this image, so HOLDFAST_DATABASE_URL must name one.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# With .git, from which the binary takes the version that it shows.
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/holdfast ./cmd/holdfast
# What a static binary still reads of a system: whom to trust, its user, a place to
# keep the secret that it makes, and one for temporary files. Time zones are in it.
RUN mkdir -p /out/root/etc/ssl/certs /out/root/var/lib/holdfast /out/root/tmp \
 && cp /etc/ssl/certs/ca-certificates.crt /out/root/etc/ssl/certs/ \
 && echo 'holdfast:x:65532:65532:holdfast:/var/lib/holdfast:/sbin/nologin' > /out/root/etc/passwd \
 && echo 'holdfast:x:65532:' > /out/root/etc/group \
 && chown -R 65532:65532 /out/root/var/lib/holdfast && chmod 0700 /out/root/var/lib/holdfast && chmod 1777 /out/root/tmp

FROM scratch
COPY --from=build /out/root /
COPY --from=build /out/holdfast /usr/bin/holdfast
ENV PATH=/usr/bin \
    HOLDFAST_LISTEN=0.0.0.0:8080 \
    HOLDFAST_DATA_DIR=/var/lib/holdfast
USER 65532:65532
# The secret, unless HOLDFAST_SECRET gives it. Losing it makes the evidence unreadable.
VOLUME /var/lib/holdfast
EXPOSE 8080
# Whether the process lives. Whether its databases do is for /readyz: to restart the
# service would not bring them back. A first start may have schemas to make.
HEALTHCHECK --interval=30s --timeout=3s --start-period=5m --retries=3 CMD ["holdfast", "health"]
ENTRYPOINT ["holdfast"]
CMD ["serve"]
