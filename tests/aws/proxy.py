"""A way to a server on which things go wrong: each request is seen, and may be answered or cut in its stead."""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

# The operations of S3, by method and by what the query has beside the key.
_S3 = {
    ("PUT", "partNumber"): "UploadPart",
    ("PUT", ""): "PutObject",
    ("POST", "uploads"): "CreateMultipartUpload",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("DELETE", ""): "DeleteObject",
    ("GET", "list-type"): "ListObjectsV2",
    ("GET", "location"): "GetBucketLocation",
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "uploadId"): "ListParts",
    ("GET", ""): "GetObject",
    ("HEAD", ""): "HeadObject",
}


@dataclass(frozen=True)
class Asked:
    """A request as it was seen: the operation, the path, and the headers."""

    operation: str
    path: str
    headers: dict[str, str]


@dataclass
class Fault:
    """What happens to a request: an answer in the server's stead, or a connection that is cut.

    `cut_after` closes the connection when so many bytes of the body were read, `cut_answer` when the server answered,
    and `cut_answer_after` when so many bytes of the answer's body were sent.
    `before` and `after` are called before and after the server is asked.
    """

    status: int = 0
    code: str = ""
    cut_after: int | None = None
    cut_answer: bool = False
    cut_answer_after: int | None = None
    before: object = lambda: None
    after: object = lambda: None


NO_FAULT = Fault()


@dataclass
class Proxy:
    """A proxy on 127.0.0.1 to one server; `rule` says of each request, and its number, what goes wrong, or None."""

    upstream: str
    rule: object = lambda _asked, _number: None
    seen: list[Asked] = field(default_factory=list)

    def __post_init__(self):
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        # `shutdown` waits until the server has polled once more, half a second if nothing else is said.
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def fault_of(self, asked):
        """What happens to a request, which is noted."""
        with self._lock:
            self.seen.append(asked)
            number = len(self.seen)
        return self.rule(asked, number) or NO_FAULT

    def forwarded(self, method, path, headers, body):
        place = urlsplit(self.upstream)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        passed = {name: value for name, value in headers.items() if name.lower() not in ("connection", "expect")}
        connection.request(method, path, body, passed)
        answer = connection.getresponse()
        content = answer.read()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OF_THE_CONNECTION]
        connection.close()
        if method != "HEAD":
            kept = [(name, value) for name, value in kept if name.lower() != "content-length"]
        return answer.status, kept, content

    def operations(self):
        """The operations that were asked, in their order."""
        return [asked.operation for asked in self.seen]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


_OF_THE_CONNECTION = ("connection", "transfer-encoding", "keep-alive", "date", "server")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def handle_one_request(self):
        with suppress(ConnectionError, TimeoutError):
            super().handle_one_request()

    def _serve(self):
        asked = Asked(_operation(self), self.path, dict(self.headers))
        fault = self.proxy.fault_of(asked)
        length = int(self.headers.get("Content-Length") or 0)
        if fault.cut_after is not None:
            self.rfile.read(min(length, fault.cut_after))
            self._cut()
            return
        body = self.rfile.read(length) if length else None
        fault.before()
        if fault.status:
            self._answer(fault.status, [], _error(asked, fault))
            return
        status, headers, answer = self.proxy.forwarded(self.command, self.path, self.headers, body)
        fault.after()
        if fault.cut_answer:
            self._cut()
        elif fault.cut_answer_after is not None:
            self._answer(status, [*headers, ("Content-Length", str(len(answer)))], answer[: fault.cut_answer_after])
            self._cut()
        else:
            self._answer(status, headers, answer)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815 - the names of http.server

    def _cut(self):
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        """Nothing: what was asked is in `seen`."""


def _operation(request):
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.partition(".")[2]
    query = dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))
    if "x-amz-copy-source" in request.headers:
        return "UploadPartCopy" if "partNumber" in query else "CopyObject"
    for (method, key), operation in _S3.items():
        if method == request.command and (key in query if key else not query or set(query) <= {"x-id", "versionId"}):
            return operation
    return f"{request.command} {request.path}"


def _error(asked, fault):
    if "X-Amz-Target" in asked.headers:
        return f'{{"__type": "{fault.code}", "message": "told to"}}'.encode()
    return f"<?xml version='1.0'?><Error><Code>{fault.code}</Code><Message>told to</Message></Error>".encode()
