"""Rules whose faults are found by what reads, resolves, builds or checks: here is why they are faults."""
