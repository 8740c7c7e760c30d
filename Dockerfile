# syntax=docker/dockerfile:1
# Not tested yet: written without a container engine, and kept simple for that reason.

FROM rust:1.95-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends libclang-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --workspace --bins

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/keyrack keyrack
COPY --from=build /src/target/release/keyrackd /src/target/release/keyrack /usr/local/bin/
USER keyrack
WORKDIR /var/lib/keyrack
VOLUME /var/lib/keyrack/data
EXPOSE 7110 7111 7112
ENTRYPOINT ["keyrackd"]
CMD ["run", "--config", "/etc/keyrack/keyrackd.toml"]
