"""JSON bodies: what requests may hold and what answers look like, one module a resource.

Members that are absent are left out of the JSON, never null. Types are checked by msgspec while it
decodes; lengths and ranges are checked by the functions ``checked_…``, for their documented texts.
"""
