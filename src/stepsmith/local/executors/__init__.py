"""Runs one step of a definition on this machine: one file per step type."""
