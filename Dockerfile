# dindguard in a container: it reads what is mounted at /work, and needs no engine, network or root.
#   docker build -t dindguard .
#   docker run --rm --network none --read-only -v "$PWD:/work:ro" dindguard
ARG BASE=python:3.13-slim
FROM ${BASE} AS build
WORKDIR /source
COPY . .
# Set PIP_ARGS to install from a folder of wheels: --no-index --find-links=wheels
ARG PIP_ARGS=""
RUN python3 -m venv /opt/dindguard \
 && /opt/dindguard/bin/pip install --no-cache-dir --disable-pip-version-check ${PIP_ARGS} . \
 && /opt/dindguard/bin/dindguard --version

FROM ${BASE}
COPY --from=build /opt/dindguard /opt/dindguard
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/opt/dindguard/bin/dindguard"]
CMD ["scan"]
