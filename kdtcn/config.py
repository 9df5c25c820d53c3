"""One typed tree of settings; the command line wins over the environment, the environment over the YAML file."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    YamlConfigSettingsSource,
)

from kdtcn.errors import ConfigError

Alignment = Literal["forecast", "same_day"]


def _clock(value: object) -> object:
    """YAML 1.1 reads 00:30 as the number 30 (base sixty): turn minutes back into a time of day."""
    return f"{value // 60:02d}:{value % 60:02d}" if isinstance(value, int) and not isinstance(value, bool) else value


def _naive(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("a New York time of day, without an offset")
    return value


def _by_the_open(value: time) -> time:
    if value > time(9, 30):
        raise ValueError("a forecast cannot be made after the open, 09:30 New York")
    return value


class Section(BaseModel):
    """A part of the tree; unknown keys are errors, so that a misspelt one is not silently without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LakeSettings(Section):
    url: str = Field("", description="folder or object-store URL of the tables; default HOME/lake")


class DecisionSettings(Section):
    at: Annotated[time, BeforeValidator(_clock), AfterValidator(_naive), AfterValidator(_by_the_open)] = Field(
        time(0, 0), description="New York time of day of the decision, at latest the open (09:30)"
    )


class PriceSource(Section):
    provider: str = "csv"
    symbol: str = "^DJI"
    options: dict[str, Any] = {}


class NewsSource(Section):
    provider: str
    options: dict[str, Any] = {}


class SourcesSettings(Section):
    symbol: str = Field("^DJI", description="the index whose trend is forecast")
    prefer: list[str] = Field([], description="price sources in order of trust, where several know a session")
    prices: list[PriceSource] = Field([], description="price providers that `fetch` and the nightly ask")
    news: list[NewsSource] = Field([], description="news providers that `fetch` and the nightly ask")
    requests: int = Field(500, ge=1, description="requests that one `fetch` may make")
    timeout: float = Field(20.0, gt=0, description="seconds without a byte after which a service counts as stalled")
    attempts: int = Field(5, ge=1, description="times that one request is tried")


class NlpSettings(Section):
    model: str = Field("", description="name or path of a spaCy pipeline; empty: the one that ships")
    workers: int = Field(2, ge=1, le=64, description="processes that read headlines")
    dask: str = Field(
        "", pattern=r"^((tcp|tls)://\S+:\d+)?$", description="address of a Dask scheduler whose workers read headlines instead"
    )
    batch_size: int = Field(256, ge=1)


class GraphSettings(Section):
    sources: list[str] = Field(
        ["seed"],
        min_length=1,
        description="seed, freebase, codex, or FORMAT:PATH with wikidata-json, wikidata5m, sparql, ntriples, csv",
    )
    data: Path | None = Field(None, description="folder with fb15k237/ and codex_m/; default $KDTCN_SHARED_DATA/kg")
    undated: Literal["exclude", "include"] = "exclude"
    threshold: float = Field(0.5, ge=0, le=1, description="entity links scored below are none")
    model: str = "TransE"
    tuples: Literal["relations", "joint"] = Field(
        "relations",
        description="event tuples: give each event type its vector between entities fitted on facts, or are fitted with the facts",
    )
    dim: int = Field(48, ge=2)
    epochs: int = Field(40, ge=1)


class FeatureSettings(Section):
    window: int = Field(10, ge=2, le=250, description="T, sessions in a window")
    price_window: int = Field(60, ge=10, description="trailing sessions of the z-score and of sigma")
    text_dim: int = Field(32, ge=2, description="dimension of one text vector (latent semantic analysis)")
    text_features: int = Field(20_000, ge=100, description="largest vocabulary of the text vectors")


class AbruptSettings(Section):
    threshold: float = Field(0.02, gt=0, description="|C| above this is an abrupt change")


class TrainingSettings(Section):
    models: list[str] = [
        "always-up",
        "previous-sign",
        "reversal",
        "logistic",
        "arima",
        "ewma",
        "har",
        "garch",
        "lstm",
        "cnn",
        "tcn",
        "wb-tcn",
        "eb-tcn",
        "kdeb-tcn",
        "kdtcn",
    ]
    live: str = Field("kdtcn", description="the model that forecasts and is explained")
    seeds: int = Field(5, ge=1)
    workers: int = Field(2, ge=1)
    epochs: int = Field(60, ge=1)
    options: dict[str, Any] = Field({}, description="options of the training loop and the networks")


class EvaluationSettings(Section):
    test_from: date = Field(date(2015, 1, 1), description="first day of the test period")
    origin: Literal["fixed", "shares", "rolling", "window"] = Field(
        "fixed",
        description="train once before test_from, or on 80 % of the sessions, or before each test period on all before it, or on the last `longest` sessions",
    )
    months: int = Field(12, ge=1, description="length of a test period where the origin moves")
    longest: int = Field(750, ge=100, description="sessions to train on for origin: window")
    alignments: list[Alignment] = ["forecast", "same_day"]
    thresholds: list[Annotated[float, Field(gt=0, lt=1)]] = Field(
        [0.01, 0.015, 0.02, 0.03], description="|C| above which abrupt sessions are scored, each apart, in `evaluate`"
    )


class ExplainSettings(Section):
    method: Literal["shapley", "integrated-gradients", "leave-one-out"] = "shapley"
    samples: int = Field(200, ge=1)
    placebo: int = Field(60, ge=0, description="headlines drawn from other days for the placebo band")


