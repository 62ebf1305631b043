"""Rules about a pipeline. One file a rule."""
