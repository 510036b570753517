"""Files that the operator names: a path, or a blob of the service's storage account."""

from __future__ import annotations

from pathlib import Path

from shared.composition.platform.storage import StoragePart
from shared.domain.errors import ConfigurationError


def read_operator_file(
    setting: str, file: str, storage: StoragePart, error: type[ConfigurationError]
) -> bytes:
    """The content of a file that a setting names.

    Args:
        setting: its name, for the message.
        file: a path, or ``blob:container/name``.
        error: the type to raise if the file cannot be read.

    Raises:
        ConfigurationError: the file cannot be read, or there is no such blob.
        Unavailable: the storage account does not answer.
    """
    if not file.startswith("blob:"):
        try:
            return Path(file).read_bytes()
        except OSError as fault:
            raise error(f"{setting} {file}: {fault.strerror}.") from fault
    container, _, name = file.removeprefix("blob:").partition("/")
    content = storage.blobs.read(container, name)
    if content is None:
        raise error(f"{setting}: there is no blob {name} in {container}.")
    return content
