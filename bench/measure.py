"""Runs commands as whole processes and keeps what the kernel says about each: wall, CPU, peak memory."""
import dataclasses
import fcntl
import os
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from typing import Callable, Optional

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FAIRLEAD = os.path.join(REPOSITORY, "build", "fairlead")


def enter_private_network():
    """Starts this program again in a network namespace of its own, with loopback up and a plain congestion control."""
    if os.environ.get("FAIRLEAD_BENCH_NETWORK") is None:
        os.environ["FAIRLEAD_BENCH_NETWORK"] = "private"
        probe = subprocess.run(["unshare", "--net", "true"], capture_output=True)
        if probe.returncode == 0:
            os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
        os.environ["FAIRLEAD_BENCH_NETWORK"] = "shared"
        print("note: no private network namespace here; the kernel's own congestion control is measured", file=sys.stderr)
        return
    if os.environ["FAIRLEAD_BENCH_NETWORK"] != "private":
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        flags_request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(handle, 0x8914, flags_request)  # SIOCSIFFLAGS
    choose_congestion_control()


def choose_congestion_control():
    """Cubic for loopback, since bbr throttles it. The sysctl takes only what the machine's list of allowed algorithms
    holds; a route takes what the kernel has."""
    route = ["ip", "route", "replace", "local", "127.0.0.1", "dev", "lo", "table", "local", "proto", "kernel", "scope", "host",
             "src", "127.0.0.1", "congctl", "cubic"]
    if shutil.which("ip") and subprocess.run(route, capture_output=True).returncode == 0:
        return
    for control in ("cubic", "reno"):
        try:
            with open("/proc/sys/net/ipv4/tcp_congestion_control", "w") as setting:
                setting.write(control)
            return
        except OSError:
            continue
    print("note: the kernel's own congestion control is measured", file=sys.stderr)


@dataclasses.dataclass
class Run:
    ok: bool
    wall: float
    cpu: float
    peak_mib: float
    words: str


@dataclasses.dataclass
class Command:
    """One client doing the cell's task. `before` puts the target back to nothing; `proves` looks at the result."""
    argv: list
    before: Callable[[], None] = lambda: None
    proves: Callable[[], bool] = lambda: True
    environment: Optional[dict] = None
    output: Optional[str] = None  # a file for standard output, else it is thrown away


@dataclasses.dataclass
class Cell:
    name: str
    title: str
    unit: str  # "MB/s", "files/s" or "entries/s"
    amount: float  # bytes, files or entries moved by one run
    clients: dict  # name → Command; the one called "fairlead" is ours
    bar: Optional[float] = None  # ratio to the best peer that is promised, None: only reported
    note: str = ""
    bars: dict = dataclasses.field(default_factory=dict)  # peer name → ratio to that peer that is promised
    prepare: Callable[[], None] = lambda: None  # what it needs, made only when it is measured


@dataclasses.dataclass
class Result:
    cell: Cell
    runs: dict  # client name → list of Run

    def median(self, client, what):
        good = [getattr(run, what) for run in self.runs[client] if run.ok]
        return statistics.median(good) if good else None

    def best_peer(self, what="wall"):
        found = [(self.median(name, what), name) for name in self.runs if "fairlead" not in name]
        found = [pair for pair in found if pair[0] is not None]
        return min(found)[1] if found else None

    def ours(self):
        found = [(self.median(name, "wall"), name) for name in self.runs if name.startswith("fairlead")]
        found = [pair for pair in found if pair[0] is not None]
        return min(found)[1] if found else None

    def ratio(self, peer=None):
        """Our speed by that of `peer`, or of the best one."""
        ours, peer = self.ours(), peer or self.best_peer()
        if ours is None or peer is None or self.median(peer, "wall") is None:
            return None
        return self.median(peer, "wall") / self.median(ours, "wall")


def wait_for(child, deadline):
    """The child's status and its own figures (its waited-for children included); -1 when it took too long."""
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            return status, usage
        if time.monotonic() > deadline:
            os.killpg(child.pid, signal.SIGKILL)
            return -1, os.wait4(child.pid, 0)[2]
        time.sleep(0.001)


LONGEST = 60  # seconds: who takes longer is stopped, and stands in the table as that slow


