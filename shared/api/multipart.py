"""Reads bodies of type multipart/form-data with Werkzeug, in memory and within limits.

Werkzeug is a dependency already (azure-functions needs it); it streams and counts. The standard
library's email parser reads a whole message before anything can be rejected, and it changes line
ends inside binary parts.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.api.http import Request
from shared.api.media_types import MULTIPART, MediaType
from shared.domain.errors import BadArgument, InvalidImageSize
from shared.domain.limits import MAXIMUM_BODY_BYTES

_MAXIMUM_PARTS = 32
_MAXIMUM_FIELD_LENGTH = 64 * 1024
"""Characters of one text field."""
_TOO_LONG = "Request body is invalid. Its fields are too many or too long."


@dataclass(frozen=True, slots=True)
class FormParts:
    """A form that was read.

    Attributes:
        fields: the first value of each text field.
        files: the bytes of each part with a file name, by the part's name in lower case.
    """

    fields: Mapping[str, str]
    files: Mapping[str, bytes] = field(repr=False)


def is_multipart(request: Request) -> bool:
    """Whether the Content-Type is that of a form."""
    return MediaType.of(request).name == MULTIPART


def read_form(request: Request) -> FormParts:
    """Read a multipart body.

    Raises:
        InvalidImageSize: it has more than 20 MB.
        BadArgument: it is not a form, or its fields are too many or too long.
    """
    if not is_multipart(request):
        raise BadArgument(f"Request body is invalid. Send it as {MULTIPART}.")
    if len(request.body) > MAXIMUM_BODY_BYTES:
        raise InvalidImageSize("Image size is too big.")
    # Imported here, because it takes 70 ms and few instances receive a form.
    from werkzeug.exceptions import RequestEntityTooLarge
    from werkzeug.formparser import FormDataParser
    from werkzeug.http import parse_options_header

    parser = FormDataParser(
        # Werkzeug's default writes large files to disk; an image must stay in memory.
        stream_factory=lambda *_args, **_named: io.BytesIO(),
        # Limits the parser's buffer too, which may hold a file; hence the limit of the whole body.
        max_form_memory_size=MAXIMUM_BODY_BYTES,
        max_form_parts=_MAXIMUM_PARTS,
        silent=False,
    )
    kind, options = parse_options_header(request.headers["content-type"])
    try:
        _, fields, files = parser.parse(
            io.BytesIO(request.body), kind.lower(), len(request.body), options
        )
    except RequestEntityTooLarge:
        raise BadArgument(_TOO_LONG) from None
    except ValueError:
        raise BadArgument(f"Request body is invalid. It is no {MULTIPART}.") from None
    if any(len(text) > _MAXIMUM_FIELD_LENGTH for _, text in fields.items(multi=True)):
        raise BadArgument(_TOO_LONG)
    # The name of a part without one is None.
    return FormParts(
        {name: text for name, text in fields.to_dict().items() if name},
        {name.lower(): file.stream.read() for name, file in files.items() if name},
    )
