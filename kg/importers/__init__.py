"""Readers of public knowledge graphs: each yields entities with their outside ids, facts, and what it refuses with a reason."""
