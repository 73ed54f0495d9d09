"""What is measured: each cell is one task and the command with which each client does it."""
import dataclasses
import ftplib
import functools
import itertools
import os
import statistics
import subprocess
import time

from measure import FAIRLEAD, Cell, Command


def set_aside(path, counter=itertools.count()):
    """Out of the way, and deleted with everything else at the end: for some seconds after many files were deleted, ext4
    takes up to half of a client's CPU time to pass over their inodes whenever a file is made."""
    if os.path.exists(path):
        os.rename(path, f"{path}.aside-{next(counter)}")


def fresh_folder(path):
    def before():
        set_aside(path)
        os.makedirs(path)
    return before


def fresh_server_folder(path, like):
    def before():
        set_aside(path)
        os.makedirs(path)
        own(path, like)
    return before


def gone(path):
    def before():
        if os.path.exists(path):
            os.unlink(path)
    return before


def same_size(path, size):
    return lambda: os.path.exists(path) and os.path.getsize(path) == size


def file_count(folder, count):
    return lambda: sum(len(names) for _, _, names in os.walk(folder)) == count


def line_count(path, least):
    def proves():
        with open(path, "rb") as lines:
            return sum(1 for _ in lines) >= least
    return proves


def own(path, like):
    """Gives what was put into a server's folder to the server's user."""
    facts = os.stat(like)
    for folder, folders, files in os.walk(path):
        for name in [".", *folders, *files]:
            os.chown(os.path.join(folder, name), facts.st_uid, facts.st_gid)


def make_files(folder, name, count, size):
    os.makedirs(folder)
    for number in range(count):
        with open(os.path.join(folder, name.format(number)), "wb") as out:
            out.write(os.urandom(size))


class Peers:
    """The command lines of the other clients for one server."""

    def __init__(self, place, facts, scheme):
        self.facts, self.scheme = facts, scheme
        self.host, self.port = facts["host"], facts["port"]
        self.user, self.password = facts["username"], facts.get("password", "")
        self.base = facts.get("path", "/").rstrip("/")
        self.batch = os.path.join(place.folder, "sftp-batch")
        self.known_hosts = os.path.join(place.folder, "known_hosts")
        obscured = subprocess.run(["rclone", "obscure", self.password], capture_output=True, text=True).stdout.strip()
        kind = "sftp" if scheme == "sftp" else "ftp"
        self.remote = f":{kind},host={self.host},port={self.port},user={self.user}"
        if scheme == "sftp":
            self.remote += f",key_file={facts['private_key']}:"
        elif scheme == "ftps":
            self.remote += f",pass={obscured},explicit_tls=true,no_check_certificate=true,disable_tls13=true:"
        else:
            self.remote += f",pass={obscured}:"

    def lftp(self, script, **rest):
        settings = "set cmd:fail-exit yes; set net:max-retries 1; set xfer:clobber yes; "
        if self.scheme == "sftp":
            settings += (f"set sftp:auto-confirm yes; set sftp:connect-program 'ssh -a -x -o StrictHostKeyChecking=no "
                         f"-o UserKnownHostsFile={self.known_hosts} -i {self.facts['private_key']}'; ")
        elif self.scheme == "ftps":
            settings += f"set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:ca-file {self.facts['ca']}; "
        else:
            settings += "set ftp:ssl-allow no; "
        address = f"{'sftp' if self.scheme == 'sftp' else 'ftp'}://{self.host}:{self.port}"
        login = f"open -u {self.user},{self.password or 'none'} {address}; "
        return Command(["lftp", "-c", settings + login + script], **rest)

    def curl(self, *arguments, **rest):
        flags = ["curl", "-sS", "--fail-early"]
        if self.scheme == "sftp":
            flags += ["-k", "--key", self.facts["private_key"], "--pubkey", self.facts["private_key"] + ".pub",
                      "-u", f"{self.user}:"]
        else:
            flags += ["-u", f"{self.user}:{self.password}"]
        if self.scheme == "ftps":
            flags += ["--ssl-reqd", "--cacert", self.facts["ca"]]
        return Command(flags + list(arguments), **rest)

    def url(self, path):
        scheme = "sftp" if self.scheme == "sftp" else "ftp"
        base = self.base if self.scheme == "sftp" else ("/" + self.base if self.base else "")
        return f"{scheme}://{self.host}:{self.port}{base}/{path}"

    def rclone(self, *arguments, **rest):
        return Command(["rclone", "--config", "/dev/null", "-q", *arguments], **rest)

    def at(self, path):
        return f"{self.remote}{self.base}/{path}" if self.base else f"{self.remote}{path}"

    def sftp(self, script, *flags, **rest):
        batch = self.batch + str(abs(hash(script)))
        with open(batch, "w") as out:
            out.write(script)
        return Command(["sftp", "-q", "-b", batch, "-P", self.port, "-i", self.facts["private_key"],
                        "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={self.known_hosts}", *flags,
                        f"{self.user}@{self.host}"], **rest)


    def scp(self, source, target, *flags, **rest):
        return Command(["scp", "-q", "-P", self.port, "-i", self.facts["private_key"], "-o", "StrictHostKeyChecking=no",
                        "-o", f"UserKnownHostsFile={self.known_hosts}", *flags, source, target], **rest)

    def scp_path(self, path):
        return f"{self.user}@{self.host}:{self.base}/{path}"

    def ncftp(self, verb, flags, *arguments, **rest):
        """`verb` is get or put; ncftp takes the host between its flags and its arguments, and knows no TLS."""
        return Command([f"ncftp{verb}", "-V", "-u", self.user, "-p", self.password, "-P", self.port, *flags, self.host,
                        *arguments], **rest)


