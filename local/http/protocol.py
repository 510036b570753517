"""uvicorn's httptools protocol, as close to the Functions host as the parser lets it.

httptools and not h11: h11 would also accept methods in lower case and line ends without a carriage
return, and takes more than twice the time for a request; `python -m tools.measure.speed parsers`
prints it. The rows of the recording that differ for this reason are listed in
tests/contract/test_recorded_host.py.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class HostProtocol(HttpToolsProtocol):
    """Passes a request's target on as it was sent; answers malformed requests without a body."""

    def on_headers_complete(self) -> None:
        """Restore what uvicorn drops from a target: `#` and what follows, and the authority."""
        super().on_headers_complete()
        # The task that serves the request has not run yet.
        path, _, query = self.url.partition(b"?")
        self.scope["raw_path"] = path
        self.scope["query_string"] = query

    def send_400_response(self, msg: str) -> None:
        """Answer a malformed request and close the connection."""
        self.transport.write(_BAD_REQUEST)
        self.transport.close()
