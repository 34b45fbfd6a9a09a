# One command each. `just` comes with the project's environment: python3 -m uv run just TASK (or `just TASK` where it is installed).
uv := justfile_directory() / "scripts/uv"

# list the tasks
default:
    @just --list --unsorted

# install everything, the engine included, and switch the commit hooks on
setup:
    {{uv}} sync --extra engine && {{uv}} run --no-sync pre-commit install

# format, and mend what can be mended
fmt:
    {{uv}} run --no-sync ruff check --fix && {{uv}} run --no-sync ruff format

# lint, format, types, rules of the house, stale generated files; no tests
check:
    {{uv}} run --no-sync ruff check && {{uv}} run --no-sync ruff format --check && {{uv}} run --no-sync mypy && python3 scripts/check_tree.py && python3 scripts/pins.py --check && {{uv}} run --no-sync python scripts/generate.py --check

# all tests; arguments go to pytest
test *arguments:
    {{uv}} run --extra engine pytest {{arguments}}

# the tests that need no engine: seconds
test-core *arguments:
    {{uv}} run --no-sync pytest -m "not engine" {{arguments}}

# measure what README claims; arguments are names of claims (startup, composition, mistakes, first_step)
bench *arguments:
    {{uv}} run --no-sync python benchmarks/run.py {{arguments}}

# build the documentation into site/, to be opened at site/index.html, without a server and without a network
docs:
    {{uv}} run --no-sync mkdocs build --strict

# refresh what is generated: tables and pages from the code, the pins to the newest versions
generate:
    {{uv}} run --no-sync python scripts/generate.py --write
    python3 scripts/pins.py --write

# compare the engine's verdict with ours on mutants of small experiments, about one a second: just oracle --count 2000 --seed 7
oracle *arguments:
    cd tests/engine && OMP_NUM_THREADS=1 {{uv}} run --no-sync python -m oracle {{arguments}}

# train with the real engine; arguments are overrides: just engine-run batch_size=2
engine-run *arguments:
    {{uv}} run --extra engine sat train experiment=quick_test {{arguments}}
