"""Headlines to event tuples: the pipeline that ships, the grammar rules, event types."""
