"""Deploying a compiled pipeline: a plan as data, and what applies it."""
