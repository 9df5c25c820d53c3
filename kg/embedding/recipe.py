"""How an embedding is trained: a validated recipe, read from configs/kg/*.yaml."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from kdtcn.errors import ConfigError, ModelError

MODELS = ("TransE", "DistMult", "ComplEx", "RotatE", "TuckER")
DISTANCES = ("TransE", "RotatE")
FOLDER = Path("configs/kg")  # of the recipes that ship, one a model


class Recipe(BaseModel):
    """One way to train an embedding. The default suits the seed graph: small, quick, entity vectors of length one.

    objective `nssa`: PyKEEN's sampled loop with self-adversarial negatives of each fact's own (Sun et al., ICLR 2019, eq. 5),
    for the models that score by distance; products of its unit vectors learn little against its margin.
    objective `softmax`: cross entropy of the true entity against candidates that a batch shares (Lacroix et al., ICML 2018),
    which turns scoring into matrix products: ten times as many negatives in the same time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = "TransE"
    dimensions: int = Field(48, ge=2, le=4096, description="of an entity's vector; complex models store twice as many numbers")
    epochs: int = Field(40, ge=1)
    objective: Literal["nssa", "softmax"] = "nssa"
    batch: int = Field(0, ge=0, description="facts an update; 0: a sixteenth of them, at least 256 and at most 8192")
    negatives: int = Field(4, ge=0, description="of each fact (nssa) or shared by a batch (softmax; 0: all entities)")
    learning_rate: float = Field(0.01, gt=0)
    dropout: float = Field(0.0, ge=0, lt=1, description="of the query vectors (softmax)")
    every: int = Field(5, ge=1, description="epochs between two looks at the validation facts")
    patience: int = Field(0, ge=0, description="looks without a better rank after which training stops; 0: never")

    @model_validator(mode="before")
    @classmethod
    def _suited(cls, tree: Any) -> Any:
        """Where nothing is said, the objective that suits the model, and negatives that suit the objective."""
        if not isinstance(tree, dict):
            return tree
        distance = str(tree.get("model", "TransE")).lower() in (name.lower() for name in DISTANCES)
        objective = tree.get("objective", "nssa" if distance else "softmax")
        if objective == "nssa" and not distance:
            raise ValueError(f"objective nssa suits {' and '.join(DISTANCES)} alone; set objective: softmax")
        return {"objective": objective, "negatives": 4 if objective == "nssa" else 256, **tree}

    @field_validator("model")
    @classmethod
    def _known(cls, value: str) -> str:
        found = next((name for name in MODELS if name.lower() == value.lower()), None)
        if found is None:
            raise ValueError(f"unknown model {value!r}; known are {', '.join(MODELS)}")
        return found

    @classmethod
    def of(cls, **values: Any) -> "Recipe":
        """A recipe from some values; ModelError names the key."""
        return _checked(values, ModelError, "graph embedding")

    def but(self, **changes: Any) -> "Recipe":
        """This recipe with some values changed, checked as a whole; ModelError names the key."""
        return _checked(self.model_dump() | changes, ModelError, "graph embedding")


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; ConfigError names the file and the key."""
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such recipe; the ones that ship are in {FOLDER}/") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path}: not readable as YAML ({error.__class__.__name__}); mend the file") from None
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: expected KEY: VALUE lines, found {type(tree).__name__}")
    return _checked(tree, ConfigError, str(path))


def _checked(tree: dict, kind: type[Exception], where: str) -> Recipe:
    try:
        return Recipe(**tree)
    except (ValidationError, TypeError) as error:
        if isinstance(error, TypeError):
            raise kind(f"{where}: every key must be a word") from None
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        key = f"{key}: " if key else ""
        if first["type"] == "extra_forbidden":
            reason = f"unknown key; known are {', '.join(Recipe.model_fields)}"
        raise kind(f"{where}: {key}{reason} (got {str(first['input'])[:80]!r})") from None
