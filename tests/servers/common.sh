# What the server scripts share; sourced, never run. README.md describes the words `start`, `stop` and `status`.
#
# A script sets `known_options`, defines configure_and_run (which writes the configuration and calls run_daemon) and
# ends with: main "$@"

set -euo pipefail
umask 022
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
server=$(basename "$0")
marker=.fairlead-test-server
declare -A option=()

die() {
    echo "$server: $*" >&2
    exit 1
}
usage() {
    echo "usage: $server start FOLDER [KEY=VALUE...] | stop FOLDER | status FOLDER" >&2
    exit 2
}

# option_or KEY DEFAULT: what the caller asked for, else the default.
option_or() { printf '%s' "${option[$1]-$2}"; }
is_root() { [ "$(id -u)" = 0 ]; }
random_word() { od -An -N6 -tx1 /dev/urandom | tr -d ' \n'; }
yes_no() { case "$1" in yes | YES) echo YES ;; no | NO) echo NO ;; *) die "'$1' is neither yes nor no" ;; esac; }

# --- what stop must undo, one line each: "port-block N", "user NAME"; and what start printed -------------------------

remember() { echo "$*" >>"$folder/undo"; }
say() { echo "$1=$2" >>"$folder/connection"; }

# --- ports -----------------------------------------------------------------------------------------------------------
# Blocks of 100 ports below the ephemeral range, so that no outgoing connection can take one. A block belongs to
# the FOLDER that is written in it; a block of a folder that is gone is free again. The first port is the control
# port, the rest the passive range.

port_blocks=${TMPDIR:-/tmp}/fairlead-test-ports-$(id -u)

listening_ports() { awk '$4 == "0A" {split($2, a, ":"); print a[2]}' /proc/net/tcp /proc/net/tcp6 2>/dev/null; }

claim_ports() {
    mkdir -p "$port_blocks" 2>/dev/null || true
    local lowest first block owner taken lock
    lowest=$(cut -f1 /proc/sys/net/ipv4/ip_local_port_range 2>/dev/null || echo 32768)
    [ "$lowest" -gt 20000 ] || lowest=32768
    first=$((lowest - 12000))
    exec {lock}>"$port_blocks/lock"
    flock -w 30 "$lock" || die "could not lock $port_blocks within 30 s"
    stop_orphaned_servers
    taken=$(listening_ports)
    for block in $(shuf -i 0-119); do
        owner=$(cat "$port_blocks/$block" 2>/dev/null || true)
        if [ -n "$owner" ] && [ -e "$owner/$marker" ]; then continue; fi
        port=$((first + block * 100))
        passive_low=$((port + 1))
        passive_high=$((port + 99))
        if port_range_in_use "$taken"; then continue; fi
        echo "$folder" >"$port_blocks/$block"
        remember port-block "$block"
        exec {lock}>&-
        return
    done
    die "no block of 100 free ports between $first and $((first + 12000))"
}

# Servers whose owner (option owner=PID) was killed before it could stop them.
stop_orphaned_servers() {
    local block other owner
    for block in "$port_blocks"/[0-9]*; do
        other=$(cat "$block" 2>/dev/null || true)
        owner=$(cat "$other/owner" 2>/dev/null || true)
        if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then "$here/$(cat "$other/$marker")" stop "$other" || true; fi
    done
}

port_range_in_use() {
    local hex
    for hex in $1; do
        if [ $((16#$hex)) -ge "$port" ] && [ $((16#$hex)) -le "$passive_high" ]; then return 0; fi
    done
    return 1
}

# --- users -----------------------------------------------------------------------------------------------------------
# Debian's default hash costs 65 ms of CPU for each log-in; these accounts live for minutes.

cheap_hash() { printf '%s' "$1" | openssl passwd -1 -salt fairlead -stdin; }

# Servers that check passwords against the system's accounts get one of their own for the run.
make_system_user() {
    is_root || die "password log-ins need a system account, which only root can make; run this as root"
    local lock
    exec {lock}>"$port_blocks/users"
    flock -w 30 "$lock" || die "could not lock the list of accounts within 30 s"
    remove_orphaned_users
    username=$(option_or username "fl-$(random_word)")
    useradd --no-create-home --no-user-group --gid nogroup --home-dir "$folder/root" --shell /bin/sh \
        --comment "fairlead test $folder" --password "$(cheap_hash "$password")" "$username"
    remember user "$username"
    exec {lock}>&-
}

# Accounts whose folder is gone were left by a run that was killed.
remove_orphaned_users() {
    local name home
    while IFS=: read -r name _ _ _ _ home _; do
        case "$name" in fl-*) [ -e "$home" ] || userdel "$name" 2>/dev/null || true ;; esac
    done < <(getent passwd)
}

# For servers with accounts of their own: the numbers such an account runs as, and a home that it owns.
unprivileged_ids() {
    if is_root; then
        uid=$(id -u nobody)
        gid=$(id -g nobody)
        chown "$uid:$gid" "$folder/root"
    else
        uid=$(id -u)
        gid=$(id -g)
    fi
}

# --- TLS -------------------------------------------------------------------------------------------------------------

# Sets certificate and private key to files for `certificate=server|expired|wrong-name|self-signed`.
prepare_certificates() {
    "$here/make-certificates" "$folder/certificates"
    local which
    which=$(option_or certificate server)
    certificate=$folder/certificates/$which.pem
    key=$folder/certificates/server.key
    [ -e "$certificate" ] || die "certificate=$which is none of server, expired, wrong-name, self-signed"
    say ca "$folder/certificates/ca.pem"
    say client_certificate "$folder/certificates/client.pem"
    say client_key "$folder/certificates/client.key"
    limit_tls_versions
}

# Limits any server that uses OpenSSL's defaults to one TLS version.
limit_tls_versions() {
    local version
    version=$(option_or tls_version "")
    [ -n "$version" ] || return 0
    case "$version" in 1.2 | 1.3) ;; *) die "tls_version=$version is neither 1.2 nor 1.3" ;; esac
    cat >"$folder/openssl.cnf" <<END
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = limits
[limits]
MinProtocol = TLSv$version
MaxProtocol = TLSv$version
CipherString = DEFAULT@SECLEVEL=1
END
    export OPENSSL_CONF=$folder/openssl.cnf
}