def fairlead(*arguments, **rest):
    return Command([FAIRLEAD, *arguments], **rest)


def down(place, peers, options, connection, suffix=""):
    size = options.size_mib * 2**20
    out = os.path.join(place.out, "big")
    rest = {"before": gone(out), "proves": same_size(out, size)}
    remote = f"{peers.base}/big.bin"
    clients = {"fairlead": fairlead("get", "-q", f"{connection}:/big.bin", out, **rest),
               # The peers do not wait for the disk; this is us doing likewise. It does not count as ours.
               "(fairlead --no-sync)": fairlead("get", "-q", "--no-sync", f"{connection}:/big.bin", out, **rest)}
    if peers.scheme != "sftp":
        clients["lftp get"] = peers.lftp(f"get {remote} -o {out}", **rest)
        clients["lftp pget -n 4"] = peers.lftp(f"pget -n 4 {remote} -o {out}", **rest)
        clients["curl"] = peers.curl("-o", out, peers.url("big.bin"), **rest)
        clients["rclone"] = peers.rclone("--multi-thread-streams", "0", "copyto", peers.at("big.bin"), out, **rest)
    if peers.scheme == "ftp":
        clients["ncftpget"] = peers.ncftp("get", ["-C"], remote, out, **rest)
    return size, rest, clients, remote, out


def durable_cell(place, peers, options, connection):
    """Until the bytes are on the disk, where ours goes by itself, and the others with sync(1)."""
    size = options.size_mib * 2**20
    out = os.path.join(place.disk, "big")
    rest = {"before": gone(out), "proves": same_size(out, size)}
    remote = f"{peers.base}/big.bin"

    def synced(command):
        return dataclasses.replace(command, argv=["sh", "-c", 'file=$1; shift; "$@" && sync "$file"', "sh", out, *command.argv])
    clients = {"fairlead": fairlead("get", "-q", f"{connection}:/big.bin", out, **rest),
               "lftp get, sync": synced(peers.lftp(f"get {remote} -o {out}", **rest)),
               "curl, sync": synced(peers.curl("-o", out, peers.url("big.bin"), **rest)),
               "rclone, sync": synced(peers.rclone("--multi-thread-streams", "0", "copyto", peers.at("big.bin"), out, **rest))}
    return Cell("ftp-down-disk", f"1 file of {options.size_mib} MiB down over FTP, until it is on the disk", "MB/s", size,
                clients)


def up(place, peers, options, connection, source):
    size = options.size_mib * 2**20
    target = os.path.join(peers.facts["root"], "up.bin")
    rest = {"before": gone(target), "proves": same_size(target, size)}
    remote = f"{peers.base}/up.bin"
    clients = {"fairlead": fairlead("put", "-q", source, f"{connection}:/up.bin", **rest)}
    if peers.scheme != "sftp":
        clients["lftp put"] = peers.lftp(f"put {source} -o {remote}", **rest)
        clients["curl"] = peers.curl("-T", source, peers.url("up.bin"), **rest)
        clients["rclone"] = peers.rclone("copyto", source, peers.at("up.bin"), **rest)
    if peers.scheme == "ftp":
        clients["ncftpput"] = peers.ncftp("put", ["-C"], source, remote, **rest)
    return size, rest, clients, remote


