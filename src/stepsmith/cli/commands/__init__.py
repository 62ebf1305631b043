"""The commands, one file each. Each is imported when it is called."""
