"""A web server in a thread that serves files under the publishers' own paths, with faults."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HTML = "<!DOCTYPE html>\n<html><head><title>エラー</title></head></html>".encode()


@dataclass
class Resource:
    """Content with its ETag, and the faults its next answers have, one each."""

    content: bytes
    etag: str | None = ""
    last_modified: str = ""
    ranges: bool = True
    faults: list[Callable[[Handler, Resource], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.etag == "":
            self.etag = f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


@dataclass
class Asked:
    path: str
    headers: dict[str, str]


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.resources: dict[str, Resource] = {}
        self.asked: list[Asked] = []
        self.most_at_once: dict[str, int] = {}
        self.lock = threading.Lock()
        self.now: dict[str, int] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def put(self, url: str, content: bytes, *faults, **options) -> Resource:
        """Serve ``content`` for a publisher's URL."""
        resource = Resource(content, faults=list(faults), **options)
        self.resources[url.removeprefix("https://")] = resource
        return resource

    def paths(self) -> list[str]:
        return [a.path for a in self.asked]

    def handle_error(self, request, client_address) -> None:
        """Say nothing: clients that hang up are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path = self.path.removeprefix("http://").lstrip("/")
        host = path.partition("/")[0]
        with self.server.lock:
            headers = {k.lower(): v for k, v in self.headers.items()}
            self.server.asked.append(Asked(path, headers))
            self.server.now[host] = self.server.now.get(host, 0) + 1
            most = max(self.server.most_at_once.get(host, 0), self.server.now[host])
            self.server.most_at_once[host] = most
        try:
            self.answer(self.server.resources.get(path))
        finally:
            with self.server.lock:
                self.server.now[host] -= 1

    def answer(self, resource: Resource | None) -> None:
        if resource is None:
            self.say(404, HTML, {"Content-Type": "text/html"})
        elif resource.faults:
            resource.faults.pop(0)(self, resource)
        else:
            self.whole(resource)

    def whole(self, resource: Resource, send: Callable[[bytes], None] | None = None) -> None:
        """Answer as a good server does: ranges, conditions."""
        headers = {"ETag": resource.etag, "Last-Modified": resource.last_modified}
        if resource.etag and self.headers.get("If-None-Match") == resource.etag:
            self.say(304, b"", headers, length=None)
            return
        same_date = self.headers.get("If-Modified-Since") == resource.last_modified
        if resource.last_modified and same_date:
            self.say(304, b"", headers, length=None)
            return
        body, status = resource.content, 200
        asked, condition = self.headers.get("Range"), self.headers.get("If-Range")
        holds = condition in (None, resource.etag, resource.last_modified)
        if asked and resource.ranges and holds:
            start, size = int(asked.removeprefix("bytes=").rstrip("-")), len(body)
            if start >= size:
                self.say(416, b"", {"Content-Range": f"bytes */{size}"})
                return
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
            body, status = body[start:], 206
        self.say(status, body, headers, send=send)

    def say(self, status, body, headers, *, length=..., send=None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        length = len(body) if length is ... else length
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        (send or self.wfile.write)(body)

    def log_message(self, format, *args) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def dropped(after: int):
    """Promise everything, send so many bytes, hang up."""

    def fault(handler: Handler, resource: Resource) -> None:
        handler.whole(resource, send=lambda body: handler.wfile.write(body[:after]))

    return fault


def status(code: int, **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _: handler.say(code, HTML, named)


def redirect(location: str, code: int = 302):
    return lambda handler, _: handler.say(code, b"", {"Location": location})


def content(body: bytes, **headers: str):
    """Send something else, with status 200."""
    return lambda handler, _: handler.say(200, body, headers)


def promising(length: int | None):
    """Send the whole content under a wrong Content-Length, or under none."""

    def fault(handler: Handler, resource: Resource) -> None:
        handler.say(200, resource.content, {"ETag": resource.etag}, length=length)

    return fault


def slow(seconds: float):
    """Wait before the body."""

    def fault(handler: Handler, resource: Resource) -> None:
        def send(body: bytes) -> None:
            handler.wfile.flush()
            time.sleep(seconds)
            handler.wfile.write(body)

        handler.whole(resource, send=send)

    return fault


@contextmanager
def serving() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
