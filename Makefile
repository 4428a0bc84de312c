# Cordée: `make demo` to see it, `make test` to prove it. docs/developer/tools.md says more.
.PHONY: demo test lint check bench bench-scale bench-work soak audit docs clean set-up set-up-dev browser

PYTHON ?= python3
export PYTHON

demo: set-up
	@.venv/bin/cordee demo

test: set-up-dev browser
	@.venv/bin/python -m pytest -m "not soak" -n 2 --dist loadfile

lint: set-up-dev
	@.venv/bin/ruff format --check src tests bench scripts
	@.venv/bin/ruff check src tests bench scripts
	@.venv/bin/basedpyright
	@.venv/bin/lint-imports
	@.venv/bin/deptry src
	@.venv/bin/squawk migrations/*.sql
	@.venv/bin/djlint --lint --quiet src/cordee/web
	@.venv/bin/python scripts/lint_screen.py
	@.venv/bin/python scripts/licences.py

check: lint
	@.venv/bin/python -m pytest tests/unit -q -n 2 --dist loadfile

bench: set-up-dev
	@.venv/bin/python -m bench.run
	@.venv/bin/python -m bench.subscribing

bench-work: set-up-dev
	@.venv/bin/python -m bench.working

bench-scale: set-up-dev
	@.venv/bin/python -m bench.scale

soak: set-up-dev browser
	@.venv/bin/python -m pytest -m soak

audit: set-up-dev
	@.venv/bin/python scripts/audit.py

docs: set-up-dev
	@.venv/bin/python scripts/workflow_diagrams.py
	@.venv/bin/python scripts/requirement_table.py

clean:
	rm -rf .venv node_modules scripts/linters/node_modules src/cordee/web/static/vendor var .pytest_cache .ruff_cache .hypothesis

set-up:
	@scripts/set-up.sh requirements.lock

set-up-dev:
	@scripts/set-up.sh requirements-dev.lock

browser:
	@[ -n "$$CORDEE_CHROMIUM" ] || command -v chromium >/dev/null || scripts/debian.sh chromium
	@.venv/bin/python -c 'import cordee.formats.printing' 2>/dev/null || scripts/debian.sh libpango-1.0-0 libpangoft2-1.0-0
	@[ -x /usr/sbin/postfix ] || scripts/debian.sh postfix || true
	@[ -d /usr/lib/rabbitmq ] || scripts/debian.sh rabbitmq-server || true
	@command -v sipp >/dev/null || scripts/debian.sh sip-tester || true
	@command -v java >/dev/null || scripts/debian.sh default-jre-headless || true