def ftp_cells(place, options, source):
    for scheme, flags, down_server, up_server in (
            ("ftp", ("--protocol", "ftp"), "vsftpd", "vsftpd"),
            ("ftps", ("--protocol", "ftps", "--tls", "explicit"), "vsftpd", "pure-ftpd")):
        tls = "none" if scheme == "ftp" else "explicit"
        facts = place.start(down_server, f"{scheme}-down", tls=tls)
        trust = ("--tls-ca", facts["ca"]) if tls != "none" else ()
        place.connect(scheme, facts, *flags, *trust, "--password-env", "BENCH_PASSWORD", "--max-sessions", "8")
        os.link(source, os.path.join(facts["root"], "big.bin"))
        own(facts["root"], facts["root"])
        peers = Peers(place, facts, scheme)
        size, _, clients, _, _ = down(place, peers, options, scheme)
        yield Cell(f"{scheme}-down", f"1 file of {options.size_mib} MiB down over {scheme.upper()} ({down_server})",
                   "MB/s", size, clients, 1.2 if scheme == "ftp" else 1.1)
        if scheme == "ftp":
            yield durable_cell(place, peers, options, scheme)
        up_facts, up_name = facts, scheme
        if up_server != down_server:
            up_facts, up_name = place.start(up_server, f"{scheme}-up", tls=tls), f"{scheme}-up"
            place.connect(up_name, up_facts, *flags, "--tls-ca", up_facts["ca"], "--password-env", "BENCH_PASSWORD")
        size, _, clients, _ = up(place, Peers(place, up_facts, scheme), options, up_name, source)
        yield Cell(f"{scheme}-up", f"1 file of {options.size_mib} MiB up over {scheme.upper()} ({up_server})",
                   "MB/s", size, clients, 1.0)
        if scheme == "ftp":
            yield from many_cells(place, options, facts, peers, scheme)


def first_byte(peers, directory, rounds=5):
    """When a listing's first byte comes and when the server's last word, to a client that does nothing but receive."""
    shares = []
    for _ in range(rounds):
        with ftplib.FTP() as session:
            session.connect(peers.host, int(peers.port))
            session.login(peers.user, peers.password)
            began = time.monotonic()
            with session.transfercmd(f"LIST {directory}") as data:
                data.recv(1)
                first = time.monotonic() - began
                while data.recv(2**18):
                    pass
            session.voidresp()
            shares.append((first / (time.monotonic() - began), first))
    share, first = statistics.median(shares)
    return f"The server's first byte comes after {first:.2f} s, which is {share:.0%} of the time until its last word."


def many_cells(place, options, facts, peers, connection):
    """Listing, many small files, and 200 gets in one process."""
    small = os.path.join(facts["root"], "small")

    @functools.cache
    def make_listed():
        make_files(os.path.join(facts["root"], "listed"), "entry-{:06}.dat", options.entries, 0)
        own(os.path.join(facts["root"], "listed"), facts["root"])

    @functools.cache
    def make_small():
        make_files(small, "file-{:05}.dat", options.files, 4096)
        own(small, facts["root"])

    scheme, base = peers.scheme, peers.base
    listing = os.path.join(place.out, "listing")

    rest = {"output": listing, "proves": line_count(listing, options.entries)}
    clients = {"fairlead": fairlead("ls", f"{connection}:/listed", **rest),
               "fairlead ls -l": fairlead("ls", "-l", f"{connection}:/listed", **rest),
               "lftp cls -1": peers.lftp(f"cls -1 {base}/listed/", **rest),
               "lftp ls": peers.lftp(f"ls {base}/listed/", **rest),
               "rclone lsf": peers.rclone("lsf", peers.at("listed"), **rest)}
    cell = Cell(f"{scheme}-list", f"Listing {options.entries:,} entries over {scheme.upper()}", "entries/s", options.entries,
                clients, 1.5, prepare=make_listed)
    if scheme == "sftp":
        clients["sftp ls -1"] = peers.sftp(f"ls -1 {base}/listed\n", **rest)
        clients["sftp ls -1f"] = peers.sftp(f"ls -1f {base}/listed\n", **rest)
    else:
        clients["curl"] = peers.curl(peers.url("listed/"), **rest)
        cell.bars = {"lftp ls": 1.5, "rclone lsf": 1.5}

        def prepare():
            make_listed()
            cell.note = first_byte(peers, f"{base}/listed")
        cell.prepare = prepare
    yield cell

    yield from many_small(place, options, peers, connection, small, make_small)
    yield eight_at_once(place, options, peers, connection)

    count = min(200, options.files)
    names = [f"file-{number:05}.dat" for number in range(count)]
    out = os.path.join(place.out, "small")
    rest = {"before": fresh_folder(out), "proves": file_count(out, count)}
    clients = {"fairlead": fairlead("get", "-q", *[f"{connection}:/small/{name}" for name in names], out, **rest),
               "lftp mget": peers.lftp(f"lcd {out}; mget " + " ".join(f"{base}/small/{name}" for name in names), **rest)}
    if scheme == "sftp":
        clients["sftp"] = peers.sftp("".join(f"get {base}/small/{name} {out}/{name}\n" for name in names), **rest)
    else:
        urls = [part for name in names for part in ("-o", os.path.join(out, name), peers.url(f"small/{name}"))]
        clients["curl"] = peers.curl(*urls, **rest)
    yield Cell(f"{scheme}-200", f"{count} small gets in one process over {scheme.upper()}", "files/s", count, clients,
               prepare=make_small)