def run_once(command, limit=LONGEST):
    command.before()
    sink = open(command.output, "wb") if command.output else subprocess.DEVNULL
    with tempfile.TemporaryFile() as words, tempfile.NamedTemporaryFile("r") as memory:
        started = time.monotonic()
        # time(1) stands between, since a child inherits the peak memory of the one that forked it: us.
        child = subprocess.Popen(["/usr/bin/time", "-q", "-f", "%M", "-o", memory.name, *command.argv],
                                 stdin=subprocess.DEVNULL, stdout=sink, stderr=words,
                                 env={**os.environ, **(command.environment or {})}, start_new_session=True)
        try:
            status, usage = wait_for(child, started + limit)
        except BaseException:  # interrupted: the child is in a session of its own and would go on
            os.killpg(child.pid, signal.SIGKILL)
            raise
        wall = time.monotonic() - started
        child.returncode = status
        words.seek(0)
        said = words.read()[-300:].decode(errors="replace").strip()
        peak = memory.read().split()
    if command.output:
        sink.close()
    ok = status == 0 and command.proves()
    if status == 0 and not ok:
        said = "exit status 0, but the result is not right"
    if status == -1:
        said = f"> {limit:.0f} s"
    return Run(ok, wall, usage.ru_utime + usage.ru_stime, int(peak[-1]) / 1024 if peak else 0, said)


BRIEF = 5  # seconds: what takes longer is not changed much by what is in a cache, so its first run counts too


def run_cell(cell, rounds, limit=float("inf")):
    """Up to so many rounds; no further one is begun after `limit` seconds."""
    cell.prepare()
    began = time.monotonic()
    runs = {name: [] for name in cell.clients}
    for name, command in cell.clients.items():  # one each to warm up: caches, programs loaded
        first = run_once(command)
        if not first.ok or first.wall >= BRIEF:
            runs[name].append(first)
    for number in range(rounds):
        for name, command in cell.clients.items():
            done = runs[name]
            over = time.monotonic() - began > limit
            if len(done) > number or (done and (over or not done[0].ok)):
                continue
            done.append(run_once(command))
    return Result(cell, runs)


def measured_folder(need=8 * 2**30):
    """Files of both ends lie in memory where there is room: what is compared are programs, not how fast a disk is on
    which only one of them waits for its bytes to arrive. One cell of its own goes to the disk."""
    chosen, memory = os.environ.get("FAIRLEAD_BENCH_FOLDER"), "/dev/shm"
    if chosen is None and os.path.isdir(memory) and shutil.disk_usage(memory).free >= need:
        return memory
    return chosen


class Workplace:
    """A private folder and the servers of one measurement; all gone at the end."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="fairlead-bench.", dir=measured_folder())
        self.disk = tempfile.mkdtemp(prefix="fairlead-bench.")
        for folder in (self.folder, self.disk):
            os.chmod(folder, 0o755)
        self.data = os.path.join(self.folder, "data")
        self.out = os.path.join(self.folder, "out")
        os.makedirs(self.out)
        self.servers = []
        self.link = None  # a slow_link.SlowLink: servers are started at its far end
        os.environ["FAIRLEAD_DATA"] = self.data
        return self

    def __exit__(self, *_):
        for script, folder in self.servers:
            subprocess.run([script, "stop", folder], capture_output=True)
        for folder in (self.folder, self.disk):
            shutil.rmtree(folder, ignore_errors=True)

    def start(self, server, name, **keys):
        script = os.path.join(REPOSITORY, "tests", "servers", server)
        folder = os.path.join(self.folder, name)
        self.servers.append((script, folder))
        if server == "vsftpd":  # the tests' servers write down every command; those that people use do not
            keys["settings"] = "log_ftp_protocol=NO;dual_log_enable=NO"
        argv = [script, "start", folder, *[f"{key}={value}" for key, value in keys.items()]]
        if self.link:
            argv = self.link.in_server([*argv, f"host={self.link.server_address}"])
        done = subprocess.run(argv, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"the server {server} did not start: {done.stderr}")
        return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)

    def connect(self, name, facts, *flags):
        """Defines the connection that the measured `fairlead` uses."""
        done = subprocess.run([FAIRLEAD, "connection", "create", name, "--host", facts["host"], "--port", facts["port"],
                               "--username", facts["username"], "--working-directory", facts.get("path", "/"), *flags],
                              env={**os.environ, "BENCH_PASSWORD": facts.get("password", "")},
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"fairlead connection create {name}: {done.stderr}")
