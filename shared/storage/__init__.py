"""Documents, blobs and queues: one narrow Protocol each, and what implements it."""
