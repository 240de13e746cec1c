# Every action of the project. `make` alone lists them; CodeBuild and .ci/run call the same targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

ENV ?= local
SOURCE ?= sample
PYTHON ?= $(or $(shell for p in python3 python3.12 python3.11 python; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done),$(error Python 3.11 or later is not on PATH. Install it, or name it: make PYTHON=/path/to/python3.11))

IN = $(PYTHON) src/shipping/tools.py run
LOCAL = $(IN) local -- -m localaws
# A CodeBuild build has its AWS from its role, also where that is the embedded one.
TERRAFORM = $(if $(CODEBUILD_BUILD_ID),$(IN) local -- -m shipping.terraform,$(LOCAL) terraform) --env $(ENV)
TESTS = $(IN) dev -- -m pytest --dist loadgroup --no-loadscope-reorder
# The worker that drives a stack mostly waits.
BESIDE_STACK = $$(($$(getconf _NPROCESSORS_ONLN) + 1))
QUICK_TESTS = $(PYTHON) src/shipping/tools.py sync dev airflow scan spark && \
	$(TESTS) -m 'not extended and not soak' -n $(BESIDE_STACK)
SOAK_TESTS = $(IN) dev -- -m pytest -m soak --soak-seed '$(or $(SEED),$(shell git rev-parse HEAD))'
CONFIRMED = $(if $(CONFIRM),--confirm '$(CONFIRM)')

.PHONY: help up down status train test test-unit test-all test-soak check format package requirements bootstrap plan apply outputs destroy explain mlflow notebook
.PHONY: ablate evaluate readmes dag-requirements images sleep wake unlock console doctor sync-dags validate env clean
.PHONY: check-code check-house check-infra check-dags review changes summary handover verify drift verify-dags retrain delivery pipelines approve reject

help: ## List every target
	@targets="$$(grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}')"; \
		trap '' PIPE; printf '%s\n' "Stockcast: a stock-forecasting pipeline on AWS that also runs whole on this machine." \
		"$$targets" 2>/dev/null || true # a reader may leave early: make | head

up: ## Run the main job here: embedded AWS, Terraform, Airflow, train, forecast (SOURCE=sample|live SYMBOLS=AMZN,MSFT DAY=2013-03-01)
	@$(LOCAL) up --source '$(SOURCE)' $(if $(SYMBOLS),--symbols '$(SYMBOLS)') $(if $(DAY),--day '$(DAY)') \
		$(if $(AWS_PORT),--aws-port '$(AWS_PORT)') $(if $(MARKET_PORT),--market-port '$(MARKET_PORT)') $(if $(AIRFLOW_PORT),--airflow-port '$(AIRFLOW_PORT)')

down: ## End every process that `make up` started, and forget its state
	@$(LOCAL) down

status: ## Show what runs where
	@$(LOCAL) status

env: ## Print the exports that point aws and boto3 to the embedded AWS: eval "$(make -s env)"
	@$(LOCAL) env

package: ## Build the Lambda zips and the job archive into build/, byte for byte reproducibly
	@$(IN) local -- -m shipping.package

bootstrap: ## Make the state bucket, its policies and the GitHub connection, once per account; asks unless CONFIRM=<account id>
	@$(IN) local -- -m shipping.bootstrap $(CONFIRMED)

plan: ## Plan environment ENV (default local) and save the plan; changes nothing
	@$(TERRAFORM) plan

apply: ## Apply the saved plan of ENV (default local), and nothing else; asks where data is protected unless CONFIRM=<name>
	@$(TERRAFORM) apply $(CONFIRMED)

review: ## Show what the saved plan of ENV (default local) does: dangers first, money, the rest; refuses one above the ceiling
	@$(TERRAFORM) review

changes: ## Print yes where the saved plan of ENV (default local) changes something, otherwise no
	@$(TERRAFORM) changes

summary: ## Print one line on the saved plan of ENV (default local): changes, dangers, money
	@$(TERRAFORM) summary

handover: ## Put the saved plan of ENV (default local) and what it was made from into build/handover/, for the build that applies it
	@$(TERRAFORM) handover

