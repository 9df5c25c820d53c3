"""Rebuild the seed graph: python -m kg.seed.make writes entities.csv, facts.csv, same_as.csv, starts.csv and demonyms.csv beside this file."""

import sys
from pathlib import Path

from kg.seed import hand, libraries
from kg.seed.draft import Draft

HERE = Path(__file__).parent


def draft(verified: bool = True) -> Draft:
    """The whole seed in memory: libraries first, since hand-written rows refer to countries and cities."""
    written = HERE / "hand"
    seed = Draft()
    libraries.countries(seed, written)
    libraries.subdivisions(seed, written)
    libraries.currencies(seed, written)
    libraries.languages(seed)
    libraries.cities(seed, written)
    libraries.capitals(seed, written)
    hand.things(seed, written)
    hand.markets(seed, written)
    hand.offices(seed, written)
    hand.companies(seed, written)
    hand.memberships(seed, written)
    hand.facts(seed, written)
    hand.starts(seed, written)
    hand.named(seed, written)
    seed.settle()
    if verified:
        hand.verified(seed, written)
    return seed


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    seed = draft()
    seed.write(target)
    print(f"{len(seed.entities)} entities, {len(seed.facts)} facts, {len(seed.same_as)} external ids -> {target}")
