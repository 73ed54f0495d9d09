"""Prints the measurements as tables, for people and for docs/performance.md."""
import io
import os
import platform
import subprocess


def speed(result, client):
    wall = result.median(client, "wall")
    if wall is None:
        return None
    amount = result.cell.amount / wall
    return amount / 1e6 if result.cell.unit == "MB/s" else amount


def rows(result):
    gib = result.cell.amount / 2**30 if result.cell.unit == "MB/s" else None
    for client in result.runs:
        rate = speed(result, client)
        if rate is None:
            words = result.runs[client][0].words.replace("\n", " ")[:90]
            yield client, "too slow" if words.startswith("> ") else "failed", "", "", words
            continue
        cpu = result.median(client, "cpu")
        walls = sorted(run.wall for run in result.runs[client] if run.ok)
        yield (client, f"{rate:,.0f}", f"{cpu / gib:.2f}" if gib else f"{cpu:.2f}",
               f"{result.median(client, 'peak_mib'):.0f}", f"{walls[0]:.2f} to {walls[-1]:.2f} s")


def verdict(result):
    ratio, bar = result.ratio(), result.cell.bar
    if ratio is None:
        return "not comparable"
    text = f"{ratio:.2f} × {result.best_peer()}"
    if bar is not None:
        text += f" (bar {bar:.1f}: {'met' if ratio >= bar else 'NOT met'})"
    for peer, promised in result.cell.bars.items():
        ratio = result.ratio(peer)
        if ratio is None:
            text += f"; {peer}: not comparable"
        else:
            text += f"; {ratio:.2f} × {peer} (bar {promised:.1f}: {'met' if ratio >= promised else 'NOT met'})"
    return text


def cpu_ratio(result):
    """Our CPU time by that of the best peer."""
    ours, peer = result.ours(), result.best_peer()
    if ours is None or peer is None:
        return ""
    return f"{result.median(ours, 'cpu') / max(result.median(peer, 'cpu'), 0.01):.2f}"


def cpu_column(cell):
    return "CPU s/GiB" if cell.unit == "MB/s" else "CPU s"


def print_cell(result):
    cell = result.cell
    print(f"\n{cell.name}: {cell.title}", flush=True)
    if cell.note:
        print(f"  {cell.note}")
    print(f"  {'client':<26}{cell.unit:>12}{cpu_column(cell):>12}{'peak MiB':>10}  range")
    for row in rows(result):
        print(f"  {row[0]:<26}{row[1]:>12}{row[2]:>12}{row[3]:>10}  {row[4]}")
    print(f"  → {verdict(result)}", flush=True)


def print_summary(results):
    print("\nSummary (ratio of speeds, ours to the best peer's)")
    for result in results:
        print(f"  {result.cell.name:<24}{verdict(result)}")


def cpu_model():
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def version(*argv):
    done = subprocess.run(argv, capture_output=True, text=True)
    return (done.stdout or done.stderr).splitlines()[0].strip() if done.returncode == 0 else "?"


