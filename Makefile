# make demo    a fresh machine → virtual environment, install, audit of the sample company in both languages
# make test    the whole test suite (installs the dev extra); needs Chromium for the browser tests
# make check   the quick tests: no notebooks, browser, wheel
# make playbook  the notebooks executed on the sample company and as HTML, both languages: build/playbook/{ru,en};
#                its first chapter goes to docs/playbook
# make docs    docs/columns.md, settings.md, errors.md from the code
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: playbook sample-report demo test check install install-dev messages docs sample clean

demo: $(VENV)/.core
	$(BIN)/kbreport demo demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2
	$(BIN)/python tools/nbval.py

playbook: $(VENV)/.core
	$(BIN)/kbreport playbook build/playbook/ru --lang ru --run
	$(BIN)/kbreport playbook build/playbook/en --lang en --run
	cp build/playbook/ru/ch1_role.html docs/playbook/ch1_role_ru.html
	cp build/playbook/en/ch1_role.html docs/playbook/ch1_role_en.html

check: $(VENV)/.dev
	$(BIN)/python tools/messages.py check
	$(BIN)/python -m pytest -q -n 2 -m "not browser and not notebooks and not wheel"

install: $(VENV)/.core
install-dev: $(VENV)/.dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("kbreport needs Python 3.11 or newer, this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	@echo "Installing kbreport into $(VENV): about 350 MB to download, 1.1 GB on disk, 1 to 4 minutes."
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@$(MAKE) -s compiled
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing kbreport with its tests and JupyterLab into $(VENV): about 450 MB to download, 1.5 GB on disk, 2 to 6 minutes."
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[dev,lab]"
	@$(MAKE) -s compiled
	@touch $@ $(VENV)/.core

# an install without bytecode makes imports several times dearer
.PHONY: compiled
compiled:
	@$(BIN)/python -m compileall -q -j 2 kbreport $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') >/dev/null 2>&1 || true
	@$(BIN)/python tools/messages.py compile

messages: $(VENV)/.dev
	$(BIN)/python tools/messages.py update

docs: $(VENV)/.dev
	$(BIN)/python tools/columns.py
	$(BIN)/python tools/reference.py

sample: $(VENV)/.dev
	$(BIN)/python tools/make_sample.py data/sample
	$(BIN)/python tools/make_training.py data/sample/training

sample-report: $(VENV)/.dev
	$(BIN)/python tools/sample_report.py

clean:
	rm -rf $(VENV) build dist .pytest_cache .hypothesis demo