verify: ## Check that environment ENV (default local) stands as its code says and works; changes nothing
	@$(TERRAFORM) verify

drift: ## Tell its alerts topic what was changed by hand in environment ENV (default local); changes nothing
	@$(TERRAFORM) drift

outputs: ## Print what environment ENV (default local) offers: buckets, endpoint, roles (FORMAT=text|json|env)
	@$(TERRAFORM) outputs --format '$(or $(FORMAT),text)'

destroy: ## Remove everything of environment ENV (default local); asks for its name unless CONFIRM=<name>
	@$(TERRAFORM) destroy $(CONFIRMED)

sleep: ## Remove what costs by the hour in environment ENV (default local), and nothing else; asks unless CONFIRM=<name>
	@$(TERRAFORM) sleep $(CONFIRMED)

wake: ## Bring back what `make sleep` removed from environment ENV (default local); asks unless CONFIRM=<name>
	@$(TERRAFORM) wake $(CONFIRMED)

unlock: ## Show who locks the state of ENV (default local); free it if older than 15 minutes (an apply's: 4 hours); asks unless CONFIRM=<name>
	@$(TERRAFORM) unlock $(CONFIRMED)

console: ## Open Terraform's console on the values and state of environment ENV (default local); reads only
	@$(TERRAFORM) console

doctor: ## Check plan and account of environment ENV (default local) before an apply: what AWS would refuse, and why
	@$(TERRAFORM) doctor

images: ## Build the two images of environment ENV with Docker and push them to its repositories; a tag that is there stays
	@$(IN) local -- -m shipping.images --env $(ENV)

sync-dags: ## Bring dags/ to the Airflow of environment ENV (default local): changed files up, vanished files away
	@$(TERRAFORM) sync-dags

verify-dags: ## Wait until the Airflow of ENV (default local) serves dags/ as they are here, without an import error
	@$(TERRAFORM) verify-dags

retrain: ## Ask the Airflow of ENV (default local) for a training run with this commit's code; the gate decides what becomes of it
	@$(TERRAFORM) retrain

delivery: ## Make the pipelines, once per project; asks unless CONFIRM=<account id>
	@$(IN) local -- -m shipping.delivery $(CONFIRMED)

pipelines: ## Show what the pipelines of the running local stack do (WATCH=1 until they rest)
	@$(LOCAL) pipelines $(if $(WATCH),--watch)

approve: ## Approve what waits in a pipeline of the running local stack (PIPELINE=<name> where several do)
	@$(LOCAL) approve $(if $(PIPELINE),--pipeline '$(PIPELINE)')

reject: ## Reject what waits in a pipeline of the running local stack (PIPELINE=<name> where several do)
	@$(LOCAL) approve --reject $(if $(PIPELINE),--pipeline '$(PIPELINE)')

explain: ## Lead a forecast of ENV (default local) back to model, run, training, data and commit (ID=AAPL, AAPL:2013-03-01:5 or a key in gold)
	@$(LOCAL) explain --env $(ENV) --id '$(or $(ID),$(error ID is empty; name a forecast, such as make explain ID=AAPL))'

mlflow: ## Show the trainings of ENV (default local) in MLflow's pages on this machine (MLFLOW_PORT=5000), until Ctrl-C
	@$(LOCAL) mlflow --env $(ENV) --port '$(or $(MLFLOW_PORT),5000)'

notebook: ## Fetch bars and newest judgement of ENV (default local) and run notebooks/explore.ipynb over them, into .local/explore/
	@$(LOCAL) notebook --env $(ENV)

validate: ## Validate the Terraform of environment ENV (default local) without credentials
	@$(TERRAFORM) validate

train: ## Train, judge and, if it passes, deploy a model in the running local stack now
	@$(LOCAL) train

