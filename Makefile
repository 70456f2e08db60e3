# The commands of this house. What they install goes into .venv, what is to be kept into var/.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := run
.PHONY: run test check openapi bench lock clean

# Migrates, loads the reference projects, serves and delivers, until Ctrl-C or SIGTERM.
# By `exec` the program becomes make's own child: make passes SIGTERM on to it, and waits until it has ended. A SIGINT sent
# to make alone is not passed on, make only stops catching it; cli/run.py watches its parent for that.
run: .venv/base.stamp
	@exec $(BIN)/python -m cli.run

# Passes on two cores: three processes, since those that drive servers and browsers mostly wait. ARGS goes to pytest, as
# in `make test ARGS='-k webhooks'`.
test: .venv/test.stamp
	@$(BIN)/python -m pytest -n 3 --dist loadfile $(ARGS)

# Everything that a tool can hold us to, short of the tests.
check: .venv/test.stamp
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m cli.main openapi --check

# Writes openapi.yaml from the code.
openapi: .venv/base.stamp
	$(BIN)/python -m cli.main openapi

bench: .venv/test.stamp
	$(BIN)/python -m benchmarks $(ARGS)

# Resolves requirements/*.in, keeping the versions locked so far; `make lock ARGS=--upgrade` takes the newest.
lock: .venv/test.stamp
	for name in base s3 test; do \
		UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 \
			--generate-hashes --no-emit-index-url $(ARGS) requirements/$$name.in --output-file requirements/$$name.txt \
		|| exit; \
	done

# Leaves var/ alone: that is data.
clean:
	rm -rf .venv build client/build dist *.egg-info client/*.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# Made again when it is incomplete, or when the Python that it was made with is gone.
$(BIN)/python $(BIN)/pip &:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo 'Python 3.11, 3.12 or 3.13 is needed: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv

# The stamps are older than the locks when a lock has changed.
.venv/base.stamp: requirements/base.txt pyproject.toml $(BIN)/python $(BIN)/pip
	@echo 'Installing what serving needs (requirements/base.txt) ...'
	@$(INSTALL) --require-hashes --requirement requirements/base.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test.stamp: requirements/test.txt client/pyproject.toml .venv/base.stamp
	@echo 'Installing what the tests need (requirements/test.txt) ...'
	@$(INSTALL) --require-hashes --requirement requirements/test.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable ./client
	@touch $@
