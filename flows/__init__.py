"""Prefect flows: thin tasks over the library. The bodies read as the method does."""
