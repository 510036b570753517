"""The page at ``/``: what this service is, with links to its description."""

from __future__ import annotations

from shared.api.reference.style import html_page
from shared.version import VERSION


def home_page(*, has_console: bool) -> str:
    """The page, as HTML; with a link to the console where there is one."""
    console = '<li><a href="/console">The console</a>: a page to try it on, with the key</li>'
    body = (
        "<main><h1>Lineament</h1>"
        "<p>An open face recognition service that speaks the REST API of Azure AI Face: existing"
        " clients and Microsoft's SDKs work with this address as their endpoint and with this"
        " deployment's key.</p>"
        f"<ul>{console if has_console else ''}"
        '<li><a href="/docs">The reference</a>: every operation, with an example</li>'
        '<li><a href="/openapi.json">openapi.json</a>, the same for programs</li>'
        '<li><a href="/health">health</a>, whether the service answers</li>'
        "</ul>"
        f"<p>Version {VERSION}. No image is stored, and what is deleted is gone.</p></main>"
    )
    return html_page("Lineament", body)
