"""Declaring a step: its contract, its specification, its config, and the types of their fields."""
