#!/usr/bin/env python3
"""An emulated link between two network namespaces, 50 ms round trip unless told otherwise, for measurements.

    bench/slow_link.py --prove                                   measure the link itself: round trip and bulk rate
    bench/slow_link.py [--server 'COMMAND'] -- COMMAND...        run COMMAND at the client's end, and meanwhile a
                                                                 shell command at the server's end
    options: --delay-ms 25 (one way)  --rate BYTES_PER_SECOND  --loss 0.001  --queue BYTES  --congestion cubic

Needs root, or CAP_SYS_ADMIN and CAP_NET_ADMIN, and /dev/net/tun; nsenter (util-linux). Both commands see
SLOW_LINK_SERVER and SLOW_LINK_CLIENT, the addresses of the two ends. The exit status is the client command's. The
server command is ended with its process group, also after a failure or SIGTERM. After SIGKILL the relay ends by
itself, and the link with it; the two commands are then left running without one.

As a module: `with SlowLink() as link:` gives link.server_address, link.in_server(argv), link.in_client(argv) and
link.enter_client(), which moves this process (and what it starts from then on) to the client's end.
"""
import argparse
import ctypes
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = [os.path.join(HERE, "slow_link", name) for name in ("slow_link.cpp", "namespace.cpp", "congestion.cpp")]
HEADERS = [os.path.join(HERE, "slow_link", name) for name in ("delay_line.hpp", "namespace.hpp", "congestion.hpp")]
PROGRAM = os.path.join(os.path.dirname(HERE), "build", "bench", "slow_link")
CLONE_NEWNET = 0x40000000


def build():
    """Compiles the relay unless it is newer than its sources. Returns its path."""
    newest = max(os.path.getmtime(path) for path in SOURCES + HEADERS)
    if not os.path.exists(PROGRAM) or os.path.getmtime(PROGRAM) < newest:
        os.makedirs(os.path.dirname(PROGRAM), exist_ok=True)
        subprocess.run([os.environ.get("CXX", "clang++-16"), "-std=c++20", "-O2", "-Wall", "-Wextra", "-o", PROGRAM + ".new",
                        *SOURCES], check=True)
        os.replace(PROGRAM + ".new", PROGRAM)
    return PROGRAM


def end_group(child, patience=5):
    """Ends a child that was started in a session of its own, and everything in its process group."""
    for what in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, what)
            child.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            child.wait()
            return
    child.wait()


