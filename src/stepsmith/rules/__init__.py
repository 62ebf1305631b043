"""Checks of a step or a pipeline that run nothing, one file each, and the pages of all codes."""
