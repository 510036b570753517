"""A server for Cosmos DB's wire protocol, as far as azure-cosmos and this project use it.

A test double: it stores documents in memory and does not limit throughput. What it implements is
faithful (partitions, ETags, times to live, atomic batches, the change feed, consistency levels); it
rejects everything else. Its request charges are made up.
"""
