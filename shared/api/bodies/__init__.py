"""JSON bodies of requests and responses, one module for each resource.

Absent members are left out of the JSON and are never null. msgspec checks types while decoding; the
functions ``checked_…`` check lengths and ranges, because Azure documents the texts of those errors.
"""
