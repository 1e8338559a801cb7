"""The benchmarks: the cost of each hot path, against the bare libraries it is built on."""
