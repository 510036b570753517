"""Commands for collections, persons, faces, enrolment and training."""
