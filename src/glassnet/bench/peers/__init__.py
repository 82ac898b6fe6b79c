"""glassnet and its peers, each on the same workloads: one file a library."""
