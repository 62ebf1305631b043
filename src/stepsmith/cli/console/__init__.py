"""Everything about the terminal: output, tables, live regions, progress."""