# --- the daemon ------------------------------------------------------------------------------------------------------

# run_daemon COMMAND...: in the background, in a process group of its own, both outputs to log/daemon.
run_daemon() {
    setsid "$@" </dev/null >>"$folder/log/daemon" 2>&1 &
    local started=$!
    process_identity "$started" >"$folder/pid"
    wait_until_it_answers "$started"
    say pid "$started"
}

# The process id and when that process began: together they never name a stranger. A zombie runs no more.
process_identity() { echo "$1 $(awk '{sub(/.*\) /, ""); print $1 == "Z" ? "gone" : $20}' "/proc/$1/stat" 2>/dev/null || echo gone)"; }
is_running() { [ -e "$folder/pid" ] && [ "$(cat "$folder/pid")" = "$(process_identity "$(cut -d' ' -f1 "$folder/pid")")" ]; }

# A server answers when it accepts a connection and, unless TLS comes first, greets.
wait_until_it_answers() {
    local deadline=$((SECONDS + 20)) greeting
    while [ "$SECONDS" -lt "$deadline" ]; do
        kill -0 "$1" 2>/dev/null || break
        if [ "$(option_or tls none)" = implicit ]; then
            if (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null; then return; fi
        else
            greeting=$( (exec 3<>"/dev/tcp/$host/$port" && IFS= read -r -t 10 line <&3 && echo "$line") 2>/dev/null || true)
            case "$greeting" in 220* | SSH-*) return ;; esac
        fi
        sleep 0.02 # between two looks at the condition
    done
    sed "s/^/$server: /" "$folder"/log/* >&2 || true
    die "did not answer on port $port within 20 s; its log is above"
}

# --- the three words -------------------------------------------------------------------------------------------------

read_options() {
    local pair name
    for pair in "$@"; do
        name=${pair%%=*}
        [ "$name" != "$pair" ] || die "'$pair' is not KEY=VALUE"
        case " owner host $(echo $known_options) " in *" $name "*) ;; *) die "unknown option '$name'; known: host $known_options" ;; esac
        option[$name]=${pair#*=}
    done
}

start() {
    [ ! -e "$folder/$marker" ] || die "$folder already holds a server; stop it first"
    mkdir -p "$folder"
    [ -z "$(ls -A "$folder")" ] || die "$folder is not empty"
    folder=$(cd "$folder" && pwd)
    chmod 711 "$folder"
    echo "$server" >"$folder/$marker"
    trap 'status=$?; [ $status = 0 ] || undo_all; exit $status' EXIT
    mkdir "$folder/root" "$folder/log"
    : >"$folder/undo"
    : >"$folder/connection"
    if [ -n "${option[owner]-}" ]; then echo "${option[owner]}" >"$folder/owner"; fi
    claim_ports
    host=$(option_or host 127.0.0.1)
    password=$(option_or password "pw-$(random_word)")
    say host "$host"
    say port "$port"
    configure_and_run
    say protocol "${protocol-$(if [ "$(option_or tls none)" = none ]; then echo ftp; else echo ftps; fi)}"
    say username "$username"
    say password "$password"
    say root "$folder/root"
    say path "${path-/}"
    say tls "$(option_or tls none)"
    say passive_ports "$passive_low-$passive_high"
    say log "$folder/log"
    cat "$folder/connection"
}

stop_daemon() {
    is_running || return 0
    local pid deadline=$((SECONDS + 5))
    pid=$(cut -d' ' -f1 "$folder/pid")
    kill -TERM "$pid" 2>/dev/null || true
    while is_running && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.01; done
    # What is left of its sessions: they are in the process group that run_daemon made for it.
    kill -KILL -- "-$pid" 2>/dev/null || true
}

undo_all() {
    local what value
    stop_daemon
    while read -r what value; do
        case "$what" in
            user)
                # A session that is still ending keeps the account busy for a moment.
                local deadline=$((SECONDS + 5))
                until userdel --force "$value" 2>/dev/null || ! id "$value" >/dev/null 2>&1 || [ "$SECONDS" -ge "$deadline" ]; do sleep 0.05; done
                ;;
            port-block) if [ "$(cat "$port_blocks/$value" 2>/dev/null)" = "$folder" ]; then rm -f "$port_blocks/$value"; fi ;;
        esac
    done <"$folder/undo"
    rm -rf "$folder"
}

main() {
    [ $# -ge 2 ] || usage
    local word=$1
    folder=$2
    shift 2
    case "$word" in
        start)
            read_options "$@"
            start
            ;;
        stop)
            if [ ! -e "$folder" ]; then return 0; fi
            [ -e "$folder/$marker" ] || die "$folder was not made by 'start'; nothing was removed"
            folder=$(cd "$folder" && pwd)
            undo_all
            ;;
        status)
            if is_running; then echo "running"; else echo "stopped"; return 1; fi
            ;;
        *) usage ;;
    esac
}

# Unpacks the FTP servers' packages on first use and names the folder that holds their usr/.
unpacked() { "$here/unpack-servers" "${FAIRLEAD_SERVERS:-$here/../../build/servers}"; }
