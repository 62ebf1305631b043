"""Rules: what can be seen of a step or a pipeline without running anything. One file a rule; `table` has them all."""
