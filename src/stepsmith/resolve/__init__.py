"""Which output fills which input, and why."""
