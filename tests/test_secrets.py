"""Secrets: in no report, wherever they stand. Every placement, in every report, quoted and in messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.audit.redaction import Redaction
from dindguard.model.model import Model
from dindguard.reports import FORMATS, Options, render
from dindguard.reports.masking import Masks, secret_name, shown
from dindguard.reports.masking.words import spoken
from dindguard.scanning import Options as ScanOptions
from dindguard.scanning import Report, scan
from dindguard.source import Source, Step
from reporting import SOCKET, finding, sample

S = "Zq7-hunter2.Xk"
"""Stands in each placement; nothing else of a report holds it."""

LINES = """\
ARGS+=(-e DB_PASSWORD=$S)
export DB_PASSWORD=$S
export db_password=$S
PASSWORD="$S" ./run.sh
docker run -e DB_PASSWORD=$S app
docker run -e db_password=$S app
docker run -e region=$S app
docker run -eAPI_TOKEN=$S app
docker run --env API_TOKEN=$S app
docker run --env=API_TOKEN=$S app
docker run --env 'api_token=$S' app
docker run -e "login=$S" app
docker run -e HUB_CREDS=admin:$S app
docker run -e dbcred=$S app
docker run -e PG_PW=$S app
docker run -e pgpw=$S app
docker run -e REGISTRY_LOGIN=$S app
docker run -e SESSION_COOKIE=$S app
docker build --build-arg NPM_TOKEN=$S .
docker build --build-arg=NPM_TOKEN=$S .
docker build --build-arg token=$S .
docker build --build-arg flavour=$S .
docker build --build-arg "pip_login=$S" .
podman build --build-arg=pw=$S .
docker login -u ci -p $S registry.example.org
docker login -u ci -p$S registry.example.org
docker login -u ci -p "$S" registry.example.org
docker login -u ci -p '$S' registry.example.org
docker login --username ci --password $S registry.example.org
docker login --username ci --password=$S registry.example.org
docker --config /c login -u ci -p $S
helm registry login -u ci -p $S registry.example.org
oc login -u ci -p $S
az login --service-principal -u x -p $S --tenant y
echo $S | docker login -u ci --password-stdin
echo "$S" | docker login -u ci --password-stdin
echo -n '$S' | docker login -u ci --password-stdin
echo "the $S" | docker login -u ci --password-stdin
printf '%s' $S | docker login -u ci --password-stdin
printf "$S" | podman login --password-stdin -u ci
/bin/echo $S | sudo -E docker login --password-stdin
docker login -u ci --password-stdin <<< $S
docker login -u ci --password-stdin <<< "$S"
docker login -u ci --password-stdin <<<'$S'
echo $S | docker secret create db -
printf $S | docker secret create db_password -
echo "root:$S" | chpasswd
echo $S | sudo -S apt-get update
echo $S | gh auth login --with-token
gh auth login --with-token <<< $S
echo $S | gh secret set NAME
echo $S > /run/secrets/db_password
echo "$S" >> ~/.pgpass
echo $S | tee /etc/registry/password
sh -c "echo $S | docker login --password-stdin"
bash -c 'mysql -uroot -p$S'
docker exec db mysql -uroot -p$S app
mysqldump -u root -p"$S" app
mariadb -p$S
mysqladmin -u root password $S
mongosh -u root -p $S
redis-cli -a $S ping
redis-server --requirepass $S
sshpass -p $S ssh host
sshpass -p$S ssh host
curl -u admin:$S https://example.org
curl -uadmin:$S https://example.org
curl --user admin:$S https://example.org
curl --user "admin:$S" https://example.org
curl --proxy-user=admin:$S https://example.org
curl -H "Authorization: Bearer $S" https://example.org
curl -H 'Authorization: Basic $S' https://example.org
curl -H "Authorization: token $S" https://example.org
curl -H "PRIVATE-TOKEN: $S" https://example.org
curl -H "X-Api-Key: $S" https://example.org
curl -H "Cookie: $S" https://example.org
curl https://example.org/x?token=$S
curl "https://example.org/x?a=b&access_token=$S&c=d"
curl "https://example.org/x?sv=1&sig=$S"
wget --http-password=$S https://example.org
wget --password $S https://example.org
skopeo copy --src-creds ci:$S docker://a docker://b
skopeo copy --dest-creds=ci:$S docker://a docker://b
buildah push --creds ci:$S image
git clone https://ci:$S@example.org/app.git
git clone https://$S@example.org/app.git
git clone https://oauth2:$S@example.org/app.git
pip install --extra-index-url https://ci:$S@example.org/simple app
DATABASE_URL: postgres://app:$S@db/app
- redis://:$S@cache:6379/0
DOCKER_HOST: tcp://ci:$S@dind:2376
mongodb+srv://app:$S@db.example.org/app
"Server=db;User Id=sa;Password=$S;"
jdbc:mysql://db/app?user=app&password=$S
mvn deploy -Dsonar.login=$S
gradle publish -Ppassword=$S
ansible-playbook -e ansible_become_pass=$S site.yml
terraform apply -var db_password=$S
terraform apply -var="db_password=$S"
helm install app --set auth.password=$S chart
helm install app --set-string=auth.token=$S chart
kubectl --token $S get pods
kubectl create secret generic s --from-literal=pw=$S
kubectl create secret generic s --from-literal password=$S
kubectl create secret docker-registry s --docker-password=$S
docker swarm join --token $S manager:2377
./config.sh --url https://example.org --token $S
gitlab-runner register --registration-token $S
gitlab-runner register -r $S
vault login $S
vault login token=$S
nomad job run -token=$S job.hcl
aws configure set aws_secret_access_key $S
npm config set //registry.example.org/:_authToken $S
//registry.example.org/:_authToken=$S
twine upload -u ci -p $S dist/*
htpasswd -nbB admin $S
htpasswd -bc /auth/htpasswd admin $S
rabbitmqctl add_user app $S
rabbitmqctl change_password app $S
openssl enc -aes-256-cbc -k $S -in a -out b
openssl rsa -in key.pem -passin pass:$S
keytool -list -storepass $S
ssh-keygen -t ed25519 -N $S -f key
plink -pw $S host
gpg --batch --passphrase $S -d file
zip -P $S a.zip file
ldapsearch -x -w $S
sqlcmd -S db -U sa -P $S
psql -c "ALTER USER app WITH PASSWORD '$S'"
mysql -e "CREATE USER app IDENTIFIED BY '$S'"
machine example.org login ci password $S
ENV db_password $S
ENV region $S
ENV A=b db_password=$S
ENV A=b note="$S"
ARG token=$S
ARG NPM_TOKEN="$S"
RUN npm config set _authToken $S && npm ci
CMD ["redis-server", "--requirepass", "$S"]
ENTRYPOINT ["mysql", "-uroot", "-p$S"]
command: ["docker", "login", "-u", "ci", "-p", "$S"]
command: ["tool", "--password", "$S"]
command: [tool, --password, $S]
command: ["tool", "--token=$S"]
command: ['curl', '-u', 'ci:$S', 'https://example.org']
args: ["--api-key", "$S"]
args: ["set", "password", "$S"]
password: $S
  db_password: "$S"
  pw: '$S'
  dbPassword: $S  # of the test
  registryCredentials: $S
  login: $S
  smtp_login: "$S"
  auth: $S
{password: $S, image: app}
environment: {db_password: $S, image: app}
environment: [db_password=$S]
      - db_password=$S
      - {name: DB_PASSWORD, value: $S}
{"name": "DB_PASSWORD", "value": "$S"}
  env = [{ name = "DB_PASSWORD", value = "$S" }]
{"auths": {"example.org": {"auth": "$S"}}}
environment = ["DOCKER_AUTH_CONFIG={\\"auths\\":{\\"example.org\\":{\\"auth\\":\\"$S\\"}}}", "A=b"]
"{\\"password\\": \\"$S\\"}"
traefik.basicauth.users: "ci:$S"
- "traefik.http.middlewares.a.basicauth.users=ci:$S"
"apiKey":"$S"
api_key = "$S"
password := $S
'password' => '$S',
$env:DB_PASSWORD = "$S"
setx API_TOKEN $S
<password>$S</password>
<property name="password" value="$S"/>
# the password is $S
# password: $S
PASSWORD=${DB_PASSWORD:-$S}
password: ${DB_PASSWORD:-$S}
string(name: 'DEPLOY_TOKEN', value: '$S')
withEnv(['DEPLOY_TOKEN=$S']) {
docker.login('example.org', password: '$S')
token: '-----BEGIN PRIVATE KEY-----\\n$S'
setenv DB_PASSWORD $S
$password = ConvertTo-SecureString "$S" -AsPlainText -Force
mysql -u root -p'$S' -h db
curl -H "X-JFrog-Art-Api: $S" https://example.org
curl -su "ci:$S" https://example.org
curl -fsSLu ci:$S https://example.org
echo -e "$S\\n$S" | passwd root
openssl passwd -6 $S
vault token lookup $S
vault unseal $S
vault operator unseal $S
poetry config pypi-token.pypi $S
poetry publish -u a -p $S
cargo login $S
dotnet nuget push x -k $S
codecov -t $S
snyk auth $S
tailscale up --authkey=$S
ngrok config add-authtoken $S
cloudflared service install $S
rclone config create x s3 secret_access_key $S
grafana-cli admin reset-admin-password $S
rabbitmqadmin -u a -p $S list
mosquitto_pub -u a -P $S -t x
mosquitto_passwd -b f a $S
requirepass $S
masterauth $S
<entry key="password">$S</entry>
app:$S@tcp(db:3306)/app
docker compose -f x.yml exec -e SENTRY_AUTH_TOKEN=$S web sh
kubectl config set-credentials bot --token=$S
buildctl build --opt build-arg:NPM_TOKEN=$S
TF_VAR_db_password=$S terraform apply
AccountName=x;AccountKey=$S;EndpointSuffix=y
""".replace("$S", S).splitlines()

BLOCKS = [
    f"key: |\n  -----BEGIN RSA PRIVATE KEY-----\n  MIIEowIBAAKCAQEA{S.replace('-', '+').replace('.', '/')}\n  ab{S[:4]}==\n",
    f"args:\n  - --password\n  - {S}\n",
    f'args: [\n  "--password",\n  "{S}"\n]\n',
    f"command:\n  - mysql\n  - -uroot\n  - -p{S}\n",
    f"command:\n  - docker\n  - login\n  - -u\n  - ci\n  - -p\n  - {S}\n",
    f'CMD ["docker", \\\n  "login", "-p", \\\n  "{S}"]\n',
    f"docker login \\\n  -u ci \\\n  -p {S} \\\n  example.org\n",
    f"docker login \\\n  --password \\\n  {S}\n",
    f"echo {S} \\\n  | docker login --password-stdin\n",
    f"echo {S} |\n  docker login --password-stdin\n",
    f"docker login --password-stdin <<EOF\n{S}\nEOF\n",
    f"docker login -u ci --password-stdin <<-'EOF'\n\t{S}\n\tEOF\n",
    f"env:\n  - name: DB_PASSWORD\n    value: {S}\n",
    f"env:\n  - value: {S}\n    name: DB_PASSWORD\n",
    f'[\n  {{\n    "name": "DB_PASSWORD",\n    "value": "{S}"\n  }}\n]\n',
    f"password: >-\n  {S}\n",
    f"passwords:\n  - {S}\n",
    f"kind: Secret\napiVersion: v1\nstringData:\n  anything: {S}\n",
    f"apiVersion: v1\ndata:\n  anything: {S}\nkind: Secret\n",
]

SHOWN = """\
ARGS+=(-v /data:/data:ro)
docker run -p 8080:80 -u 1000:1000 --name login --user 1000:1000 app
docker run --name mysql -p 3306:3306 mysql:8
docker login registry.example.org
docker login -u ci --password-stdin registry.example.org
echo "$TOKEN" | docker login -u ci --password-stdin
echo hello | tee /tmp/log
cat ~/token.txt | docker login --password-stdin
docker run --secret id=npm,src=.npmrc app
docker run -v /var/run/docker.sock:/var/run/docker.sock app
docker run --mount type=bind,source=/var/run/docker.sock,target=/s app
DOCKER_TLS_CERTDIR: /certs
DOCKER_HOST=tcp://docker:2376
secretName: registry
imagePullSecrets: [{name: registry}]
tokenExpirationSeconds: 3600
automountServiceAccountToken: false
loginServer: registry.example.org
credsStore: desktop
uses: docker/login-action@v3
password: ${DB_PASSWORD}
password: ${{ secrets.DB_PASSWORD }}
password_file: /run/secrets/db
--password "$PASSWORD"
curl -u "$USER:$PASSWORD" https://example.org
git clone git@example.org:team/app.git
git clone ssh://git@example.org/team/app.git
image: example.org/team/login:1.2
kubectl get secret registry -o yaml
public_key: abc
cache_key: deps-v1
sed -e s/a=b/c=d/ file
dockerd --tlsverify --tlskey /certs/server-key.pem
ssh-keygen -t ed25519 -f key
tar -p -xf a.tar
mkdir -p /srv/app
the service install script
a token lookup fails
curl -fsSLo /usr/bin/compose https://example.org/a
cat /etc/passwd | grep docker
privileged: true
""".splitlines()


def model_shown(report: Report, form: str) -> str:
    from dindguard.reports import model_json, model_text
    from dindguard.reports.terminal import Terminal

    return model_json.render(report) if form == "json" else model_text.render(report, Terminal())


def everywhere(text: str, *, in_message: bool) -> str:
    """Return all reports of a finding on every line of a text, as one."""
    source = Source("deploy/placement.txt", text)
    spans = [
        source.span(start, start + 1, "services.app")
        for number in range(text.count("\n") + 1)
        if source.line_text(number + 1).strip()
        for start in [text.index(source.line_text(number + 1))]
    ]
    words = f"it runs '{text.strip()}' again" if in_message else "it runs"
    found = [
        finding(SOCKET, span, words, instead=words if in_message else "stop it", path=(Step(words, span), Step("end", span)),
                related=tuple(Step(words, each) for each in spans if each != span))
        for span in spans
    ]  # fmt: skip
    report = sample(findings=tuple(found), sources={source.path: source}, model=Model())
    return "\n".join(render(name, report, Options(verbose=True)) for name in FORMATS)


@pytest.mark.parametrize("line", LINES)
def test_a_line_gives_nothing_away(line: str) -> None:
    assert S in line
    shown = everywhere(line, in_message=True)
    assert S not in shown
    assert "Zq7" not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mysql -uroot -pmysecretword app", "mysql -uroot -p*** app"),
        ("7z x -ptokenized1 a.7z", "7z x -p*** a.7z"),
        ("sshpass -pMyPasswd1 ssh host", "sshpass -p*** ssh host"),
        ("cqlsh -password x1y2z3 host", "cqlsh -password *** host"),
    ],
)
def test_a_credential_on_its_option_may_read_like_an_options_name(line: str, said: str) -> None:
    masked = list(line)
    for start, end in sorted(spoken(line), reverse=True):
        masked[start:end] = "***"
    assert "".join(masked) == said


@pytest.mark.parametrize("hashed", [
    "$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/", "$$2y$$05$$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC",
    "$6$rounds=5000$saltsalt$" + "a1B2" * 20, "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub",
])  # fmt: skip
def test_hashes_of_passwords_are_masked(hashed: str) -> None:
    assert Masks(None).text(f"basicauth.users=ci:{hashed}") == "basicauth.users=***"


@pytest.mark.parametrize("text", BLOCKS)
def test_several_lines_give_nothing_away(text: str) -> None:
    shown = everywhere(text, in_message=False)
    assert S not in shown
    assert "Zq7" not in shown


KEY = (S.replace("-", "+").replace(".", "/") * 8)[:64]
KEYS = {
    "plain": f"-----BEGIN PRIVATE KEY-----\n{KEY}\n{KEY}\n",
    "short last line": f"-----BEGIN PRIVATE KEY-----\n{KEY}\nZq7+w==\n",
    "encrypted": f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n{KEY}\n{KEY}\n",
    "of OpenPGP": f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\nComment: a b\n\n{KEY}\n=Zq7w\n",
    "in a mapping": f"  key: |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n    {KEY}\n    {KEY}\n",
    "in a list": f'"-----BEGIN PRIVATE KEY-----",\n"{KEY}",\n"Zq7w"\n',
    "in texts": f'key = "-----BEGIN PRIVATE KEY-----\\n" +\n  "{KEY}\\n" +\n  "Zq7w\\n"\n',
    "quoted in a script": f"K='-----BEGIN EC PRIVATE KEY-----\n{KEY}\nZq7w\n'\n",
    "in a comment": f"# -----BEGIN EC PRIVATE KEY-----\n# {KEY}\n# Zq7w\n",
    "very long": "-----BEGIN PRIVATE KEY-----\n" + f"{KEY}\n" * 150,
}


@pytest.mark.parametrize("name", KEYS)
def test_no_line_of_a_private_key_is_shown(name: str) -> None:
    kept = Masks(None).document(KEYS[name])
    assert "Zq7" not in kept
    assert KEY[:12] not in kept
    assert kept.count("\n") == KEYS[name].count("\n")


LOOKS_FOR_KEYS = """\
if grep -rq -- "-----BEGIN RSA PRIVATE KEY-----" .; then
fi
docker run --privileged alpine
done
exit 1
docker rm x
Dockerfile
thelongnameofsomecommand
"""


@pytest.mark.parametrize("line", LOOKS_FOR_KEYS.splitlines()[1:])
def test_a_script_that_looks_for_private_keys_is_shown(line: str) -> None:
    """It names the first line of a key, and what follows is a script; a word may be long after other lines."""
    assert line in Masks(None).document(LOOKS_FOR_KEYS).splitlines()


def test_a_short_line_ends_a_key() -> None:
    text = f"-----BEGIN PRIVATE KEY-----\n{KEY}\nZq7w==\nthelongnameofsomecommand\n"
    assert Masks(None).document(text).splitlines()[3] == "thelongnameofsomecommand"


@pytest.mark.parametrize(
    ("name", "may_be"),
    [
        ("DOCKER_HOST", True), ("BUILDKIT_HOST", True), ("POST", True), ("container", True),
        ("DOCKER_PASSWORD", False), ("DOCKER_AUTH_CONFIG", False), ("COMPOSE_TOKEN", False), ("PODMAN_SECRET", False),
        ("ALLOW_LOGIN", False), ("MY_DOCKER_HOST", False), ("docker_host", False),
    ],
)  # fmt: skip
def test_which_variables_may_be_printed(name: str, may_be: bool) -> None:
    assert shown(name) is may_be


def test_every_line_of_a_variables_value_stays_hidden(tmp_path: Path) -> None:
    text = 'services:\n  a:\n    image: x\n    environment:\n      CONFIG: "first\n        the middle line is long\n        z"\n'
    (tmp_path / "compose.yaml").write_text(text)
    report = scan(ScanOptions(paths=(tmp_path,), root=tmp_path))
    masks = Masks(report.model)
    source = report.sources["compose.yaml"] if report.sources else Source("compose.yaml", text)
    (hidden,) = masks.ranges(source, 6)
    assert source.line_text(6)[slice(*hidden)].strip() == "the middle line is long"


def test_what_follows_a_key_on_one_line_is_shown() -> None:
    text = f"K=-----BEGIN PRIVATE KEY-----{KEY}-----END PRIVATE KEY-----\nthelongnameofsomecommand\n"
    assert Masks(None).document(text) == "K=***\nthelongnameofsomecommand\n"


WORDS = [
    ["docker", "login", "-u", "ci", "-p", S],
    ["mysql", "-uroot", f"-p{S}"],
    ["tool", "--password", S],
    ["redis-server", "--requirepass", S],
    ["curl", "-u", f"ci:{S}", "https://example.org"],
    ["sh", "-c", f"echo {S} | docker login --password-stdin"],
    ["sh", "-c", f"set -e\necho '{S}' |\n docker login --password-stdin\n"],
    ["sh", "-c", f'curl -H "Authorization: Bearer {S}" https://example.org'],
    ["env", f"DB_PASSWORD={S}", "app"],
]


@pytest.mark.parametrize("words", WORDS)
def test_the_words_of_a_command_give_nothing_away(words: list[str]) -> None:
    masks = Masks(None)
    kept = Redaction(shown, masks.document, masks.words, secret_name).words(words)
    assert len(kept) == len(words)
    assert S not in str(kept)
    assert kept[0] == words[0]


def test_a_program_and_its_arguments_give_nothing_away() -> None:
    masks = Masks(None)
    redaction = Redaction(shown, masks.document, masks.words, secret_name)
    assert redaction.commands(["mysql"], ["-uroot", f"-p{S}"]) == (["mysql"], ["-uroot", "-p***"])
    assert redaction.commands(None, ["tool", "--password", S]) == (None, ["tool", "--password", "***"])


@pytest.mark.parametrize("words", WORDS)
def test_the_model_gives_nothing_away(words: list[str], tmp_path: Path) -> None:
    import json

    (tmp_path / "compose.yaml").write_text(
        f"services:\n  app:\n    image: app:1\n    privileged: true\n    command: {json.dumps(words)}\n"
    )
    report = scan(ScanOptions(paths=(tmp_path,), root=tmp_path))
    assert report.findings
    for form in ("text", "json"):
        assert S not in model_shown(report, form)
    assert all(S not in render(name, report, Options(verbose=True)) for name in FORMATS)


@pytest.mark.parametrize("program", ["mysqladmin", "mysql", "sshpass"])
def test_an_entry_point_tells_whose_the_words_of_a_command_are(program: str, tmp_path: Path) -> None:
    service = f"{{image: 'x:1', privileged: true, entrypoint: [{program}], command: [-p{S}, ping]}}"
    (tmp_path / "compose.yaml").write_text(f"services:\n  app: {service}\n")
    report = scan(ScanOptions(paths=(tmp_path,), root=tmp_path))
    for form in ("text", "json"):
        assert S not in model_shown(report, form)
        assert "-p*** ping" in model_shown(report, form)


def test_a_text_of_several_lines_gives_nothing_away() -> None:
    text = (
        f"#!/bin/sh\ndocker login --password-stdin <<EOF\n{S}\nEOF\ncurl -u a:{S} x\n" + "x " * 2500 + f" TOKEN={S}\n"
    )
    kept = Masks(None).document(text)
    assert S not in kept
    assert kept.count("***") == 3
    assert kept.count("\n") == text.count("\n")
    assert "x " * 2500 in kept


@pytest.mark.parametrize(
    "unit", ["password: ", "password=", "eyJaaaaaaaaaaaaa.", "a|", "(", "?token=", "'a ", "a.a", "-p "]
)
def test_a_long_line_is_looked_at_in_pieces(unit: str) -> None:
    source = Source("a", unit * (200_000 // len(unit)))
    masks = Masks(None)
    for start in range(0, 200_000, 50_000):
        assert masks.ranges(source, 1, [(start, start + 1)]) == masks.ranges(source, 1, [(start, start + 1)])
    assert len(masks._blocks) <= 8


def test_there_are_enough_placements() -> None:
    assert len(set(LINES)) + len(BLOCKS) >= 120


@pytest.mark.parametrize("line", SHOWN)
def test_what_is_no_secret_can_be_read(line: str) -> None:
    source = Source("a", line)
    assert Masks(None).ranges(source, 1) == []
    assert Masks(None).text(line) == line


@pytest.mark.parametrize("password", ["airflow", "webserver"])
def test_a_name_is_shown_even_if_a_password_is_the_same_word(tmp_path: Path, password: str) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services:\n  airflow-webserver:\n    image: apache/airflow:3\n    privileged: true\n"
        f"    environment: {{DB_PASSWORD: {password}}}\n"
    )
    report = scan(ScanOptions(paths=(tmp_path,), root=tmp_path))
    for name in FORMATS:
        said = render(name, report, Options(verbose=True))
        assert "***-" not in said
        assert f"DB_PASSWORD: {password}" not in said
    assert "service 'airflow-webserver' is privileged" in render("text", report, Options())


PLACED = f"""\
services:
  dind:
    image: docker:29-dind
    privileged: true
    command: dockerd --host tcp://0.0.0.0:2375
    ports: ["2375:2375"]
    environment:
      DOCKER_TLS_CERTDIR: ""
      DB_PASSWORD: {S}
      DOCKER_HOST: tcp://ci:{S}@far:2375
"""


def test_a_diff_of_fixes_gives_nothing_away(tmp_path: Path) -> None:
    from dindguard.fixes.diff import unified
    from dindguard.fixes.mending import mend

    (tmp_path / "compose.yaml").write_text(PLACED)
    mended = mend(ScanOptions(paths=(tmp_path,), root=tmp_path), unsafe=True)
    shown = unified(mended)
    assert mended.texts
    assert S in mended.texts["compose.yaml"]
    assert "***" in shown
    assert "Zq7" not in shown
    assert [line[:1] for line in shown.splitlines()].count("-") > 1


def test_an_editor_gives_nothing_away(tmp_path: Path) -> None:
    pytest.importorskip("lsprotocol", reason="the extra 'lsp' is not installed")
    from dindguard.language_server.diagnostics import by_file
    from dindguard.language_server.knowledge import page_at
    from dindguard.language_server.positions import Places, Units

    (tmp_path / "compose.yaml").write_text(PLACED)
    report = scan(ScanOptions(paths=(tmp_path,), root=tmp_path))
    shown = str(by_file(report, Places(Units(), report.sources.get, str), report.sources))
    shown += "".join(
        page_at(report, "compose.yaml", line, column) for line in range(1, 11) for column in range(1, 60, 6)
    )
    assert "far" in shown
    assert "Zq7" not in shown


def test_the_register_of_waivers_gives_nothing_away() -> None:
    from dindguard.reports import register

    row = {name: f"see https://ci:{S}@git.example/{name}, password={S}" for name in register.COLUMNS}
    row |= {
        "approvers": [{"name": "@a", "role": "x"}],
        "days_left": 3,
        "covers": [f"token={S}"],
        "faults": [],
        "state": "ok",
        "line": 1,
    }
    row |= {"alternatives": [f"docker login -p {S}"], "approved": "2026-01-01", "expires": "2027-01-01"}
    for form in ("text", "json", "csv", "markdown", "html"):
        assert "Zq7" not in register.render(form, [row]), form


def test_the_value_of_a_credential_is_masked_wherever_it_stands(tmp_path: Path) -> None:
    """What a container is given as its password is one in a message that does not say so, too."""
    (tmp_path / "compose.yaml").write_text(PLACED)
    masks = Masks(scan(ScanOptions(paths=(tmp_path,), root=tmp_path)).model)
    assert masks.text(f"the volume {S} is shared") == "the volume *** is shared"
    assert masks.document(f"one\n{S}\n") == "one\n***\n"
    assert Masks(None).text(f"the volume {S} is shared") == f"the volume {S} is shared"


@pytest.mark.parametrize(("value", "shown"), [("engine", True), ("privileged", True), ("reaches9", False)])
def test_a_word_of_our_own_is_no_secret_of_others(tmp_path: Path, value: str, shown: bool) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services:\n  a:\n    image: docker:dind\n    privileged: true\n"
        f"    environment: {{DB_PASSWORD: {value}, A: tcp://{value}.example}}\n",
        "utf-8",
    )
    report = scan(ScanOptions(paths=(tmp_path,), root=tmp_path))
    text = render("text", report, Options())
    assert "service 'a' runs a privileged engine" in text
    assert Masks(report.model, report.rules).text(f"of {value} here") == (
        "of " + (value if shown else "***") + " here"
    )


def test_of_a_line_that_names_a_variable_the_value_alone_is_hidden(tmp_path: Path) -> None:
    text = f"WHERE={S}\nROOT=/\nTEXT='a\nb={S}'\n"
    (tmp_path / ".env").write_text(text)
    (tmp_path / "compose.yaml").write_text("services:\n  a:\n    image: x\n    environment: [WHERE, ROOT, TEXT]\n")
    masks, source = Masks(scan(ScanOptions(paths=(tmp_path,), root=tmp_path)).model), Source(".env", text)
    hidden = [masks.ranges(source, number) for number in range(1, 5)]
    assert hidden == [[(6, 20)], [], [(5, 7)], [(0, 17)]]


def test_of_a_commands_variable_the_value_alone_is_hidden(tmp_path: Path) -> None:
    text = f"docker run --privileged -e WHERE={S} -e HOME=$HOME -e A=A={S} a\n"
    (tmp_path / "run.sh").write_text(text)
    shown = render("text", scan(ScanOptions(paths=(tmp_path,), root=tmp_path)), Options())
    assert "-e WHERE=*** -e HOME=$HOME -e A=*** a" in shown