class SlowLink:
    """Two namespaces and the relay between them, as long as the `with` block lasts."""

    def __init__(self, delay_ms=25, rate=None, loss=None, queue=None, congestion=None):
        self.flags = []
        for flag, value in (("--delay-ms", delay_ms), ("--rate", rate), ("--loss", loss), ("--queue", queue),
                            ("--congestion", congestion)):
            if value is not None:
                self.flags += [flag, str(value)]
        self.relay = None
        self.home = None

    def __enter__(self):
        # The relay ends when its standard input does: also when this process is killed.
        self.relay = subprocess.Popen([build(), *self.flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      start_new_session=True, text=True)
        facts = {}
        for line in self.relay.stdout:
            if line.strip() == "ready":
                break
            key, _, value = line.strip().partition("=")
            facts[key] = value
        else:
            self.relay.wait()
            raise RuntimeError("the slow link could not be set up; the relay's message is above")
        self.client_namespace, self.client_address = facts["first_namespace"], facts["first_address"]
        self.server_namespace, self.server_address = facts["second_namespace"], facts["second_address"]
        return self

    def __exit__(self, *_):
        if self.home is not None:
            set_network(self.home)
            os.close(self.home)
        self.relay.stdin.close()
        try:
            self.relay.wait(5)
        except subprocess.TimeoutExpired:
            self.relay.kill()
            self.relay.wait()
        self.relay.stdout.close()

    def in_server(self, argv):
        return ["nsenter", "--net=" + self.server_namespace, *argv]

    def in_client(self, argv):
        return ["nsenter", "--net=" + self.client_namespace, *argv]

    def enter_client(self):
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(self.client_namespace, os.O_RDONLY | os.O_CLOEXEC)
        try:
            set_network(there)
        finally:
            os.close(there)

    def environment(self):
        return {**os.environ, "SLOW_LINK_SERVER": self.server_address, "SLOW_LINK_CLIENT": self.client_address}

    def relay_cpu_seconds(self):
        with open(f"/proc/{self.relay.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def set_network(descriptor):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


# --- the proof ---------------------------------------------------------------------------------------------------------

PIECE = 1 << 20


def answer(connection):
    """One connection of the proof's peer: "e" echoes, "s" swallows, "g" gives until the other side closes."""
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        what = connection.recv(1)
        try:
            while what == b"g":
                connection.sendall(bytes(PIECE))
            while piece := connection.recv(PIECE):
                if what == b"e":
                    connection.sendall(piece)
        except OSError:
            pass  # the other side has seen enough


def serve_proof(address):
    listener = socket.create_server((address, 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def round_trips(address, port, count=40):
    with socket.create_connection((address, port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"e")
        times = []
        for _ in range(count):
            began = time.monotonic()
            connection.sendall(b"x")
            connection.recv(1)
            times.append((time.monotonic() - began) * 1000)
    return times


def bulk(address, port, what, seconds):
    """Bytes per second of one flow: (mean from its first byte, mean of its second half)."""
    with socket.create_connection((address, port)) as connection:
        connection.sendall(what)
        began = time.monotonic()
        half, half_bytes, total, buffer = None, 0, 0, bytearray(PIECE)
        while (now := time.monotonic()) < began + seconds:
            if half is None and now >= began + seconds / 2:
                half, half_bytes = now, total
            total += connection.recv_into(buffer) if what == b"g" else connection.send(buffer)
        ended = time.monotonic()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    return total / (ended - began), (total - half_bytes) / (ended - half)


def prove(link, seconds=6):
    peer = subprocess.Popen(link.in_server([sys.executable, os.path.abspath(__file__), "--serve-proof", link.server_address]),
                            stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        port = int(peer.stdout.readline())
        link.enter_client()
        times = round_trips(link.server_address, port)
        print(f"round trip: median {statistics.median(times):.2f} ms, {min(times):.2f} to {max(times):.2f} ms")
        for what, name in ((b"g", "down"), (b"s", "up")):
            before = link.relay_cpu_seconds()
            whole, late = bulk(link.server_address, port, what, seconds)
            cpu = link.relay_cpu_seconds() - before
            print(f"bulk {name}: {whole / 1e6:.0f} MB/s from the first byte, {late / 1e6:.0f} MB/s in the second half; "
                  f"relay: {cpu:.2f} CPU s in {seconds} s, {cpu / (whole * seconds / 2**30):.2f} CPU s/GiB")
    finally:
        end_group(peer)
        peer.stdout.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay-ms", type=float, default=25)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--loss", type=float)
    parser.add_argument("--queue", type=float)
    parser.add_argument("--congestion")
    parser.add_argument("--server", metavar="COMMAND", help="a shell command for the server's end")
    parser.add_argument("--prove", action="store_true")
    parser.add_argument("--serve-proof", metavar="ADDRESS", help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="*")
    options = parser.parse_args()
    if options.serve_proof:
        return serve_proof(options.serve_proof)
    if not options.prove and not options.command:
        parser.error("give --prove, or a command for the client's end after --")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is taken down on the way out
    try:
        with SlowLink(options.delay_ms, options.rate, options.loss, options.queue, options.congestion) as link:
            if options.prove:
                prove(link)
                return 0
            server = None
            if options.server:
                server = subprocess.Popen(link.in_server(["/bin/sh", "-c", options.server]), stdin=subprocess.DEVNULL,
                                          env=link.environment(), start_new_session=True)
            try:
                return subprocess.run(link.in_client(options.command), env=link.environment()).returncode
            finally:
                if server:
                    end_group(server)
    except RuntimeError as problem:
        sys.exit(f"slow_link.py: {problem}")


if __name__ == "__main__":
    sys.exit(main())
