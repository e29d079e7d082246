# Runs as a client in the environment's own network. $1: the daemon's address there.
# Every answer is one line: name, exit code, output in base64.
# shellcheck disable=SC2329  # `answer` calls the functions by name
answer() {
    name=$1
    shift
    output=$("$@" 2>&1)
    code=$?
    printf '%s %s %s\n' "$name" "$code" "$(printf '%s' "$output" | base64 | tr -d '\n')"
}
ask() { timeout 20 env "$@" docker version --format '{{with .Server}}server {{.Version}}{{end}}'; }
over_tls() { ask DOCKER_HOST=tcp://docker:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$1"; }
in_the_clear() { ask -u DOCKER_TLS_VERIFY -u DOCKER_CERT_PATH DOCKER_HOST="tcp://docker:$1"; }

reach() { timeout 5 openssl s_client -connect "$1:2376" </dev/null; }
accepted() { # the authorities that the server names in its request for a certificate, one a line
    timeout 5 openssl s_client -connect docker:2376 </dev/null 2>/dev/null |
        sed -n '/^Acceptable client certificate CA names/,/^\(---\|Client Certificate\|Requested\|Peer\|Shared\)/p' |
        grep -v -e '^Acceptable' -e '^---' -e '^Client Certificate' -e '^Requested' -e '^Peer' -e '^Shared'
}
subject() { openssl x509 -in /certs/client/ca.pem -noout -subject | sed 's/^subject= *//'; }
keys() {
    find /certs -type f | while read -r file; do
        if grep -q 'PRIVATE KEY' "$file"; then
            printf '%s %s\n' "$(openssl pkey -in "$file" -pubout 2>/dev/null | sha256sum | cut -c1-64)" "$file"
        fi
    done
}

mkdir /tmp/none /tmp/foreign && cp /certs/client/ca.pem /tmp/none && cp /certs/client/ca.pem /tmp/foreign
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=stranger \
    -keyout /tmp/foreign/key.pem -out /tmp/foreign/cert.pem 2>/dev/null

answer client-certificate over_tls /certs/client
answer plaintext in_the_clear 2376
answer no-certificate over_tls /tmp/none
answer foreign-files ls /tmp/foreign/key.pem /tmp/foreign/cert.pem
answer foreign-certificate over_tls /tmp/foreign
answer plain-port in_the_clear 2375
answer own-network reach "$1"
answer client-authority cat /certs/client/ca.pem
answer accepted-authorities accepted
answer authority-subject subject
answer client-keys keys
answer filter-file cat /filter/seccomp.json
exit 0
