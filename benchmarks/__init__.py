"""How fast it is, as ratios against what the same machine does with nothing of ours: `python -m benchmarks [names]`."""
