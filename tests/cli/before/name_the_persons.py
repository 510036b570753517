import os
import sys
from pathlib import Path

from azure.ai.vision.face import FaceAdministrationClient, FaceClient
from azure.core.credentials import AzureKeyCredential

image, group = Path(sys.argv[1]), sys.argv[2]
url, key = os.environ["URL"], AzureKeyCredential(os.environ["KEY"])
with FaceClient(url, key) as faces, FaceAdministrationClient(url, key) as administration:
    found = faces.detect(
        image.read_bytes(),
        detection_model="detection_03",
        recognition_model="recognition_04",
        return_face_id=True,
    )
    identified = faces.identify_from_large_person_group(
        face_ids=[face.face_id for face in found if face.face_id], large_person_group_id=group
    )
    for face in identified:
        for candidate in face.candidates:
            person = administration.large_person_group.get_person(group, candidate.person_id)
            print(person.name, candidate.confidence)
