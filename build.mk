# What is deployed: the edge functions inside template.yaml, and the functions' zips. Included by the Makefile.
SAM_VERSION := 1.170.0
# In an environment of its own: the SAM CLI is larger than all the rest and pins other versions of what the rest needs.
SAM_ENV := $(ENV)/sam
SAM := $(SAM_ENV)/bin/sam
export SAM_CLI_TELEMETRY = 0
# Likewise: a hundred packages that look at templates.
CHECKOV_VERSION := 3.3.30
AUDIT_ENV := $(ENV)/audit
MINISTACK_VERSION := 1.5.33
# `sam validate --lint` wants a region set, to know which services are there; nothing is asked of AWS.
BUILD_REGION ?= us-east-1

# Deploying ---------------------------------------------------------------------------------------------------------
edge: $(ENV)/ready ## write infra/edge/*.js into template.yaml
	@$(BIN)/python -m infra.build.edge

audit: $(AUDIT_ENV)/ready ## the template's security: checkov and cfn-lint, but for infra/build/exceptions.toml
	@$(BIN)/python -m infra.build.audit $(AUDIT_ENV)/bin/checkov

build: $(SAM_ENV)/ready audit ## the functions' zips (.aws-sam/build), as `sam build`, and the template checked
	@$(BIN)/python -m infra.build.edge --check
	@AWS_DEFAULT_REGION=$(BUILD_REGION) $(SAM) validate --lint
	@$(SAM) build
	@$(BIN)/python -m infra.build.sizes .aws-sam/build

# What SAM calls for a function of template.yaml: build-ArticlesFunction makes functions/articles. Reconcile is another entry
# of functions/payments. BUNDLE_FOR=here takes wheels of this machine, which only tests/e2e can use.
PACKAGE_Reconcile := payments
BUNDLE_FOR ?= lambda
build-%Function: $(ENV)/ready
	@test -n "$(ARTIFACTS_DIR)" || { echo "say where: make $@ ARTIFACTS_DIR=.build/$@" >&2; exit 2; }
	@$(BIN)/python -m infra.build.bundle $(or $(PACKAGE_$*),$(shell echo $* | tr A-Z a-z)) "$(ARTIFACTS_DIR)" $(BUNDLE_FOR)

$(SAM_ENV)/ready: infra/build/requirements.txt $(ENV)/ready
	@echo "setting up the SAM CLI $(SAM_VERSION) in $(SAM_ENV)" >&2
	@$(UV) venv --quiet --clear --python $(BIN)/python $(SAM_ENV)
	@$(UV) pip install --quiet --python $(SAM_ENV)/bin/python --require-hashes -r infra/build/requirements.txt
	@touch $@

$(AUDIT_ENV)/ready: infra/build/audit-requirements.txt $(ENV)/ready
	@echo "setting up checkov $(CHECKOV_VERSION) in $(AUDIT_ENV)" >&2
	@$(UV) venv --quiet --clear --python $(BIN)/python $(AUDIT_ENV)
	@$(UV) pip install --quiet --python $(AUDIT_ENV)/bin/python --require-hashes -r infra/build/audit-requirements.txt
	@touch $@

# What is deployed, deployed into an emulator and walked: tests/e2e. Again in an environment of its own.
MINISTACK_ENV := $(ENV)/ministack
e2e: $(SAM_ENV)/ready $(MINISTACK_ENV)/ready ## deploy into an AWS emulator and walk: make e2e [REMOVE=ArticlesRole/ReadKeyring]
	@exec $(BIN)/python -m tests.e2e $(if $(REMOVE),--remove $(REMOVE))

$(MINISTACK_ENV)/ready: tests/e2e/requirements.txt $(ENV)/ready
	@echo "setting up the emulator in $(MINISTACK_ENV)" >&2
	@$(UV) venv --quiet --clear --python $(BIN)/python $(MINISTACK_ENV)
	@$(UV) pip install --quiet --python $(MINISTACK_ENV)/bin/python --require-hashes -r tests/e2e/requirements.txt
	@touch $@

lock: lock-sam lock-audit lock-ministack
lock-sam: $(ENV)/ready
	@echo "aws-sam-cli==$(SAM_VERSION)" | $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate -o infra/build/requirements.txt -

lock-audit: $(ENV)/ready
	@echo "checkov==$(CHECKOV_VERSION)" | $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate -o infra/build/audit-requirements.txt -

# SAM's translator and cryptography are what the emulator takes for optional and this template needs.
lock-ministack: $(ENV)/ready
	@printf 'ministack==$(MINISTACK_VERSION)\naws-sam-translator\ncryptography\n' | $(UV) pip compile --quiet --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -o tests/e2e/requirements.txt -

.PHONY: edge audit build e2e lock-sam lock-audit lock-ministack
