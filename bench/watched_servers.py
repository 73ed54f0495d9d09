"""Light FTP servers for bench/monitors: many ports in one process, each with directories that are made up on request.

    watched_servers.py COUNT DIRECTORIES FILES SECONDS PORT   listens on COUNT ports from PORT on, says that it does,
                                                              then prints one line of JSON whenever standard input says so

Directory N holds FILES files and one more every SECONDS (not all at the same time); /large holds as many as its name says:
/large/1000000. What is counted: listings, log-ins, and the most sessions that one server ever had at once.
"""
import asyncio
import json
import resource
import sys
import time

COUNT, DIRECTORIES, FILES, SECONDS, PORT = (int(word) for word in sys.argv[1:6])
BEGAN = time.time()


class Server:
    def __init__(self, number):
        self.number, self.sessions, self.most, self.listings, self.logins = number, 0, 0, 0, 0

    def names(self, path):
        """What is in a directory, a batch of lines at a time."""
        if path == "/":
            yield "".join(f"type=dir;modify=20260101000000; d{n}\r\n" for n in range(DIRECTORIES))
        elif path.startswith("/large/"):
            for first in range(0, int(path[7:]), 1000):
                yield "".join(f"type=file;size={n};modify=20260101000000;UNIX.mode=0644; file-{n:07}.csv\r\n"
                              for n in range(first, first + 1000))
        else:
            phase = (self.number * 7919 + int(path[2:]) * 104729) % SECONDS
            more = int((time.time() - BEGAN + phase) // SECONDS)
            yield "".join(f"type=file;size={n + 1};modify=20260101000000;UNIX.mode=0644; file-{n:07}.csv\r\n"
                          for n in range(FILES + more))

    async def serve(self, reader, writer):
        self.sessions += 1
        self.most = max(self.most, self.sessions)
        data, directory = None, "/"
        say = lambda text: writer.write(text.encode() + b"\r\n")
        say("220 bench")
        try:
            while line := await reader.readline():
                verb, _, rest = line.decode().rstrip("\r\n").partition(" ")
                verb = verb.upper()
                path = (rest if rest.startswith("/") else directory.rstrip("/") + "/" + rest).rstrip("/") or "/"
                if verb == "USER":
                    say("331 go on")
                elif verb == "PASS":
                    self.logins += 1
                    say("230 in")
                elif verb == "FEAT":
                    say("211-\r\n MLST type*;size*;modify*;UNIX.mode*;\r\n UTF8\r\n EPSV\r\n SIZE\r\n MDTM\r\n211 end")
                elif verb == "PWD":
                    say(f'257 "{directory}"')
                elif verb == "CWD":
                    directory = path
                    say("250 ok")
                elif verb == "MLST":
                    say(f"250-\r\n type=dir;modify=20260101000000; {path}\r\n250 end")
                elif verb in ("EPSV", "PASV"):
                    data = await open_data()
                    port = data.port
                    say(f"229 (|||{port}|)" if verb == "EPSV" else f"227 (127,0,0,1,{port >> 8},{port & 255})")
                elif verb in ("MLSD", "LIST"):
                    say("150 here")
                    self.listings += 1
                    if rest.startswith("-"):
                        path = directory
                    await data.send(self.names(path))
                    say("226 done")
                elif verb == "QUIT":
                    say("221 bye")
                    break
                elif verb in ("TYPE", "OPTS", "NOOP", "CLNT", "MODE", "STRU"):
                    say("200 ok")
                elif verb == "SYST":
                    say("215 UNIX Type: L8")
                else:
                    say("502 not here")
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.sessions -= 1
            writer.close()


class Data:
    """A data connection: its port is ready before anybody connects."""

    async def open(self):
        self.connected = asyncio.get_running_loop().create_future()
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def accept(self, reader, writer):
        self.connected.set_result(writer)

    async def send(self, pieces):
        writer = await asyncio.wait_for(self.connected, 30)
        for piece in pieces:
            writer.write(piece.encode())
            await writer.drain()
        writer.close()
        self.server.close()


async def open_data():
    return await Data().open()


async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    servers = [Server(number) for number in range(COUNT)]
    for server in servers:
        await asyncio.start_server(server.serve, "127.0.0.1", PORT + server.number, backlog=64)
    print("listening", flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps({"listings": sum(s.listings for s in servers), "logins": sum(s.logins for s in servers),
                          "most": max(s.most for s in servers), "cpu": time.process_time()}), flush=True)


asyncio.run(main())
