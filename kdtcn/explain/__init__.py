"""Why a model says what it says: event effects, their linkage in the graph, and abrupt changes. Numbers only, no pictures."""
