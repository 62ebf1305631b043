"""What is known of a step without running it: alignment of its layers, script analysis, catalogue, JSON schema."""
