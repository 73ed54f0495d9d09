"""The cells over the emulated slow link (bench/run --link slow): one large file in one session and in segments, and
many small files with 1, 4 and 8 sessions. Login included, as everywhere: each client is timed as a whole process."""
import functools
import os
import shutil
import subprocess

from cells import Peers, fairlead, file_count, fresh_folder, fresh_server_folder, gone, own, same_size
from measure import FAIRLEAD, Cell

SMALL_FILE = 4096
FILES_FOR_SESSIONS = {1: 40, 4: 160, 8: 320}  # enough files for each session to be in its steady state


def make_small_files(folder, count):
    os.makedirs(folder)
    for number in range(count):
        with open(os.path.join(folder, f"file-{number:05}.dat"), "wb") as out:
            out.write(os.urandom(SMALL_FILE))


@functools.lru_cache(maxsize=None)
def has_flag(verb, flag):
    done = subprocess.run([FAIRLEAD, verb, "--help"], capture_output=True, text=True)
    return flag in done.stdout


def segments(verb, count):
    """One session is meant where one is said, also when segments come by themselves."""
    return ("--segments", str(count)) if has_flag(verb, "--segments") else ()


def large_down(place, options, peers, connection, bars):
    size = options.size_mib * 2**20
    out = os.path.join(place.out, "big")
    rest = {"before": gone(out), "proves": same_size(out, size)}
    remote = f"{peers.base}/big.bin"
    clients = {"fairlead": fairlead("get", "-q", *segments("get", 1), f"{connection}:/big.bin", out, **rest),
               "lftp get": peers.lftp(f"get {remote} -o {out}", **rest),
               "rclone": peers.rclone("--multi-thread-streams", "0", "copyto", peers.at("big.bin"), out, **rest)}
    if peers.scheme == "sftp":
        clients["sftp"] = peers.sftp(f"get {remote} {out}\n", **rest)
        clients["sftp -R 256 -B 261120"] = peers.sftp(f"get {remote} {out}\n", "-R", "256", "-B", "261120", **rest)
    else:
        clients["curl"] = peers.curl("-o", out, peers.url("big.bin"), **rest)
    yield Cell(f"slow-{peers.scheme}-down", f"1 file of {options.size_mib} MiB down over {peers.scheme.upper()}, one session",
               "MB/s", size, clients, bars.pop("best", None), bars=bars)
    if peers.scheme != "sftp":
        yield Cell(f"slow-{peers.scheme}-segments", f"1 file of {options.size_mib} MiB down over {peers.scheme.upper()}, up to 4 segments",
                   "MB/s", size,
                   {"fairlead --segments 4": fairlead("get", "-q", *segments("get", 4), f"{connection}:/big.bin", out,
                                                       **rest),
                    "fairlead": fairlead("get", "-q", f"{connection}:/big.bin", out, **rest),
                    "lftp pget -n 4": peers.lftp(f"pget -n 4 {remote} -o {out}", **rest)}, 1.2)


def large_up(options, peers, connection, source, bars):
    size = options.size_mib * 2**20
    target = os.path.join(peers.facts["root"], "up.bin")
    rest = {"before": gone(target), "proves": same_size(target, size)}
    remote = f"{peers.base}/up.bin"
    clients = {"fairlead": fairlead("put", "-q", *segments("put", 1), source, f"{connection}:/up.bin", **rest),
               "lftp put": peers.lftp(f"put {source} -o {remote}", **rest),
               "rclone": peers.rclone("copyto", source, peers.at("up.bin"), **rest)}
    if peers.scheme == "sftp":
        clients["sftp"] = peers.sftp(f"put {source} {remote}\n", **rest)
        clients["sftp -R 256 -B 261120"] = peers.sftp(f"put {source} {remote}\n", "-R", "256", "-B", "261120", **rest)
    else:
        clients["curl"] = peers.curl("-T", source, peers.url("up.bin"), **rest)
    yield Cell(f"slow-{peers.scheme}-up", f"1 file of {options.size_mib} MiB up over {peers.scheme.upper()}, one session",
               "MB/s", size, clients, bars.pop("best", None), bars=bars)