evaluate: ## Train on the days of BARS=path before FROM=2015-01-01, judge up to TO=2018-12-31, print the table (SYMBOLS=A,B SEEDS=0,1,2 MODELS=lstm,har OUT=build/evaluation)
	@$(IN) jobs -- training/evaluate_bars.py --bars '$(or $(BARS),$(error BARS is empty; name a Parquet or CSV file of daily bars, such as make evaluate BARS=bars.csv FROM=2015-01-01 TO=2018-12-31))' \
		--from '$(FROM)' --to '$(TO)' $(if $(SYMBOLS),--symbols '$(SYMBOLS)') $(if $(SEEDS),--seeds '$(SEEDS)') $(if $(MODELS),--models '$(MODELS)') \
		$(if $(OUT),--out '$(OUT)')

ablate: ## Say whether the news in NEWS=path improve the network on the silver bars in BARS=path (OUT=build/ablation SCORER=lexicon)
	@$(IN) jobs -- training/ablate.py --bars '$(or $(BARS),$(error BARS is empty; name a folder with silver bars))' \
		--news '$(or $(NEWS),$(error NEWS is empty; name a folder with answers of the news source, such as a copy of news/ in bronze))' \
		--out '$(or $(OUT),build/ablation)' $(if $(SCORER),--scorer '$(SCORER)')

readmes: ## Write the tables in the READMEs of modules and roots from their HCL
	@$(IN) dev -- -m shipping.module_readme

requirements: ## Write the images' requirements.txt from the lock file
	@$(IN) local -- -m shipping.requirements

dag-requirements: ## Make the files of dags/ agree with its requirements.txt: MWAA's constraints, the local Airflow environment and its lock
	@$(IN) local -- -m shipping.mwaa_constraints --source "$(MWAA_IMAGES)"

check: ## Lint, types, Terraform format, validity and security scan, and the house rules
	@$(PYTHON) src/shipping/tools.py sync dev local check airflow scan
	@$(MAKE) -j $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) check-code check-house check-infra
	@$(MAKE) check-dags

check-code: ## Lint and types of the Python code, and the files that are made from others
	@$(IN) dev -- -m ruff check .
	@$(IN) dev -- -m ruff format --check .
	@$(IN) dev -- -m mypy
	@for function in lambda/*/; do MYPYPATH=$$function $(IN) dev -- -m mypy $$function || exit 1; done
	@$(IN) local -- -m shipping.requirements --check
	@$(IN) dev -- -m shipping.module_readme --check

check-house: ## The rules of this repository: names, imports, pages of the DAGs, prose
	@$(IN) dev -- -m pytest tests/house

check-infra: ## What the infrastructure pipeline asks before it plans: Terraform's format, validity, security scan and house rules
	@$(IN) local -- -m shipping.terraform fmt
	@$(MAKE) validate ENV=dev
	@$(IN) local -- -m shipping.scan
	@$(IN) check -- -m pytest tests/terraform/test_house.py --junitxml=build/reports/infra.xml

check-dags: ## What the DAG pipeline checks before it syncs: imports, calls at file level, requirements, and that every DAG parses in time
	@$(IN) local -- -m shipping.buildspec_rules buildspec-dags.yml
	@$(IN) local -- -m shipping.dag_checks

format: ## Format Python and Terraform in place
	@$(IN) dev -- -m ruff check --fix .
	@$(IN) dev -- -m ruff format .
	@$(IN) local -- -m shipping.terraform fmt --write

test-unit: ## Run the unit tests
	@$(TESTS) -m 'not integration and not extended and not e2e and not soak' -n logical

test: ## Run unit tests, quick integration tests, and beside them one main job with a push
	@$(QUICK_TESTS)

test-all: ## Run all tests: make test, then the longer ones beside dev, staging and prod applied, one soak test
	@trap 'STOCKCAST_HOME=.local/e2e $(LOCAL) down > /dev/null' EXIT; export STOCKCAST_TEST_STACK=keep; \
		$(QUICK_TESTS) && $(TESTS) -m 'extended and not soak' -n $(BESIDE_STACK) && $(SOAK_TESTS) --soak-one

test-soak: ## Run the long fault tests (SEED=<text> chooses their faults, by default the commit; ONE=1 runs one, chosen by SEED too)
	@$(SOAK_TESTS) $(if $(ONE),--soak-one)

clean: down ## Remove all that the project made in this clone: .local/ and build/
	@rm -rf .local build
