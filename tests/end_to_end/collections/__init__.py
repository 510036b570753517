"""Lists, the directory and uploads, from enrolment to erasure."""
