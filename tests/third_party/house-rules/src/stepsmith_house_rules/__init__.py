"""Rules for Stepsmith that hold what one company asks of its pipelines."""
