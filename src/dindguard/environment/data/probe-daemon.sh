# Runs in the nested engine's own container, as its own user. $1: a word of its own for this run.
# Every answer is one line: name, exit code, output in base64.
# shellcheck disable=SC2329  # `answer` calls the functions by name
export DOCKER_HOST=tcp://localhost:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/certs/client HOME=/tmp
image=dindguard-probe:$1

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
engine_user_map() {
    for process in /proc/[0-9]*; do
        [ "$(cat "$process/comm" 2>/dev/null)" != dockerd ] || { cat "$process/uid_map"; return; }
    done
    return 1
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

answer user-map cat /proc/self/uid_map
answer engine-user-map engine_user_map
answer filter grep '^Seccomp:' /proc/1/status
answer block-devices find /dev -type b
answer listeners sh -c 'cat /proc/net/tcp; [ ! -r /proc/net/tcp6 ] || cat /proc/net/tcp6'
answer mounts cat /proc/self/mountinfo
answer cgroup cat /proc/1/cgroup
answer memory-limit first_of /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes
answer process-limit first_of /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max
answer processor-limit first_of /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us
answer inner-engine docker info --format '{{json .}}'
answer inner-image make_image
answer inner-run inner
answer inner-privileged inner --privileged
answer inner-cgroup inner_cgroup
docker rmi "$image" >/dev/null 2>&1
exit 0
