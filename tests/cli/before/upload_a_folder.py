import os
import sys
import time
from pathlib import Path

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

folder, results, group = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
results.mkdir(exist_ok=True)
with BlobServiceClient.from_connection_string(os.environ["STORAGE"]) as account:
    files = sorted(folder.glob("*.jpg"))
    for file in files:
        account.get_blob_client("uploads", file.name).upload_blob(
            file.read_bytes(), overwrite=True, metadata={"largepersongroupid": group}
        )
    for file in files:
        result = account.get_blob_client("results", f"{file.name}.json")
        for _ in range(600):
            try:
                (results / f"{file.name}.json").write_bytes(result.download_blob().readall())
                break
            except ResourceNotFoundError:
                time.sleep(1)
print(len(list(results.iterdir())))