METHOD = """Made by `make bench`, which starts real servers, runs every client in turn as a whole process, and keeps medians. Both
ends share the machine's cores, so MB/s is the sum of client and server; CPU seconds are the client's alone (its child
processes included). "Ours to the best peer" is our speed by that of the fastest peer, each peer with its best flags, and
"CPU" our CPU time by that peer's. Small differences are noise: look at the range. Where there is room, both ends' files
lie in memory (`/dev/shm`): ours waits until its bytes are on the disk and the peers do not, so that on a disk the table
would compare the disk with the page cache. One row goes to the disk, where the peers are followed by sync(1).
FAIRLEAD_BENCH_FOLDER puts everything elsewhere. A first run that took less than five seconds is not counted (it warms the
caches); a cell that takes long has fewer rounds.

What limits the rows that fall short:

- **1 GiB up over FTP** to a server on the same machine: after sendfile the server copies from memory that nobody has just
  touched. So there ours reads and sends 64 KiB at a time, which the server then finds in the CPU's cache: 1,420 MB/s in
  place of 1,100 (three rounds each, side by side; 128 and 256 KiB 1,310, 512 KiB 1,090; touching the pages before sendfile
  760 to 1,010, smaller or larger sendfiles 1,040 to 1,160), for 0.5 s of CPU time a GiB. To any other machine it is sendfile, at 0.22 s.
- **1 GiB down to a disk** is the disk's pace once nobody is excused from waiting for it.
- **Listing over FTP**: vsftpd looks at every file before it sends the first byte. The table says what share of the time that
  takes, measured with a client that does nothing but receive (`first_byte` in `bench/cells.py`): usually more than nine
  tenths. Nobody can be half as fast again as such a client, and curl is one: it writes the bytes to a file. Ours understands
  each line meanwhile, at 0.6 µs of CPU time, most of it after the last byte. Clients that understand what they list too have
  bars of their own in the table. (NLST, which vsftpd answers without looking at the files, would be another task.)
- **FTPS** is the encryption of both ends, one core each. Ours asks for AES-128-GCM first, which vsftpd follows and Pure-FTPd does not.
- **A small file over passive FTP** takes three round trips, whoever asks: the server can accept the data connection only
  when the third packet of its handshake is there, and vsftpd says its last word only when the bytes are acknowledged; what
  we save is the fourth, since the next file's EPSV is asked for before that word. On loopback it is the server's work: about
  two thirds of the CPU time of both ends is vsftpd's and the kernel's on its behalf. Ours makes 24 system calls for a
  file (lftp, tuned, 38), five of them for the journal and the name that make it safe. Files that are made durable together at the end cost
  one sync of the disk; the peers do not wait for it. How much of the two cores' time is not ours follows from the table: 10,000
  files in 5.0 s with 2.8 s of CPU time leave 7.2 s, and with lftp, tuned, 5.4 s and 3.6 s leave as much. So a client that
  needed no time at all would be 1.5 times as fast as lftp, and for 1.2 times there are 180 µs for a file, of which the kernel
  alone takes 140 for connecting, receiving, making, naming and closing it.
- **A small file up over FTP** is asked for its size and gets its name only when it is whole: three more commands for the server
  (SIZE, RNFR, RNTO), which cost it some 0.2 ms for a file (of the two cores' time 8.0 s are not ours for 10,000 files, and with
  lftp, tuned, 5.9 s): more than we save. lftp writes under the final name and does not look at what arrived; made to give names
  as we do (`xfer:use-temp-file`) it stands in the table as well, with a bar of its own. Over the slow link the question for the size and the next file's EPSV leave with the last byte, and both halves of the
  renaming together, so that safety costs one round trip.
- **Small files over the slow link, one session**: three round trips for a file down, against four of lftp with sync-mode off, so 1.33
  times is what there is to win; against five as it comes, 1.7. The bars of 1.4 and 2.5 can be met only with several sessions.
- **SFTP** is OpenSSH's server on the other core: our own share is decrypting, three copies within libssh (its socket is read
  in 64 KiB pieces by the program; a program of your own that uses the library leaves that to libssh, which reads 4 KiB at a
  time) and writing the file. Asking for 32, 64 or 255 KiB at once, 1 or 2 MiB ahead, makes no difference. An upload over a
  long way is limited by the server's 2 MiB window for each of the four channels that are used; small files by the server's
  one process for each session, which makes, renames and closes them one after the other.
- **One large FTP file over the slow link** needs no segments here: TCP's buffers are large there, so that one stream fills the
  line as far as the emulation goes. Where they are not, further sessions join in while it moves.
"""
LINKS = {"loopback": """
# On loopback
""", "slow": """
# Over a slow link

The servers stand at the far end of an emulated link of 50 ms round trip without loss or limit of rate
(`bench/slow_link.py --prove` measures the link itself): two network namespaces, joined by TUN devices and a program
that holds every packet for 25 ms. TCP's buffers may grow to 32 MiB there, so that the clients' own windows show.
"""}


def put_between_marks(text, name, content, at_the_end=True):
    """Replaces what stands between the marks of that name; where there are none yet, adds them with the content."""
    begin, end = f"<!-- begin of {name}: written by bench/run -->\n", f"<!-- end of {name} -->\n"
    if begin in text and end in text:
        before, rest = text.split(begin, 1)
        return before + begin + content + end + rest.split(end, 1)[1]
    if at_the_end:
        return text.rstrip("\n") + "\n\n" + begin + content + end
    return "# Performance\n\n" + begin + content + end + "\n" + text.removeprefix("# Performance\n").lstrip("\n")


def write_markdown(results, options, path):
    """Writes the method and the part of this run's link; whatever else is in the file stays as it is."""
    try:
        with open(path) as file:
            text = file.read()
    except FileNotFoundError:
        text = ""
    part = io.StringIO()
    part.write(LINKS[options.link])
    write_part(part, results, options)
    text = put_between_marks(text, "the method", METHOD, at_the_end=False)
    text = put_between_marks(text, f"link {options.link}", part.getvalue().lstrip("\n"))
    with open(path + ".new", "w") as out:
        out.write(text)
    os.replace(path + ".new", path)


def write_part(out, results, options):
    out.write(f"\nMachine: {cpu_model()}, kernel {platform.release()}. Rounds: up to {options.rounds}. "
              f"{version('lftp', '--version').split('|')[1].strip()}, {version('curl', '--version').split(' (')[0]}, "
              f"{version('rclone', 'version')}, {version('ssh', '-V')}.\n")
    out.write("\n| Task | Ours to the best peer | Bar | CPU |\n|---|---|---|---:|\n")
    for result in results:
        ratio = result.ratio()
        bar = result.cell.bar
        state = "" if bar is None or ratio is None else f"{bar:.1f} × {'met' if ratio and ratio >= bar else '**not met**'}"
        said = "not comparable" if ratio is None else f"{ratio:.2f} × {result.best_peer()}"
        out.write(f"| {result.cell.title} | {said} | {state} | {cpu_ratio(result)} |\n")
        for peer, promised in result.cell.bars.items():
            ratio = result.ratio(peer)
            said = "not comparable" if ratio is None else f"{ratio:.2f} × {peer}"
            out.write(f"| | {said} | {promised:.1f} × {'met' if ratio and ratio >= promised else '**not met**'} | |\n")
    for result in results:
        cell = result.cell
        out.write(f"\n## {cell.title}\n\n")
        if cell.note:
            out.write(cell.note + "\n\n")
        out.write(f"| Client | {cell.unit} | {cpu_column(cell)} | peak MiB | range |\n|---|---:|---:|---:|---|\n")
        for row in rows(result):
            out.write("| " + " | ".join(row) + " |\n")
