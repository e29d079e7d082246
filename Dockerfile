# dindguard in a container: it reads what is mounted at /work, and needs no engine, network or root.
#   docker build -t dindguard .
#   docker run --rm --network none --read-only --cap-drop ALL -v "$PWD:/work:ro" dindguard
# BASE is any image with Python 3.11 or later, venv included. PACKAGES are added from its distribution: git, for --since
# and --trust. A folder `wheelhouse` beside this file (.ci/wheelhouse makes it) is all that is installed from then.
ARG BASE=python:3.13-slim
FROM ${BASE} AS build
WORKDIR /source
COPY . .
ARG PIP_ARGS=""
# The environment that is kept holds no pip.
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/dindguard
RUN if [ -d wheelhouse ]; then \
      set -- --no-index --find-links wheelhouse --require-hashes --only-binary :all: -r wheelhouse/requirements.txt; \
    else \
      set -- --constraint .ci/constraints.txt .; \
    fi \
 && /opt/build/bin/pip --python /opt/dindguard/bin/python install --no-cache-dir --disable-pip-version-check \
      ${PIP_ARGS} "$@" \
 && find /opt/dindguard -name __pycache__ -prune -exec rm -rf {} + \
 && /opt/dindguard/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/dindguard/lib \
 && /opt/dindguard/bin/dindguard --version

FROM ${BASE}
ARG PACKAGES=""
RUN if [ -n "$PACKAGES" ]; then \
      apt-get update && apt-get install --yes --no-install-recommends $PACKAGES && rm -rf /var/lib/apt/lists/*; \
    fi
COPY --from=build /opt/dindguard /opt/dindguard
ENV PATH=/opt/dindguard/bin:$PATH PYTHONDONTWRITEBYTECODE=1
ARG VERSION=""
LABEL org.opencontainers.image.title="dindguard" \
      org.opencontainers.image.description="Checks containers that run, or command, other containers" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/opt/dindguard/bin/dindguard"]
CMD ["scan"]
