# Everything a fresh machine needs, installed on first use. `make run` and `make test` are the two to know.
VENV ?= .venv
PYTHON ?= python3
PY := $(VENV)/bin/python
KDTCN := $(VENV)/bin/kdtcn
export OMP_NUM_THREADS ?= 1
export DO_NOT_TRACK = 1

.PHONY: run paper zoo test slow lint chromium nlp bench-kg bench-models world screens clean

run: $(VENV)/.run  ## install, run the whole chain on the data that ships, say where the report is
	@$(KDTCN) run --config configs/demo.yaml

# INTO=README.md also renews the section of results there.
paper: $(VENV)/.run  ## all models x 10 seeds x both alignments x five protocols on the real data; goes on where it was
	@$(KDTCN) paper --config configs/paper.yaml $(addprefix --into ,$(INTO))

# INTO=docs/MODELS.md also renews costs, results and conclusions there.
zoo: $(VENV)/.run  ## every model x 5 seeds x four folds on the real data, on one table; goes on where it was
	@$(KDTCN) zoo --config configs/zoo.yaml $(addprefix --into ,$(INTO))

test: $(VENV)/.test chromium lint  ## install, then every kind of check at small count
	$(VENV)/bin/pytest -n 2 --dist loadgroup --no-loadscope-reorder -m "not slow"

slow: $(VENV)/.test chromium  ## full counts
	$(VENV)/bin/pytest

soak: $(VENV)/.test  ## 250 nights in a row against providers that fail in every way, at most half an hour; writes docs/FIGURES.md
	$(VENV)/bin/pytest -q -s tests/flows/test_soak.py -m slow

lint: $(VENV)/.test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

# HEADLINES=path: the pipeline that ships learns on with your own headlines, into OUT; without it, a new one learns from nothing.
OUT ?= $(if $(HEADLINES),var/nlp/model,kdtcn/events/model)
nlp: $(VENV)/.run  ## rebuild the spaCy pipeline that ships, or a variant with HEADLINES=path [OUT=folder]
	$(PY) -m pip install --progress-bar off -q -c constraints.txt -e ".[nlp]"
	$(PY) nlp/build.py --data $${KDTCN_SHARED_DATA:-../shared/data} --out $(OUT) \
	  $(if $(HEADLINES),--base kdtcn/events/model --headlines $(HEADLINES))

FULL ?=
bench-kg: $(VENV)/.run  ## filtered MRR of TransE on CoDEx-M, or with FULL=1 of all models on both sub-graphs, beside the published
	OMP_NUM_THREADS=$$(nproc) $(PY) benchmarks/kg_embed.py $(if $(FULL),--data codex_m fb15k237 --models transe distmult complex rotate tucker)

bench-models: $(VENV)/.test  ## seconds and memory of the networks by window, with a picture; the TCN beside pytorch-tcn
	$(PY) benchmarks/models.py --svg docs/models-cost.svg
	$(PY) benchmarks/tcn.py

world: $(VENV)/.run  ## rebuild the synthetic world that ships
	$(KDTCN) demo make --output data

screens: $(VENV)/.test chromium  ## pictures of the embedded world's report into docs/screens, after `make run`
	$(PY) docs/screens.py

chromium:  # the report's tests look at pages in a real browser
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; \
	  else echo "make test needs Chromium; install the package chromium" >&2; exit 1; fi

$(VENV)/bin/pip:
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); \
	  else echo "$(PYTHON) -m venv failed; install the package python3-venv" >&2; exit 1; fi; }

$(VENV)/.run: $(VENV)/bin/pip pyproject.toml constraints.txt
	@echo "installing into $(VENV): some minutes, once"
	@# torch first and alone: its plain build for the processor satisfies every later range
	$(PY) -m pip install --progress-bar off -q -c constraints.txt torch
	$(PY) -m pip install --progress-bar off -q -c constraints.txt -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(PY) -m pip install --progress-bar off -q -c constraints.txt -e ".[dev]"
	@touch $@

clean:
	rm -rf var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
