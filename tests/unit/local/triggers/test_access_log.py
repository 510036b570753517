"""What Azurite's access log says; the lines are Azurite 3.35.0's own."""

from __future__ import annotations

import pytest

from local.triggers.access_log import BlobWritten, MessageSent, read_line


def line(request: str, status: int) -> str:
    return f'127.0.0.1 - - [22/Nov/2026:21:54:49 +0000] "{request} HTTP/1.1" {status} -\n'


@pytest.mark.parametrize(
    ("request_line", "status", "blob"),
    [
        ("PUT /devstoreaccount1/uploads/dir%20one/%C3%BC%2520x.jpg", 201, "dir one/ü%20x.jpg"),
        ("PUT /devstoreaccount1/uploads/big.bin?comp=blocklist", 201, "big.bin"),
        ("PUT /devstoreaccount1/uploads/copy.bin", 202, "copy.bin"),
        ("PUT /devstoreaccount1/uploads/append.bin?comp=appendblock", 201, "append.bin"),
        ("PUT /devstoreaccount1/uploads/x.jpg?sv=2025-01-05&sig=abc", 201, "x.jpg"),
        ("PUT /uploads/dir%20one/x.jpg", 201, "dir one/x.jpg"),
        ("PUT /uploads/big.bin?comp=blocklist", 201, "big.bin"),
    ],
)
def test_a_written_blob_is_reported(request_line: str, status: int, blob: str) -> None:
    assert read_line(line(request_line, status)) == BlobWritten("uploads", blob)


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("PUT /devstoreaccount1/uploads?restype=container", 201),
        ("PUT /devstoreaccount1/uploads/x?comp=metadata", 200),
        ("PUT /devstoreaccount1/uploads/x?comp=tags", 204),
        ("PUT /devstoreaccount1/uploads/x?comp=block&blockid=QUFBQQ%3D%3D", 201),
        ("PUT /devstoreaccount1/uploads/x?comp=properties", 200),
        ("PUT /devstoreaccount1/uploads/x?comp=lease", 201),
        ("PUT /devstoreaccount1/uploads/x?comp=snapshot", 201),
        ("PUT /devstoreaccount1/uploads/x", 409),
        ("GET /devstoreaccount1/uploads/x", 200),
        ("DELETE /devstoreaccount1/uploads/x", 202),
    ],
)
def test_other_requests_report_nothing(request_line: str, status: int) -> None:
    assert read_line(line(request_line, status)) is None


def test_a_sent_message_is_reported() -> None:
    sent = line("POST /devstoreaccount1/training/messages", 201)
    assert read_line(sent) == MessageSent("training")


def test_other_output_reports_nothing() -> None:
    assert read_line("Azurite Blob service is starting at http://127.0.0.1:11000\n") is None