class ReportSettings(Section):
    last: int = Field(20, ge=0, description="pages for the last n sessions")
    largest: int = Field(20, ge=0, description="pages for the n largest abrupt sessions of the test period")
    synthetic: bool = Field(False, description="every page says that its data are made up")
    symbol: str = Field("", description="what pages call the index; default: sources.symbol")


class ServeSettings(Section):
    at: Annotated[time, BeforeValidator(_clock), AfterValidator(_naive)] = time(0, 30)
    port: int = Field(0, ge=0, le=65535, description="port of the loopback Prefect server; 0: a free one")
    learn: bool = Field(True, description="before each forecast, learn vectors of the entities that it names first")
    catch_up: int = Field(5, ge=0, le=20, description="missed nights that a scheduled one makes up for, oldest first")
    without_news: str = Field("tcn", description="the price-only model that forecasts a session without a headline")
    warn: float = Field(0.25, gt=0, le=1, description="P(abrupt) from which on a notification warns")
    pause: float = Field(5.0, ge=0, description="seconds before providers that all failed are asked again")


class RetrainSettings(Section):
    when: list[Literal["weekly", "calibration", "inputs"]] = Field(
        [], description="what a night trains anew for: a week has begun, the forecasts or the inputs have drifted; empty: never"
    )
    window: int = Field(60, ge=10, description="last sessions, on which old and new model are compared and drift is judged")
    level: float = Field(0.001, gt=0, lt=1, description="p-value below which calibration or inputs count as drifted")
    rest: int = Field(5, ge=1, description="sessions between two trainings for drift")


class Settings(BaseSettings):
    """The whole tree. Environment variables are KDTCN_SECTION__KEY."""

    model_config = SettingsConfigDict(env_prefix="KDTCN_", env_nested_delimiter="__", extra="forbid", frozen=True)

    name: str = Field("djia", pattern=r"^[A-Za-z0-9_-]+$")
    home: Path | None = Field(None, description="where the lake, the report and the server's state live; default var/NAME")
    lake: LakeSettings = LakeSettings()
    decision: DecisionSettings = DecisionSettings()
    sources: SourcesSettings = SourcesSettings()
    nlp: NlpSettings = NlpSettings()
    graph: GraphSettings = GraphSettings()
    features: FeatureSettings = FeatureSettings()
    abrupt: AbruptSettings = AbruptSettings()
    training: TrainingSettings = TrainingSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    explain: ExplainSettings = ExplainSettings()
    report: ReportSettings = ReportSettings()
    serve: ServeSettings = ServeSettings()
    retrain: RetrainSettings = RetrainSettings()

    @model_validator(mode="after")
    def _live_is_trained(self) -> "Settings":
        if self.training.live not in self.training.models:
            raise ValueError(f"training.live {self.training.live!r} is not among training.models")
        if "forecast" not in self.evaluation.alignments:
            raise ValueError("evaluation.alignments must hold forecast: the model in force forecasts")
        return self

    @property
    def folder(self) -> Path:
        return self.home or Path("var") / self.name

    @property
    def title(self) -> str:
        """What people call the index."""
        return self.report.symbol or self.sources.symbol

    @property
    def lake_url(self) -> str:
        return self.lake.url or str(self.folder / "lake")

    def fingerprint(self, *sections: str) -> str:
        """Hash of the named sections (all but paths when none is named): equal settings give equal models."""
        tree = self.model_dump(mode="json")
        chosen = {key: tree[key] for key in sections or sorted(set(tree) - {"home", "lake", "serve", "retrain"})}
        return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:12]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        source: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        return source if _yaml_path is None else (*source, YamlConfigSettingsSource(settings_cls, yaml_file=_yaml_path))


_yaml_path: Path | None = None  # pydantic-settings asks the class, not the instance, for its sources


def load(path: Path | None, overrides: Sequence[str] = ()) -> Settings:
    """Read the settings; `overrides` are "section.key=value" pairs, values in YAML.

    Raises ConfigError, which names the file and the key.
    """
    global _yaml_path
    if path is not None:
        _check_yaml(path)
    tree: dict[str, Any] = {}
    for pair in overrides:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise ConfigError(f"--set {pair!r}: expected KEY=VALUE, for example training.seeds=3")
        _put(tree, key.strip().split("."), _override_value(pair, value), pair)
    _yaml_path = path
    try:
        return Settings(**tree)
    except SettingsError as error:
        raise ConfigError(f"environment: {str(error).splitlines()[0]}; a list or a section is given as JSON") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if not key:  # two settings that do not go together; the message names both
            raise ConfigError(f"{path or 'settings'}: {first['msg'].removeprefix('Value error, ')}") from None
        raise ConfigError(f"{path or 'settings'}: key {key!r}: {first['msg']} (got {str(first['input'])[:80]!r})") from None
    finally:
        _yaml_path = None


def _override_value(pair: str, value: str) -> Any:
    try:
        return yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):
        raise ConfigError(f"--set {pair!r}: the value is not YAML; quote it") from None


def _put(tree: dict[str, Any], keys: list[str], value: Any, pair: str) -> None:
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"--set {pair!r}: {key!r} is already set to a value")
    tree[keys[-1]] = value


def _check_yaml(path: Path) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file; the ones that ship are in configs/") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as a text file ({error.__class__.__name__})") from None
    try:
        tree = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # an impossible date is a ValueError
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(
            f"{path}: not valid YAML{f', line {mark.line + 1}' if mark else f' ({error})'}; mend the file"
        ) from None
    if tree is not None and not (isinstance(tree, dict) and all(isinstance(key, str) for key in tree)):
        raise ConfigError(f"{path}: expected KEY: VALUE lines, found a {type(tree).__name__}")
