"""Time from the upload of an image to its result, in an empty and in a full account."""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from pathlib import Path

from azure.storage.blob import BlobServiceClient
from PIL import Image

from local.emulator.azurite import Azurite
from tools.measure.speed.images import sample_images
from tools.measure.speed.requests import running_service
from tools.measure.speed.result import Result

_BYTES = 500_000
_PATIENCE = 60.0


def measure(*, blobs: int, rounds: int) -> list[Result]:
    """Upload images of about 500 KB, one at a time, and wait for each result.

    Args:
        blobs: number of blobs in the container before.
        rounds: number of images.
    """
    image = _image()
    with tempfile.TemporaryDirectory(prefix="lineament-bench-") as folder:
        data = Path(folder)
        _fill(data, blobs)
        with running_service(data) as service:
            client = BlobServiceClient.from_connection_string(service.storage)
            with client:
                timings = [_upload(client, f"{n}.jpg", image) for n in range(rounds + 1)][1:]
    how = f"{len(image)} bytes, {blobs} blobs there, {rounds} uploads one after another"
    name = f"upload_to_result_{blobs}_blobs"
    return [
        Result(f"{name}_p50_ms", statistics.median(timings) * 1000, "ms", how),
        Result(f"{name}_max_ms", max(timings) * 1000, "ms", how),
    ]


def _image() -> bytes:
    """A sample image, enlarged until its file has about 500 KB."""
    _, images = sample_images()
    image = Image.open(io.BytesIO(images[0])).convert("RGB")
    side = 800
    while True:
        canvas = io.BytesIO()
        image.resize((side, side * image.height // image.width)).save(canvas, "JPEG", quality=97)
        if canvas.tell() >= _BYTES:
            return canvas.getvalue()
        side += 100


def _fill(data: Path, blobs: int) -> None:
    """Put small blobs into the container while no service runs."""
    azurite = Azurite(data / "azurite", usual_ports=False)
    try:
        with BlobServiceClient.from_connection_string(azurite.wait()) as client:
            container = client.create_container("uploads")
            for number in range(blobs):
                container.upload_blob(f"old/{number:06d}.jpg", b"old")
    finally:
        azurite.stop()


def _upload(client: BlobServiceClient, name: str, image: bytes) -> float:
    """Seconds from the start of the upload until the result can be read."""
    result = client.get_blob_client("results", f"{name}.json")
    started = time.perf_counter()
    client.get_blob_client("uploads", name).upload_blob(image)
    while not result.exists():
        if time.perf_counter() - started > _PATIENCE:
            raise RuntimeError("The upload got no result.")
        time.sleep(0.005)
    return time.perf_counter() - started
