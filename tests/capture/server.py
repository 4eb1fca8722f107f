"""A real PostgreSQL of the test's own: private data, loopback only, gone afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "s3cr3t-of-the-test"  # noqa: S105
ROLE = "capturer"


@dataclass(frozen=True)
class Server:
    """A running server; `admin` owns everything, `dsn` is the role that captures."""

    folder: Path
    port: int

    @property
    def admin(self) -> str:
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    @property
    def dsn(self) -> str:
        return f"postgresql://{ROLE}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def restart(self, wal_level: str) -> None:
        """With another wal_level; waits until it answers."""
        self.stop()
        self.start(wal_level)

    def start(self, wal_level: str) -> None:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "wal_level": wal_level,
            "fsync": "off",
            "deadlock_timeout": "100ms",
        }
        told = " ".join(f"-c {name}={value}" for name, value in options.items())
        _run(
            "pg_ctl",
            "-D",
            self.folder / "data",
            "-l",
            self.folder / "log",
            "-o",
            told,
            "-w",
            "start",
        )

    def stop(self) -> None:
        _run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")


@contextmanager
def running_server() -> Iterator[Server]:
    """Logical decoding is on; the capturing role may replicate and nothing else."""
    import psycopg

    # Not pytest's folder: that one is closed to the user that PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="iot-capture-test-"))
    try:
        (folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            for path in (folder, folder / "password"):
                os.chown(path, user.pw_uid, user.pw_gid)
        data, password = folder / "data", folder / "password"
        _run(
            "initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256",
            "--pwfile", password, "-E", "UTF8", "--locale", "C", "--no-sync",
        )  # fmt: skip
        server = Server(folder, _free_port())
        server.start("logical")
        try:
            with psycopg.connect(server.admin, autocommit=True) as connection:
                connection.execute(f"create role {ROLE} login replication password '{PASSWORD}'")
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _run(program: str, *arguments: object) -> None:
    # PostgreSQL refuses to run as root.
    sudo = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    command = [*sudo, _program(program), *map(str, arguments)]
    # Not captured by a pipe: the server inherits it and would keep it open.
    with tempfile.TemporaryFile() as output:
        outcome = subprocess.run(
            command, cwd="/", stdout=output, stderr=subprocess.STDOUT, check=False
        )
        output.seek(0)
        assert outcome.returncode == 0, f"{command}\n{output.read().decode()}"


def _program(name: str) -> str:
    # Debian keeps the server's programs off the PATH.
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    program = str(found[-1]) if found else shutil.which(name)
    assert program, f"no {name}: install PostgreSQL, as .ci/capture does"
    return program


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
