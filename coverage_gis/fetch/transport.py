"""Asking a server over HTTP, with the standard library alone.

One request at a time per connection, proxies from the environment (``https_proxy``, ``no_proxy``,
the system's settings on Windows and macOS), certificates from the system's store, redirects
followed only where the guard allows.
"""

from __future__ import annotations

import base64
import http.client
import ssl
import urllib.request
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

import coverage_gis
from coverage_gis.errors import DownloadError
from coverage_gis.fetch.retry import PassingError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from coverage_gis.fetch.guard import Guard

USER_AGENT = f"coverage-gis/{coverage_gis.__version__} (fetches open data for coverage tables)"
MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_NOTHING_TO_SAY = 304


@dataclass(frozen=True)
class Request:
    """What is asked.

    Attributes
    ----------
    url
        The publisher's URL.
    headers
        Beyond those every request has.
    name
        The name the answer is kept under, by which a folder of files may hold it too.
    """

    url: str
    headers: Mapping[str, str]
    name: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back: the status, headers by lower-case name, and the body piece by piece."""

    status: int
    headers: Mapping[str, str]
    read: Callable[[int], bytes]


class Transport(Protocol):
    """Something that answers requests: servers, a mirror, a folder."""

    def open(self, request: Request) -> AbstractContextManager[Answer]:
        """Give the answer to a request.

        Raises
        ------
        PassingError
            If asking again may help.
        DownloadError
            If it will not.
        """


class Http:
    """Servers on the internet.

    Parameters
    ----------
    guard
        Which of them.
    timeout_s
        Seconds without a byte after which a connection is given up.
    """

    def __init__(self, guard: Guard, *, timeout_s: float) -> None:
        self._guard = guard
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context()

    @contextmanager
    def open(self, request: Request) -> Iterator[Answer]:
        """Give the answer, redirects followed; see :class:`Transport`."""
        url, came_from = request.url, ""
        for _ in range(MAX_REDIRECTS + 1):
            self._guard.check_url(url, came_from=came_from)
            with ExitStack() as stack:
                connection = stack.enter_context(closing(self._connect(url)))
                with _explained(url):
                    response = stack.enter_context(self._ask(connection, url, request.headers))
                headers = {k.lower(): v for k, v in response.getheaders()}
                if response.status not in _REDIRECTS:
                    yield Answer(response.status, headers, _reader(response, url))
                    return
                came_from, url = url, _next_url(url, headers)
        raise DownloadError(f"{request.url} was redirected more than {MAX_REDIRECTS} times.")

    def _connect(self, url: str) -> http.client.HTTPConnection:
        """Return a connection to a URL's host, or through a proxy, whose address was checked."""
        parts = urlsplit(url)
        proxy = _proxy_for(parts)
        host, port = (proxy.hostname, proxy.port or 8080) if proxy else (parts.hostname, parts.port)
        with _explained(url):
            connection = (
                http.client.HTTPSConnection(
                    host or "", port, timeout=self._timeout_s, context=self._tls
                )
                if parts.scheme == "https"
                else http.client.HTTPConnection(host or "", port, timeout=self._timeout_s)
            )
            if proxy and parts.scheme == "https":
                connection.set_tunnel(parts.hostname or "", parts.port, _proxy_headers(proxy))
            try:
                connection.connect()
            except BaseException:
                connection.close()
                raise
        if not proxy:
            try:
                self._guard.check_address(url, connection.sock.getpeername()[0])
            except BaseException:
                connection.close()
                raise
        return connection

    def _ask(
        self, connection: http.client.HTTPConnection, url: str, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        parts = urlsplit(url)
        target = quote(parts.path or "/", safe="/%:=&?~#+!$,;'@()*[]")
        if parts.query:
            target += "?" + quote(parts.query, safe="/%:=&?~+!$,;'@()*[]")
        sent = {
            "User-Agent": USER_AGENT,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        proxy = _proxy_for(parts)
        if proxy and parts.scheme == "http":
            target = f"http://{parts.netloc}{target}"
            sent |= _proxy_headers(proxy)
        connection.request("GET", target, headers=sent)
        return connection.getresponse()


def _reader(response: http.client.HTTPResponse, url: str) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        with _explained(url):
            return response.read1(size)

    return read


def _next_url(url: str, headers: Mapping[str, str]) -> str:
    location = headers.get("location", "").strip()
    if not location:
        raise DownloadError(f"{url} redirects to nowhere.")
    # Header bytes are Latin-1 to http.client; servers that send UTF-8 mean UTF-8.
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    return urljoin(url, location)


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turn what sockets, TLS and http raise into a sentence that names the URL."""
    try:
        yield
    except DownloadError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise DownloadError(
            f"{url}: the certificate of its server is not trusted ({error.verify_message}); if "
            "your office's proxy re-signs connections, name its certificates in SSL_CERT_FILE."
        ) from error
    except TimeoutError as error:
        raise PassingError(f"{url} did not answer in time.") from error
    except http.client.HTTPException as error:
        raise PassingError(f"{url}: the connection broke off ({type(error).__name__}).") from error
    except UnicodeError as error:
        raise DownloadError(f"{url[:200]} is not an address that can be asked.") from error
    except (ConnectionResetError, BrokenPipeError, ConnectionAbortedError, ssl.SSLError) as error:
        raise PassingError(f"{url}: the connection broke off ({_why(error)}).") from error
    except OSError as error:
        raise Unreachable(f"{url}: no connection ({_why(error)}).") from error
    except ValueError as error:
        raise DownloadError(f"{url[:200]} cannot be asked ({error}).") from error


def _why(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _proxy_for(parts: SplitResult) -> SplitResult | None:
    """Return the proxy that the environment or the system names for a URL."""
    host = parts.hostname or ""
    proxies = urllib.request.getproxies()
    text = proxies.get(parts.scheme) or proxies.get("all")
    where = f"{host}:{parts.port}" if parts.port else host
    if not text or urllib.request.proxy_bypass(where):
        return None
    proxy = urlsplit(text if "://" in text else f"http://{text}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise DownloadError(
            f"The proxy {proxy.scheme}://{proxy.hostname} cannot be used: name one of the form "
            "http://host:port in https_proxy."
        )
    return proxy


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair).decode("ascii")}
