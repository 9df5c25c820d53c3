"""Knowledge-graph embeddings through PyKEEN: recipes, training, ranks, warm updates, vectors of entities never trained."""

from kg.embedding.fallback import complete
from kg.embedding.ranks import mean_reciprocal_rank
from kg.embedding.recipe import MODELS, Recipe, read_recipe
from kg.embedding.stored import Embedding
from kg.embedding.training import embed
from kg.embedding.update import Update, update

__all__ = ["MODELS", "Embedding", "Recipe", "Update", "complete", "embed", "mean_reciprocal_rank", "read_recipe", "update"]
