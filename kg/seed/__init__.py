"""The seed graph that ships: entities, facts and external ids as plain CSV, and the script that rebuilds them."""