def lftp_mirrors(peers, sessions, arguments, rest):
    yield f"lftp mirror -P {sessions}", peers.lftp(f"mirror -P {sessions} {arguments}", **rest)
    if peers.scheme != "sftp":
        yield (f"lftp -P {sessions}, sync-mode off",
               peers.lftp(f"set ftp:sync-mode off; mirror -P {sessions} {arguments}", **rest))


def small_bars(peers, sessions):
    """The best peer at its best flags, and lftp as it comes."""
    if peers.scheme == "sftp":
        return 5.0, {}
    return 1.4, {f"lftp mirror -P {sessions}": 2.5}


def many_small(place, peers, connection, sessions, count):
    scheme, base, root = peers.scheme, peers.base, peers.facts["root"]
    name = f"small-for-{sessions}"
    source = os.path.join(place.folder, name)
    if not os.path.exists(source):
        make_small_files(source, count)
    shutil.copytree(source, os.path.join(root, name))
    own(root, root)
    parallel = ("--transfers", str(sessions), "--checkers", str(sessions))
    title = f"{count} files of 4 KiB {{}} over {scheme.upper()}, {sessions} session{'s' if sessions > 1 else ''}"
    bar, bars = small_bars(peers, sessions)

    out = os.path.join(place.out, "small")
    rest = {"before": fresh_folder(out), "proves": file_count(out, count)}
    clients = {"fairlead": fairlead("get", "-q", "-r", "-P", str(sessions), f"{connection}:/{name}", out, **rest),
               **dict(lftp_mirrors(peers, sessions, f"{base}/{name} {out}", rest)),
               f"rclone --transfers {sessions}": peers.rclone(*parallel, "copy", peers.at(name), out, **rest)}
    if scheme == "sftp" and sessions == 1:
        clients["sftp get -r"] = peers.sftp(f"get -r {base}/{name} {out}\n", **rest)
        clients["scp -r"] = peers.scp(peers.scp_path(name), out, "-r", **rest)
    yield Cell(f"slow-{scheme}-small-down-{sessions}", title.format("down"), "files/s", count, clients, bar, bars=bars)

    target = os.path.join(root, "up")
    rest = {"before": fresh_server_folder(target, root), "proves": file_count(target, count)}
    clients = {"fairlead": fairlead("put", "-q", "-r", "-P", str(sessions), source, f"{connection}:/up", **rest),
               **dict(lftp_mirrors(peers, sessions, f"-R {source} {base}/up/{name}", rest)),
               f"rclone --transfers {sessions}": peers.rclone(*parallel, "copy", source, peers.at(f"up/{name}"), **rest)}
    if scheme == "sftp" and sessions == 1:
        clients["sftp put -r"] = peers.sftp(f"put -r {source} {base}/up\n", **rest)
        clients["scp -r"] = peers.scp(source, peers.scp_path("up"), "-r", **rest)
    yield Cell(f"slow-{scheme}-small-up-{sessions}", title.format("up"), "files/s", count, clients, bar, bars=bars)


def all_cells(place, options):
    source = os.path.join(place.folder, "source.bin")
    piece = os.urandom(2**20)
    with open(source, "wb") as out:
        for number in range(options.size_mib):
            out.write(number.to_bytes(4, "big") + piece[4:])
    for scheme, server in (("ftp", "vsftpd"), ("sftp", "openssh")):
        facts = place.start(server, f"slow-{scheme}")
        if scheme == "ftp":
            login = ("--protocol", "ftp", "--password-env", "BENCH_PASSWORD")
        else:
            login = ("--protocol", "sftp", "--key-file", facts["private_key"], "--host-key", facts["host_key"])
        place.connect(f"slow-{scheme}", facts, *login, "--max-sessions", "8")
        os.link(source, os.path.join(facts["root"], "big.bin"))
        own(facts["root"], facts["root"])
        peers = Peers(place, facts, scheme)
        yield from large_down(place, options, peers, f"slow-{scheme}", {"best": 1.0} if scheme == "ftp" else {"sftp": 3.0})
        yield from large_up(options, peers, f"slow-{scheme}", source, {"best": 1.0} if scheme == "ftp" else {"sftp": 2.0})
        for sessions, count in FILES_FOR_SESSIONS.items():
            count = min(count, options.files)
            yield from many_small(place, peers, f"slow-{scheme}", sessions, count)
