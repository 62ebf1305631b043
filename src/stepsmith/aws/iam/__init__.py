"""IAM policies: what the steps of a definition access, and the statements that allow it."""
