"""Rules about a step: its layers and its script. One file a rule."""
