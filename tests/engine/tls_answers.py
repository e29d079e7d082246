"""Runs inside a container that has dockerd: starts one for each case on standard input, and says whom it answers.

A case is ``{"options": […], "file": {…}, "environment": {…}, "hosts": "option" | "file" | "both"}``. For each, one of these
is printed: ``refused`` (it does not start), ``plain`` (anybody, in the clear), ``encrypted`` (anybody, over TLS), ``mutual``
(who has a certificate of the authority, and no other). Standard library only; all listeners are on the loopback.
"""

import json
import os
import socket
import ssl
import subprocess
import sys
import time

CERTIFICATES = "/certs"
AT_ONCE = 6
PATIENCE = 90.0
FIRST_PORT = 3000


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates():
    """Make an authority with a server and a client, and another authority with a client of its own."""
    os.makedirs(CERTIFICATES, exist_ok=True)
    os.chdir(CERTIFICATES)
    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", f"{name}-key.pem", "-out", f"{name}.pem")  # fmt: skip
    with open("extensions", "w") as file:
        file.write("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n")
    for name, authority in (("server", "ca"), ("client", "ca"), ("foreign", "other")):
        openssl(
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            f"/CN={name}",
            "-keyout",
            f"{name}-key.pem",
            "-out",
            "csr",
        )
        openssl("x509", "-req", "-in", "csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}-key.pem",
                "-CAcreateserial", "-days", "2", "-extfile", "extensions", "-out", f"{name}.pem")  # fmt: skip


def answers(port, encrypted=False, client=""):
    """Whether the engine answers a request: in the clear or over TLS, with a client's certificate or without."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as plain:
            plain.settimeout(5)
            stream = plain
            if encrypted:
                context = ssl._create_unverified_context()
                if client:
                    context.load_cert_chain(f"{client}.pem", f"{client}-key.pem")
                stream = context.wrap_socket(plain)
            stream.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in stream.recv(4096).partition(b"\r\n")[0]
    except OSError:
        return False


def outcome(port):
    """Return whom the engine on a port answers; empty while it answers nobody."""
    if answers(port):
        return "plain"
    if answers(port, encrypted=True) or answers(port, encrypted=True, client="foreign"):
        return "encrypted"
    return "mutual" if answers(port, encrypted=True, client="client") else ""


def start(number, case):
    """Start the engine of a case; return its port and its process."""
    own, port = f"/tmp/engine-{number}", FIRST_PORT + number
    os.makedirs(own)
    address = f"tcp://127.0.0.1:{port}"
    file = dict(case["file"], **({"hosts": [address]} if case["hosts"] in ("file", "both") else {}))
    with open(f"{own}/daemon.json", "w") as settings:
        json.dump(file, settings)
    words = ["dockerd", f"--config-file={own}/daemon.json", f"--data-root={own}/data", f"--exec-root={own}/exec",
             f"--pidfile={own}/pid", "--bridge=none", "--iptables=false", "--storage-driver=vfs",
             "--containerd=/run/containerd/containerd.sock", *case["options"]]  # fmt: skip
    if case["hosts"] in ("option", "both"):
        words.append(f"--host={address}")
    environment = {**os.environ, **case["environment"]}
    return port, subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def outcomes(started):
    """Yield what became of engines; they are ended."""
    end = time.monotonic() + PATIENCE
    for port, process in started:
        found = ""
        while not found and process.poll() is None and time.monotonic() < end:
            found = outcome(port)
            time.sleep(0.2)
        yield found or ("refused" if process.poll() is not None else "silent")
    for _, process in started:
        process.terminate()
    for _, process in started:
        process.wait()


def main():
    make_certificates()
    containerd = subprocess.Popen(["containerd"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not os.path.exists("/run/containerd/containerd.sock"):
        time.sleep(0.1)
    cases, found = json.load(sys.stdin), []
    for first in range(0, len(cases), AT_ONCE):
        found += outcomes([start(first + n, case) for n, case in enumerate(cases[first : first + AT_ONCE])])
    containerd.terminate()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
