# Runs in the image that commands run in, as they do: whatever client it has asks the engine once.
# The answer is one line: name, exit code, output in base64.
has() { command -v "$1" >/dev/null 2>&1; }
ask() { # the engine's own word for being there is OK
    if has docker; then
        docker version --format '{{with .Server}}server {{.Version}}{{end}}'
    elif has curl; then
        curl --silent --show-error --fail --max-time 20 --cacert "$DOCKER_CERT_PATH/ca.pem" \
            --cert "$DOCKER_CERT_PATH/cert.pem" --key "$DOCKER_CERT_PATH/key.pem" https://docker:2376/_ping
    elif has python3; then
        python3 -c 'import os, ssl, urllib.request
folder = os.environ["DOCKER_CERT_PATH"] + "/"
context = ssl.create_default_context(cafile=folder + "ca.pem")
context.load_cert_chain(folder + "cert.pem", folder + "key.pem")
print(urllib.request.urlopen("https://docker:2376/_ping", timeout=20, context=context).read().decode())'
    elif has openssl; then
        printf 'GET /_ping HTTP/1.0\r\n\r\n' |
            timeout 20 openssl s_client -quiet -verify_return_error -connect docker:2376 -CAfile "$DOCKER_CERT_PATH/ca.pem" \
                -cert "$DOCKER_CERT_PATH/cert.pem" -key "$DOCKER_CERT_PATH/key.pem" 2>&1 | grep -x OK
    else
        echo 'it has no docker, curl, python3 or openssl'
        return 127
    fi
}
output=$(ask 2>&1)
code=$?
printf 'client-image %s %s\n' "$code" "$(printf '%s' "$output" | base64 | tr -d '\n')"
exit 0