def eight_at_once(place, options, peers, connection):
    """What eight transfers at once take of memory."""
    scheme, base, size = peers.scheme, peers.base, options.size_mib * 2**20 // 8
    folder = os.path.join(peers.facts["root"], "eight")

    def prepare():
        make_files(folder, "part-{}.bin", 8, size)
        own(folder, peers.facts["root"])
    out = os.path.join(place.out, "eight")
    rest = {"before": fresh_folder(out), "proves": file_count(out, 8)}
    clients = {"fairlead -P 8": fairlead("get", "-q", "-r", "-P", "8", f"{connection}:/eight", out, **rest),
               "lftp mirror -P 8": peers.lftp(f"mirror -P 8 {base}/eight {out}", **rest),
               "rclone --transfers 8": peers.rclone("--transfers", "8", "--multi-thread-streams", "0", "copy",
                                                    peers.at("eight"), out, **rest)}
    return Cell(f"{scheme}-eight", f"8 files of {size // 2**20} MiB at once down over {scheme.upper()}", "MB/s", size * 8,
                clients, prepare=prepare)


LFTP_TUNED = ("set ftp:sync-mode off; set ftp:use-size no; set ftp:use-mdtm no; set ftp:use-mode-z no; "
              "set net:connection-limit 8; set mirror:set-permissions no; ")


def many_small(place, options, peers, connection, small, make_small):
    scheme, base, count = peers.scheme, peers.base, options.files
    bar = {"ftp": 1.2, "sftp": 2.0}.get(scheme)
    transfers = ("--transfers", "8", "--checkers", "8")
    out = os.path.join(place.out, "small")
    rest = {"before": fresh_folder(out), "proves": file_count(out, count)}
    clients = {f"fairlead{flags}": fairlead("get", "-q", "-r", *flags.split(), f"{connection}:/small", out, **rest)
               for flags in ("", " -P 8")}
    clients["rclone --transfers 8"] = peers.rclone(*transfers, "copy", peers.at("small"), out, **rest)
    clients["lftp mirror -P 8"] = peers.lftp(f"mirror -P 8 {base}/small {out}", **rest)
    if scheme == "sftp":
        clients["sftp get -r"] = peers.sftp(f"get -r {base}/small {out}\n", **rest)
        clients["scp -r"] = peers.scp(peers.scp_path("small"), out, "-r", **rest)
    else:
        clients["lftp mirror -P 8, tuned"] = peers.lftp(f"{LFTP_TUNED}mirror -P 8 {base}/small {out}", **rest)
        clients["lftp mirror -P 1"] = peers.lftp(f"mirror -P 1 {base}/small {out}", **rest)
        clients["ncftpget -R"] = peers.ncftp("get", ["-R"], out, f"{base}/small", **rest)
    yield Cell(f"{scheme}-small", f"{count:,} files of 4 KiB down over {scheme.upper()}", "files/s", count, clients, bar,
               prepare=make_small)

    target = os.path.join(peers.facts["root"], "small-up")
    rest = {"before": fresh_server_folder(target, peers.facts["root"]), "proves": file_count(target, count)}
    clients = {f"fairlead{flags}": fairlead("put", "-q", "-r", *flags.split(), small, f"{connection}:/small-up", **rest)
               for flags in ("", " -P 8")}
    clients["rclone --transfers 8"] = peers.rclone(*transfers, "copy", small, peers.at("small-up/small"), **rest)
    clients["lftp mirror -R -P 8"] = peers.lftp(f"mirror -R -P 8 {small} {base}/small-up/small", **rest)
    if scheme == "sftp":
        clients["sftp put -r"] = peers.sftp(f"put -r {small} {base}/small-up\n", **rest)
        clients["scp -r"] = peers.scp(small, peers.scp_path("small-up"), "-r", **rest)
    else:
        clients["lftp mirror -R -P 8, tuned"] = peers.lftp(f"{LFTP_TUNED}mirror -R -P 8 {small} {base}/small-up/small", **rest)
        temporary = "set xfer:use-temp-file yes; set xfer:temp-file-name .in.*; "
        careful = "lftp, tuned, temp. names"
        clients[careful] = peers.lftp(f"{LFTP_TUNED}{temporary}mirror -R -P 8 {small} {base}/small-up/small", **rest)
        clients["ncftpput -R"] = peers.ncftp("put", ["-R"], f"{base}/small-up", small, **rest)
    yield Cell(f"{scheme}-small-up", f"{count:,} files of 4 KiB up over {scheme.upper()}", "files/s", count, clients, bar,
               bars={} if scheme == "sftp" else {careful: bar}, prepare=make_small)


