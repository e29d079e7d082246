# Runs in the nested engine's own container, as its own user. $1: a word of its own for this run; $2…: the paths that
# differ from the image.
# Every answer is one line: name, exit code, output in base64.
# shellcheck disable=SC2329  # `answer` calls the functions by name
export DOCKER_HOST=tcp://localhost:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/certs/client HOME=/tmp
image=dindguard-probe:$1
shift

answer() {
    name=$1
    shift
    output=$("$@" 2>&1)
    code=$?
    printf '%s %s %s\n' "$name" "$code" "$(printf '%s' "$output" | base64 | tr -d '\n')"
}
first_of() {
    for file; do
        [ ! -r "$file" ] || { cat "$file"; return; }
    done
    return 1
}
of_engine() { # file: of the process that is the nested engine
    for process in /proc/[0-9]*; do
        [ "$(cat "$process/comm" 2>/dev/null)" != dockerd ] || { cat "$process/$1"; return; }
    done
    return 1
}
arguments() { of_engine cmdline | tr '\0' '\n'; }
clock() { # the command line of what ends the engine when its time is over
    for process in /proc/[0-9]*; do
        [ "$(cat "$process/comm" 2>/dev/null)" != timeout ] || { tr '\0' ' ' <"$process/cmdline"; return; }
    done
    return 1
}
authority() { arguments | sed -n '/^--tlscacert$/{n;p;};s/^--tlscacert=//p'; }
fingerprint() { sha256sum | cut -c1-64; }
authority_key() { openssl x509 -in "$(authority)" -pubkey -noout | fingerprint; }
keys() { # every private key in the files named: fingerprint of its public half, path
    for file; do
        if [ -f "$file" ] && [ -r "$file" ] && grep -q 'PRIVATE KEY' "$file"; then
            printf '%s %s\n' "$(openssl pkey -in "$file" -pubout 2>/dev/null | fingerprint)" "$file"
        fi
    done
}
all_keys() { # where a key could lie that the image did not bring: what changed, and the volumes' upper levels
    root=$(docker info --format '{{.DockerRootDir}}')
    find /certs ${root:+"$root"} -maxdepth 2 -type f -size -65 2>/dev/null | {
        while read -r file; do set -- "$@" "$file"; done
        keys "$@"
    }
}
zombies() { # an orphan waits for its new parent for a moment; a zombie stays
    for _ in 1 2 3 4 5 6; do
        dead=$(grep -l '^State:.*Z' /proc/[0-9]*/status 2>/dev/null | wc -l)
        [ "$dead" -gt 0 ] || break
        sleep 0.5
    done
    echo "$dead"
}
# An image out of this container's own shell: nothing is pulled, and it works without a network.
make_image() {
    # shellcheck disable=SC2046  # one word a library
    tar -chf - /bin/sh $(ldd /bin/sh | grep -o '/[^ )]*' | sort -u) 2>/dev/null | docker import - "$image"
}
say_so='echo inner-container-ran'
inner() { timeout 60 docker run --rm "$@" "$image" /bin/sh -c "$say_so"; }
inner_cgroup() {
    waiting=$(docker run -d -i "$image" /bin/sh -c 'read _') || return 1
    cat "/proc/$(docker inspect --format '{{.State.Pid}}' "$waiting")/cgroup"
    code=$?
    docker rm --force --volumes "$waiting" >/dev/null
    return "$code"
}

answer namespaces readlink /proc/self/ns/ipc /proc/self/ns/uts /proc/self/ns/pid
answer user-map cat /proc/self/uid_map
answer engine-user-map of_engine uid_map
answer engine-arguments arguments
answer clock clock
answer mapper-mode stat -c %a /usr/bin/newuidmap
answer filter grep '^Seccomp:' /proc/1/status
answer block-devices find /dev -type b
answer listeners sh -c 'cat /proc/net/tcp; [ ! -r /proc/net/tcp6 ] || cat /proc/net/tcp6'
answer device-rules cat /sys/fs/cgroup/devices/devices.list
answer authority sh -c 'cat "$0"' "$(authority)"
answer authority-key authority_key
answer keys all_keys "$@"
answer mounts cat /proc/self/mountinfo
answer cgroup cat /proc/1/cgroup
answer memory-limit first_of /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes
answer swap-limit first_of /sys/fs/cgroup/memory.swap.max /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes
answer pid-max cat /proc/sys/kernel/pid_max
answer boot-id cat /proc/sys/kernel/random/boot_id
answer process-limit first_of /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max
answer processor-limit first_of /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us
answer inner-engine docker info --format '{{json .}}'
answer inner-image make_image
answer inner-run inner
answer inner-privileged inner --privileged
answer inner-cgroup inner_cgroup
docker rmi "$image" >/dev/null 2>&1
answer zombies zombies
exit 0
