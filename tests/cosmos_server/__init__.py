"""A server that speaks Cosmos DB's wire protocol, as far as azure-cosmos and this project use it.

A test double: it keeps documents in memory and has no throughput of its own. What it knows is
honest (partitions, ETags, times to live, atomic batches, the change feed, consistency levels); what
it does not know it refuses. Request charges in its answers are made up.
"""
