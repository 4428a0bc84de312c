"""A real broker of a test: RabbitMQ on loopback ports, in a temporary folder, never as a service."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from certified import certify
from islands import THERE
from presence import need

OWNER = "owner"
_SERVERS = "/usr/lib/rabbitmq/lib"
_CONFIG = """
listeners.tcp.1 = 127.0.0.1:{port}
listeners.ssl.1 = 127.0.0.1:{tls}
{also}
ssl_options.cacertfile = {root}/ca.pem
ssl_options.certfile = {root}/broker.pem
ssl_options.keyfile = {root}/broker.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = true
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = EXTERNAL
ssl_cert_login_from = common_name
load_definitions = {root}/definitions.json
log.file.level = warning
"""


@dataclass(frozen=True, slots=True)
class Rabbit:
    """A running broker. `owner` is its address for the emulator, `url` for who has a certificate."""

    root: Path
    port: int
    tls: int

    @property
    def owner(self) -> str:
        """Its address with the owner's password, in the clear on loopback."""
        return f"amqp://{OWNER}:{OWNER}@127.0.0.1:{self.port}/"

    @property
    def url(self) -> str:
        """Its address under TLS; the client's certificate says who it is."""
        return f"amqps://127.0.0.1:{self.tls}/?auth=EXTERNAL"

    @property
    def authority(self) -> Path:
        """The certificate of who vouches for the broker."""
        return self.root / "ca.pem"

    def certificate(self, name: str) -> tuple[Path, Path]:
        """Certificate and key of a client of the Hub."""
        return self.root / f"{name}.pem", self.root / f"{name}.key"


@contextlib.contextmanager
def rabbit(*clients: str, also: str = "") -> Iterator[Rabbit]:
    """RabbitMQ that knows these clients by their certificates; ended and removed at the end.

    `also` is one more address of this machine on which it listens.
    """
    servers = sorted(Path(_SERVERS).glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    server = need(servers[-1] if servers else None, "rabbitmq-server")
    with tempfile.TemporaryDirectory(prefix="cordee-rabbit-", ignore_cleanup_errors=True) as folder:
        port, tls, distribution, epmd = _free_ports(4)
        running = Rabbit(Path(folder), port, tls)
        _write(running, clients, f"listeners.ssl.2 = {also}:{tls}" if also else "")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"cordee{port}@localhost",
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbit.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/none",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        # Else Erlang leaves a port mapper behind.
        mapper = _begin(environment, "epmd", "-port", str(epmd), "-address", "127.0.0.1")
        process = _begin(environment, str(server))
        try:
            _wait(running, process)
            yield running
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
            mapper.kill()
            mapper.wait(10)


def _begin(environment: dict[str, str], *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def _write(running: Rabbit, clients: tuple[str, ...], also: str) -> None:
    root = running.root
    told_to = _CONFIG.format(root=root, port=running.port, tls=running.tls, also=also)
    (root / "rabbit.conf").write_text(told_to)
    (root / "plugins").write_text("[rabbitmq_auth_mechanism_ssl].\n")
    users = [{"name": OWNER, "password": OWNER, "tags": "administrator"}]
    users += [{"name": one, "password_hash": "", "tags": ""} for one in clients]
    rights = [
        {"user": OWNER, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
        *(
            {
                "user": one, "vhost": "/", "configure": "^$",
                "write": "^hubsante$", "read": rf"^{one}\.(message|ack|info)$",
            }
            for one in clients
        ),
    ]  # fmt: skip
    told = {"users": users, "vhosts": [{"name": "/"}], "permissions": rights}
    (root / "definitions.json").write_text(json.dumps(told))
    certify(root, "broker", "stranger", *clients, addresses=("127.0.0.1", THERE))


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        found = []
        for _ in range(number):
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            found.append(one.getsockname()[1])
        return found


def _wait(running: Rabbit, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        assert process.poll() is None, _log_of(running)
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", running.tls), 1),
        ):
            return
        assert time.monotonic() < end, f"rabbitmq does not answer: {_log_of(running)}"
        time.sleep(0.1)


def _log_of(running: Rabbit) -> str:
    return "\n".join(one.read_text()[-3000:] for one in running.root.glob("log/*"))
