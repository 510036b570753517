import os
import sys
import time
from pathlib import Path

from azure.ai.vision.face import FaceAdministrationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError

folder, group = Path(sys.argv[1]), sys.argv[2]
key = AzureKeyCredential(os.environ["KEY"])
with FaceAdministrationClient(os.environ["URL"], key) as client:
    groups = client.large_person_group
    groups.create(group, name=group, recognition_model="recognition_04")
    for directory in sorted(folder.iterdir()):
        person = groups.create_person(group, name=directory.name)
        for file in sorted(directory.iterdir()):
            try:
                groups.add_face(
                    group, person.person_id, file.read_bytes(), detection_model="detection_03"
                )
            except HttpResponseError as error:
                print(file, error.message, file=sys.stderr)
    groups.begin_train(group).wait()
    while groups.get_training_status(group).status not in ("succeeded", "failed"):
        time.sleep(1)
    print(groups.get_training_status(group).status)
