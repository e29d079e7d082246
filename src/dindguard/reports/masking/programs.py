"""How programs are given a credential: by which option, or as which word."""

from __future__ import annotations

NEXT, ATTACHED, EITHER, PAIR = "next", "attached", "either", "pair"
"""The value is the next word; is written onto the option; is either; is what follows the ``:`` of either."""

_MYSQL = {"-p": ATTACHED}
_LOGIN = {"-p": EITHER}
_MONGO = {"-p": EITHER}

OPTIONS: dict[str, dict[str, str]] = {
    "login": _LOGIN,  # docker, podman, buildah, skopeo, nerdctl, helm registry, oc, az, oras, crane
    "mysql": _MYSQL,
    "mysqldump": _MYSQL,
    "mysqladmin": _MYSQL,
    "mysqlcheck": _MYSQL,
    "mysqlimport": _MYSQL,
    "mariadb": _MYSQL,
    "mariadb-dump": _MYSQL,
    "mariadb-admin": _MYSQL,
    "xtrabackup": _MYSQL,
    "mongo": _MONGO,
    "mongosh": _MONGO,
    "mongodump": _MONGO,
    "mongorestore": _MONGO,
    "cqlsh": _LOGIN,
    "sshpass": {"-p": EITHER},
    "redis-cli": {"-a": EITHER},
    "curl": {"-u": PAIR, "--user": PAIR, "-U": PAIR, "--proxy-user": PAIR},
    "wget": {"--user": PAIR},
    "http": {"-a": PAIR},
    "https": {"-a": PAIR},
    "httpie": {"-a": PAIR},
    "ab": {"-A": PAIR, "-P": PAIR},
    "lftp": {"-u": PAIR},
    "smbclient": {"-U": PAIR},
    "rpcclient": {"-U": PAIR},
    "ldapsearch": {"-w": EITHER},
    "ldapadd": {"-w": EITHER},
    "ldapmodify": {"-w": EITHER},
    "ldappasswd": {"-w": EITHER, "-s": EITHER},
    "sqlcmd": {"-P": EITHER},
    "bcp": {"-P": EITHER},
    "zip": {"-P": EITHER},
    "unzip": {"-P": EITHER},
    "7z": {"-p": ATTACHED},
    "7za": {"-p": ATTACHED},
    "twine": {"-p": EITHER},
    "useradd": {"-p": EITHER},
    "usermod": {"-p": EITHER},
    "ssh-keygen": {"-N": EITHER, "-P": EITHER},
    "enc": {"-k": NEXT, "-K": NEXT},
    "plink": {"-pw": NEXT},
    "pscp": {"-pw": NEXT},
    "gitlab-runner": {"-r": EITHER},
    "doctl": {"-t": EITHER},
    "kinit": {"--password": EITHER},
    "snmpwalk": {"-c": EITHER, "-A": EITHER, "-X": EITHER},
    "ipmitool": {"-P": EITHER},
    "freeipa-client": {"-w": EITHER},
    "poetry": {"-p": EITHER},
    "nuget": {"-k": EITHER, "-p": EITHER},
    "codecov": {"-t": EITHER},
    "rabbitmqadmin": {"-p": EITHER},
    "mosquitto_pub": {"-P": EITHER},
    "mosquitto_sub": {"-P": EITHER},
    "mosquitto_passwd": {},
    "cloudflared": {},
    "ngrok": {},
    "snyk": {},
    "vncpasswd": {},
    "rabbitmqctl": {},
    "htpasswd": {},
}
"""Options by program; options whose name says it (``--password``, ``--creds``, ``-token``) need no entry."""

NAMES_A_CONTAINER = frozenset({"--name", "--hostname", "-h", "--network-alias", "--link", "--net-alias", "--host"})
"""Options whose value is the name of something, which may be that of a program."""

ENVIRONMENT = frozenset({"-e", "--env", "--build-arg", "--env-add"})
"""Options that set a variable, whatever its name."""

ASSIGNS = frozenset({"ENV", "ARG", "env", "export", "declare", "local", "setx", "readonly"})
"""Words before assignments of variables, whatever their names."""

READS_SECRET = frozenset(
    {
        "--password-stdin",
        "--with-token",
        "--passphrase-fd",
        "--password-fd",
        "--stdin",
        "chpasswd",
        "chgpasswd",
        "passwd",
    }
)
"""Words of a command that takes a credential from its standard input."""

READS_SECRET_TOO = (("sudo", "-S"), ("secret", "create"), ("secret", "set"), ("secret", "put"), ("htpasswd", "-i"))

TAKES_NEXT = frozenset(
    {
        ("vault", "login"), ("vault", "unseal"), ("operator", "unseal"), ("cargo", "login"), ("snyk", "auth"),
        ("ngrok", "authtoken"), ("config", "add-authtoken"), ("admin", "reset-admin-password"),
        ("grafana-cli", "reset-admin-password"),
    }
)  # fmt: skip
"""Words behind which a credential stands, with the word before them."""

NAMES_NEXT = frozenset(
    {"requirepass", "masterauth", "convertto-securestring", "secret_access_key", "aws_secret_access_key"}
)
"""Words that name the credential behind them, whatever stands before."""

TELLS = frozenset(
    {
        *("env", "arg", "set", "setx", "setenv", "config", "vault", "password", "passwd", "by", "account"),
        *NAMES_NEXT,
        *(word for _, word in TAKES_NEXT),
    }
)
"""One of these, in lower case, stands before every word that is a credential by its place, but for words of the programs
above and those in quotes."""

SECRET_FILES = frozenset(
    {".netrc", "_netrc", ".pgpass", ".git-credentials", ".npmrc", ".pypirc", ".my.cnf", "shadow"}
)
"""Files that hold credentials, and whose names do not say so."""

SPEAKS = frozenset({"echo", "printf"})
