"""An agent behind an address: each message is the body of a POST, each answer that of the response."""

from __future__ import annotations

import contextlib
import http.client
import re
import secrets
import socket
import threading
import time
from urllib.parse import urlsplit

from textenvs.errors import shown
from textenvs.evaluation import AgentFailure
from textenvs_benchmarks.external.protocol import MAX_ANSWER

SCHEMES = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
BLOCK = 1 << 13
WORD = re.compile(r"[!-~]+")
"""What can be sent as part of a request."""


class Endpoint:
    """An address, with a session of its own: a server may be asked by several workers at once.

    Args:
        url: The address, such as "http://127.0.0.1:8000/agent".

    Raises:
        ValueError: If it is none.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            connect, port, host = SCHEMES[parts.scheme], parts.port, parts.hostname or ""
            if not WORD.fullmatch(url) or not host.encode("idna"):
                raise ValueError("no host")
        except (KeyError, ValueError):
            raise ValueError(
                f"an address starts with http:// or https://, has a host and is plain ASCII, got {shown(url)}"
            ) from None
        self._connection = connect(host, port)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._session = secrets.token_hex(8)
        self.tail = b""

    def ask(self, line: bytes, seconds: float) -> bytes:
        """Sends a message; gives the answer.

        Raises:
            AgentFailure: If there is none in time, or the server answers with another status than 200.
        """
        end = time.monotonic() + seconds
        connection = self._connection
        watch = threading.Timer(seconds, self._cut)
        watch.start()
        try:
            connection.timeout = seconds
            if connection.sock is None:
                connection.connect()
            connection.sock.settimeout(seconds)
            connection.request(
                "POST",
                self._path,
                line,
                {"Content-Type": "application/json", "X-TextEnvs-Session": self._session},
            )
            response = connection.getresponse()
            answer = b""
            while block := response.read1(BLOCK):
                answer += block
                if len(answer) > MAX_ANSWER:
                    raise AgentFailure("flood", f"an answer of more than {MAX_ANSWER} bytes")
            if response.length:
                raise http.client.IncompleteRead(answer, response.length)
            response.close()
            if time.monotonic() >= end:
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.stop()
            if time.monotonic() >= end:
                raise AgentFailure("timeout", f"no answer in {seconds:g} s") from None
            raise AgentFailure("crash", f"the server cannot be reached ({type(error).__name__})") from None
        finally:
            watch.cancel()
        if response.status != http.client.OK:
            self.tail = answer[-4096:]
            raise AgentFailure("crash", f"HTTP status {response.status}")
        return answer.strip()

    def _cut(self) -> None:
        """Ends what goes on, however little is sent at a time."""
        sock = self._connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def stop(self, grace: float = 0.0) -> int:
        """Closes the connection; nothing is left behind here."""
        self._connection.close()
        return 0
