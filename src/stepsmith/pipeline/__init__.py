"""A pipeline as its user declares it, in Python or in YAML, and its compilation to a definition and assets."""
