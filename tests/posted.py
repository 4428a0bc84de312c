"""A real mail server of a test: Postfix on a loopback port, in a temporary folder."""

from __future__ import annotations

import contextlib
import email
import mailbox
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

DOMAIN = "sante.example"
_MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
mail_owner = postfix
setgid_group = postdrop
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {root}/mail.log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = mail.{domain}
mydestination =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {root}/boxes
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_recipient_restrictions = check_recipient_access regexp:{root}/nobody, permit_mynetworks, reject
smtpd_reject_unlisted_recipient = yes
smtpd_tls_security_level = may
smtpd_tls_cert_file = {root}/cert.pem
smtpd_tls_key_file = {root}/key.pem
alias_maps =
local_recipient_maps =
proxy_read_maps =
"""
_MASTER = """
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
error unix - - n - - error
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_NOBODY = "/^(inconnu|absent)@/ 550 5.1.1 nobody here\n"


@dataclass(frozen=True, slots=True)
class PostOffice:
    """A running Postfix; whoever is called `inconnu` or `absent` has no box there."""

    port: int
    root: Path

    @property
    def url(self) -> str:
        """Its address as `CORDEE_SMTP_URL` says it."""
        return f"smtp://127.0.0.1:{self.port}"

    def letters(self, box: str, number: int, *, seconds: float = 20) -> list[Message]:
        """What came to a box, once that many letters are there."""
        end = time.monotonic() + seconds
        while True:
            found = self.now(box)
            if len(found) >= number:
                return found
            assert time.monotonic() < end, (self.root / "mail.log").read_text()[-3000:]
            time.sleep(0.05)

    def now(self, box: str) -> list[Message]:
        """What is in a box."""
        folder = self.root / "boxes" / "all"
        if not ((folder / "cur").is_dir() and (folder / "new").is_dir()):
            return []
        held = mailbox.Maildir(folder, create=False)
        found = [email.message_from_bytes(held.get_bytes(key)) for key in sorted(held.keys())]
        return [one for one in found if one["delivered-to"] == f"{box}@{DOMAIN}"]


@contextlib.contextmanager
def post_office() -> Iterator[PostOffice]:
    """Postfix with a queue of its own; ended and removed at the end. Skips where there is none."""
    if shutil.which("postfix") is None or os.getuid() != 0:
        if os.environ.get("CI") == "true":
            pytest.fail("postfix is missing: apt-get install postfix, and run as root")
        pytest.skip("there is no postfix that this user may start")
    owner = pwd.getpwnam("postfix")
    with tempfile.TemporaryDirectory(prefix="cordee-post-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        office = PostOffice(_free_port(), root)
        _write(office, owner.pw_uid, owner.pw_gid)
        subprocess.run(
            ["postfix", "-c", str(root / "etc"), "start"], check=True, capture_output=True
        )
        try:
            _wait(office.port)
            yield office
        finally:
            subprocess.run(
                ["postfix", "-c", str(root / "etc"), "abort"], capture_output=True, check=False
            )


def _write(office: PostOffice, uid: int, gid: int) -> None:
    root = office.root
    for name, mine in (("etc", False), ("queue", False), ("data", True), ("boxes", True)):
        (root / name).mkdir()
        if mine:
            os.chown(root / name, uid, gid)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(root / "key.pem"), "-out", str(root / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    values = {"root": root, "domain": DOMAIN, "uid": uid, "gid": gid, "port": office.port}
    (root / "nobody").write_text(_NOBODY)
    (root / "etc" / "main.cf").write_text(_MAIN.format(**values))
    (root / "etc" / "master.cf").write_text(_MASTER.format(**values))


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _wait(port: int) -> None:
    end = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as one:
            if one.recv(3) == b"220":
                return
        assert time.monotonic() < end, "postfix does not answer"
        time.sleep(0.05)