def sftp_cells(place, options, source):
    facts = place.start("openssh", "sftp")
    os.link(source, os.path.join(facts["root"], "big.bin"))
    own(facts["root"], facts["root"])
    peers = Peers(place, facts, "sftp")
    login = ("--protocol", "sftp", "--key-file", facts["private_key"], "--host-key", facts["host_key"])
    place.connect("sftp", facts, *login, "--max-sessions", "8")
    same_cipher = ("-o", "Ciphers=aes128-gcm@openssh.com")

    size, rest, clients, remote, out = down(place, peers, options, "sftp")
    clients["sftp, its defaults"] = peers.sftp(f"get {remote} {out}\n", **rest)
    clients["rclone"] = peers.rclone("copyto", peers.at("big.bin"), out, **rest)
    clients["lftp get"] = peers.lftp(f"get {remote} -o {out}", **rest)
    clients["scp"] = peers.scp(peers.scp_path("big.bin"), out, **rest)
    yield Cell("sftp-down", f"1 file of {options.size_mib} MiB down over SFTP, each with its defaults", "MB/s", size,
               clients, 1.2)
    yield Cell("sftp-down-same", f"1 file of {options.size_mib} MiB down over SFTP, all with aes128-gcm", "MB/s", size,
               {"fairlead": clients["fairlead"],
                "sftp": peers.sftp(f"get {remote} {out}\n", *same_cipher, **rest),
                "scp": peers.scp(peers.scp_path("big.bin"), out, *same_cipher, **rest),
                "sftp -R 128 -B 261120": peers.sftp(f"get {remote} {out}\n", *same_cipher, "-R", "128", "-B", "261120",
                                                    **rest)}, 1.1)

    size, rest, clients, remote = up(place, peers, options, "sftp", source)
    clients["sftp, its defaults"] = peers.sftp(f"put {source} {remote}\n", **rest)
    clients["sftp, aes128-gcm"] = peers.sftp(f"put {source} {remote}\n", *same_cipher, **rest)
    clients["scp, aes128-gcm"] = peers.scp(source, peers.scp_path("up.bin"), *same_cipher, **rest)
    clients["rclone"] = peers.rclone("copyto", source, peers.at("up.bin"), **rest)
    yield Cell("sftp-up", f"1 file of {options.size_mib} MiB up over SFTP", "MB/s", size, clients, 1.0)
    yield from many_cells(place, options, facts, peers, "sftp")


def all_cells(place, options):
    source = os.path.join(place.folder, "source.bin")
    piece = os.urandom(2**20)
    with open(source, "wb") as out:
        for number in range(options.size_mib):
            out.write(number.to_bytes(4, "big") + piece[4:])
    yield from ftp_cells(place, options, source)
    yield from sftp_cells(place, options, source)
