# my_webserver - needs make and a C compiler. "make help" lists the targets,
# README.md explains them.

VERSION := 0.9.0
PREFIX  ?= /usr/local
IMAGE   ?= my_webserver:0.9
WERROR  ?= -Werror
# Commit and state of the working tree; in an image it comes as a build argument.
REVISION ?= $(or $(shell git describe --always --dirty --abbrev=12 \
    --exclude='*' 2>/dev/null),unknown)

# ---- Floors: what each folder of src/ may include besides itself. src/*.c, the
# top, may include everything. "make floors" enforces it; unit tests are linked
# by it.
FOLDERS      := base net http log metrics sandbox server site app
MAY_base     :=
MAY_net      := base
MAY_http     := base
MAY_log      := base
MAY_metrics  := base
MAY_sandbox  := base
MAY_site     := base http
MAY_server   := base net http log metrics
MAY_app      := base http metrics site
MAY_top      := $(FOLDERS)
MAY_bench    := base

# ---- Compilers: musl's for what we ship, where there is one; the system's for
# tests and sanitizers, since cmocka and their run-time libraries are built with it.
find_cc = $(firstword $(foreach c,$(1),$(if $(shell command -v $(c)),$(c))) cc)
HOST_CC ?= $(call find_cc,gcc cc clang)
ifeq ($(origin CC),default)
CC := $(if $(SAN),$(HOST_CC),$(call find_cc,musl-gcc cc gcc clang))
endif
MUSL_GCC := $(findstring musl-gcc,$(CC))
LIBC     := $(if $(findstring musl,$(CC) $(shell $(CC) -dumpmachine)),musl,glibc)
TEST_CC  := $(if $(MUSL_GCC),$(HOST_CC),$(CC))

# ---- Flags
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
    -Wvla $(WERROR)
BASE := -std=gnu11 $(WARN) -g -pthread -fPIE -ffile-prefix-map=$(CURDIR)=.
DEFS := -D_GNU_SOURCE -Isrc
# The configuration, and the folder of its objects: the compiler, and SAN.
# SAN=address,undefined or SAN=thread; SAN=none is a plain build for unit tests,
# without the link-time optimisation and fortification that hide calls from --wrap.
comma  := ,
config  = build/$(subst /,,$(subst $() ,_,$(notdir $(1))))$(addprefix +,$(subst $(comma),+,$(2)))
B      := $(call config,$(CC),$(SAN))
# gcc 12 passes spans that are constant down through calls, and then may lose both
# ways of __builtin_constant_p in buf_put: it is not to pass members of structs.
GCC12  := --param=ipa-max-agg-items=0
ifdef SAN
OPT    := $(if $(filter coverage,$(SAN)),-O0 --coverage,-O1 -fno-omit-frame-pointer) \
    $(if $(filter-out none coverage,$(SAN)), \
    -fsanitize=$(SAN) $(if $(findstring undefined,$(SAN)),-fno-sanitize-recover=all))
LINK   := -pie
else
OPT    := -O2 -fstack-protector-strong -fstack-clash-protection \
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -DNDEBUG -ffunction-sections -fdata-sections \
    -fno-unwind-tables -fno-asynchronous-unwind-tables \
    $(if $(findstring clang,$(shell $(CC) --version)),,-flto -flto-partition=one $(GCC12))
HARDEN := -Wl,-z,relro,-z,now,-z,noexecstack,-z,noseparate-code,--gc-sections,--build-id=none \
    -Wl,--hash-style=gnu,-O1
LINK   := -static-pie $(HARDEN)
endif
# musl-gcc -static-pie makes a dynamic program: its specs know neither rcrt1.o,
# the start file that relocates itself, nor --no-dynamic-linker. Do their work.
ifneq ($(MUSL_GCC),)
hash := \#
crt  := $(shell $(CC) '-$(hash)$(hash)$(hash)' -x c /dev/null 2>&1 | tr ' "' '\n\n' | sed -n 's|Scrt1\.o$$||p')
gcrt  = $(shell $(CC) -print-file-name=$(1))
LINK := $(HARDEN) -nostartfiles -pie \
    -Wl,-static,--no-dynamic-linker,-z,text $(crt)rcrt1.o $(crt)crti.o \
    $(call gcrt,crtbeginS.o)
LINK_END := -Wl,--start-group -lc -lgcc -Wl,--end-group \
    $(call gcrt,crtendS.o) $(crt)crtn.o
endif

# ---- Files
SRC     := $(sort $(wildcard src/*.c src/*/*.c))
PAGE    := $B/src/app/status_html.o
OBJ     := $(SRC:%.c=$B/%.o) $(PAGE)
SERVER  := $B/my_webserver
# The load generator, where its sources are: an image is built without them.
LOAD    := $(if $(wildcard bench/load/main.c),$B/load)
BENCH   := $(patsubst %.c,$B/%.o,$(filter-out %/main.c,$(sort $(wildcard bench/load/*.c))))
objects  = $(filter $(foreach d,$(filter-out top,$(1)),$B/src/$(d)/%.o),$(OBJ))
TOP     := $(filter-out $B/src/main.o,$(filter $(patsubst %.c,$B/%.o,$(wildcard src/*.c)),$(OBJ)))
UNIT    := $(patsubst %.c,$B/%,$(sort $(wildcard tests/unit/*/*_test.c)))
BLACK   := $(patsubst %.c,$B/%,$(sort $(wildcard tests/blackbox/*_test.c)))
CONFORM := $B/tests/conformance/conformance
# Tests on real parts: programs and scripts. E2E='browser image' picks some.
E2E     ?= $(sort $(patsubst tests/e2e/%_test,%,$(basename $(wildcard tests/e2e/*_test.c tests/e2e/*_test.sh))))
E2E_C   := $(patsubst %,$B/tests/e2e/%_test,$(filter $(E2E),$(patsubst tests/e2e/%_test.c,%,$(wildcard tests/e2e/*_test.c))))
E2E_SH  := $(filter $(E2E:%=tests/e2e/%_test.sh),$(wildcard tests/e2e/*_test.sh))
FUZZ    := $(patsubst tests/fuzz/%_fuzz.c,%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))
FUZZERS := $(FUZZ:%=$B/tests/fuzz/%_fuzz)
REPLAYS := $(FUZZ:%=$B/tests/fuzz/%_replay)
FAULTS  := $B/tests/faults/faults_test
FAULTY  := $B/tests/faults/my_webserver
FORMAT  := $(wildcard src/*.[ch] src/*/*.[ch] bench/*.[ch] bench/*/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch])
SCRIPTS := .ci/run src/app/status.sh $(wildcard tests/*.sh tests/*/*.sh bench/*.sh) bench/run bench/look bench/rollout bench/capacity bench/instructions bench/validate-load bench/container-start
Q       := $(if $(V),,@)
say      = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-5s %s\n' $(1) $(2))
MAKESAME = +$(Q)$(MAKE) --no-print-directory

.PHONY: all program run check unit blackbox e2e e2e-tests faults coverage valgrind analyze arm64 arm64-check cross fuzz fuzzers fuzz-replay floors lint format format-check \
    bench reproducible image install clean help manifests tests FORCE
.DELETE_ON_ERROR:
.SECONDARY:
.SECONDEXPANSION:

all: $(addsuffix $(if $(SAN),,.stripped),$(SERVER) $(LOAD)) ## Build build/my_webserver and build/load, stripped
ifndef SAN
	$(Q)for f in $(notdir $(SERVER) $(LOAD)); do \
	    cmp -s $B/$$f.stripped build/$$f || install -m 755 $B/$$f.stripped build/$$f; done
	@echo "build/my_webserver: $(CC), $(LIBC), $(VERSION) $(REVISION)"
endif

program: $(SERVER) $(LOAD) # this configuration's binaries, unstripped, in its folder

run: all ## Build and start the server
	@echo "The page: http://localhost:8080/  metrics: http://localhost:9999/"
	@exec $(if $(SAN),$(SERVER),build/my_webserver)

check: ## Test everything, installing what that needs (NO_INSTALL=1: do not)
	@+MAKE='$(MAKE)' tests/check.sh

unit: ## Unit tests (SAN=address,undefined or thread: under sanitizers)
ifdef SAN
unit: $(UNIT)
	@tests/run.sh $(UNIT)
else
	$(MAKESAME) CC='$(TEST_CC)' SAN=none unit
endif

blackbox: all ## Tests of the running server, over sockets
	$(MAKESAME) CC='$(TEST_CC)' SAN=$(or $(SAN),none) tests
	@MY_WEBSERVER_BINARY=$(CURDIR)/$(if $(SAN),$(SERVER),build/my_webserver) \
	    LOAD_BINARY=$(CURDIR)/$(if $(SAN),$(LOAD),build/load) \
	    tests/run.sh $(BLACK:$B/%=$(call config,$(TEST_CC),$(or $(SAN),none))/%)

conformance: all ## Dialogues by RFC section with the running server (SAN= as for blackbox)
	$(MAKESAME) CC='$(TEST_CC)' SAN=$(or $(SAN),none) talker
	@MY_WEBSERVER_BINARY=$(CURDIR)/$(if $(SAN),$(SERVER),build/my_webserver) \
	    TIMEOUT=600 tests/run.sh tests/conformance/table.sh \
	    $(CONFORM:$B/%=$(call config,$(TEST_CC),$(or $(SAN),none))/%)

conformance-peers: ## The same dialogues with nginx and lighttpd: where do they differ?
	$(MAKESAME) CC='$(TEST_CC)' SAN=none talker
	@tests/conformance/peers.sh $(CONFORM:$B/%=$(call config,$(TEST_CC),none)/%)

talker: $(CONFORM)

e2e: all ## Tests on real parts, such as a browser (E2E='browser ...': some)
	@tests/install-deps.sh e2e $(E2E)
	$(MAKESAME) CC='$(TEST_CC)' SAN=$(or $(SAN),none) E2E='$(E2E)' e2e-tests
	@MY_WEBSERVER_BINARY=$(CURDIR)/$(if $(SAN),$(SERVER),build/my_webserver) \
	    LOAD_BINARY=$(CURDIR)/$(if $(SAN),$(LOAD),build/load) \
	    MY_WEBSERVER_WAIT_MS=60000 TIMEOUT=600 tests/run.sh \
	    $(E2E_C:$B/%=$(call config,$(TEST_CC),$(or $(SAN),none))/%) $(E2E_SH)

e2e-tests: $(E2E_C)

tests: $(BLACK)

faults: ## What the server asks of the kernel fails, call by call (SAN= as for unit)
ifdef SAN
faults: $(FAULTS) $(FAULTY)
	$(if $(filter none,$(SAN)),$(Q)tests/faults/complete.sh $(OBJ))
	@MY_WEBSERVER_BINARY=$(CURDIR)/$(FAULTY) TIMEOUT=300 tests/run.sh $(FAULTS)
else
	$(MAKESAME) CC='$(TEST_CC)' SAN=none faults
endif

# Debian's cross compiler, told about musl for arm64 by that package's specs.
ARM64 := aarch64-linux-gnu-gcc -specs=/usr/lib/aarch64-linux-musl/musl-gcc.specs
arm64: ## Cross-build for arm64: build/arm64/my_webserver, and load
	@tests/install-deps.sh arm64
	$(MAKESAME) CC='$(ARM64)' SAN= cross TO=build/arm64

cross: $(SERVER).stripped $(LOAD).stripped
	$(Q)for f in $(notdir $(SERVER) $(LOAD)); do \
	    install -D -m 755 $B/$$f.stripped $(TO)/$$f; done
	@echo "$(TO)/my_webserver: $(firstword $(CC)), $(LIBC), $(VERSION) $(REVISION)"

arm64-check: arm64 ## Tests of that running server, below qemu's user mode
	$(MAKESAME) CC='$(HOST_CC)' SAN=none tests
	@tests/arm64.sh build/arm64 $(BLACK:$B/%=$(call config,$(HOST_CC),none)/%)

FUZZ_SAN := fuzzer-no-link,address,undefined
fuzz: ## Fuzz every target for FUZZ_SECONDS (60), with clang's libFuzzer
	$(MAKESAME) CC=clang SAN=$(FUZZ_SAN) fuzzers
	@tests/fuzz/run.sh $(call config,clang,$(FUZZ_SAN))/tests/fuzz $(FUZZ)

fuzzers: $(FUZZERS)

fuzz-replay: ## Replay the fuzzers' kept corpora (SAN= as for unit)
ifdef SAN
fuzz-replay: $(REPLAYS)
	@tests/run.sh $(REPLAYS)
else
	$(MAKESAME) CC='$(TEST_CC)' SAN=none fuzz-replay
endif

coverage: ## Lines and branches of src that the tests reach; fails if they are too few
	@+MAKE='$(MAKE)' tests/coverage.sh

MEMCHECK ?= config http lifecycle limits log metrics
valgrind: ## Tests of the running server below valgrind (MEMCHECK='http log': some)
ifdef SAN
valgrind: program tests
	@tests/valgrind.sh $(CURDIR)/$(SERVER) $(MEMCHECK:%=$B/tests/blackbox/%_test)
else
	$(MAKESAME) CC='$(TEST_CC)' SAN=none valgrind
endif

manifests: all ## Are the manifests what a cluster takes? Needs none
	@tests/manifests.sh

floors: ## No file includes a higher floor
	$(Q)bad=0; $(foreach d,$(notdir $(patsubst %/,%,$(wildcard src/*/))), \
	    $(if $(filter $(d),$(FOLDERS)),,echo 'src/$(d): not in the table of floors'; bad=1;) \
	    grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' /dev/null src/$(d)/*.[ch] | \
	    grep -vE '"($(subst $() ,|,$(strip $(d) $(MAY_$(d)))))/[a-z0-9_]+\.h"' && bad=1;) \
	if [ $$bad = 0 ]; then echo 'floors: kept'; else echo 'floors: broken by the above'; exit 1; fi

# In tests it takes what a call fills in for read before it was written; there,
# valgrind and the sanitizers see what is.
TESTS_CPPCHECK := --suppress=legacyUninitvar --suppress=ctuuninitvar
# Deeper than gcc's analyzer goes by itself, which is not deep enough for loops.
DEEPER := --param=analyzer-bb-explosion-factor=50 \
    --param=analyzer-max-enodes-per-program-point=30

analyze: ## gcc's static analyzer
	$(Q)printf '%s\n' $(SRC) $(wildcard bench/*.c bench/*/*.c) | xargs -P $$(nproc) -n 1 \
	    gcc $(DEFS) -Ibench $(BASE) -O1 -fanalyzer $(DEEPER) -c -o /dev/null

lint: ## clang-tidy, cppcheck, shellcheck
	$(Q)printf '%s\n' $(SRC) $(wildcard bench/*.c bench/*/*.c) | xargs -P $$(nproc) -n 4 sh -c \
	    'said=$$(clang-tidy --quiet "$$@" -- -std=gnu11 $(DEFS) -Ibench 2>&1) || \
	    { printf "%s\n" "$$said"; exit 1; }' clang-tidy
	$(Q)cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -Isrc -Ibench \
	    --enable=warning,performance,portability --suppress=missingIncludeSystem src bench
	$(Q)cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -Isrc -Ibench -Itests \
	    --enable=warning,portability --suppress=missingIncludeSystem \
	    $(TESTS_CPPCHECK) tests
	$(Q)shellcheck $(SCRIPTS)

format: ## Format the C files
	$(Q)clang-format -i $(FORMAT)

format-check: ## Are the C files formatted?
	$(Q)clang-format --dry-run -Werror $(FORMAT)

bench: all build/limit build/footprint build/observe ## Measure, beside nginx where there is one: bench/README.md
	@bench/run $(CASES)

reproducible: ## Built in two other folders: the same bytes?
	$(MAKESAME) CC='$(CC)' REVISION='$(REVISION)' SAN= all
	$(Q)tests/reproducible.sh '$(CC)' '$(REVISION)'

# podman and buildah leave the HEALTHCHECK out unless told this format.
image: ## Build the container image (ENGINE=docker, podman or buildah: with this one)
	$(Q)for e in $(or $(ENGINE),docker podman buildah); do \
	    command -v $$e >/dev/null || continue; \
	    case $$e in *podman|*buildah) format=--format=docker;; *) format=;; esac; \
	    exec $$e build $$format --build-arg REVISION='$(REVISION)' \
	    --build-arg VERSION='$(VERSION)' -t '$(IMAGE)' .; \
	done; echo 'make image: needs $(or $(ENGINE),docker, podman or buildah)' >&2; exit 1

install: all ## Install below PREFIX (/usr/local), DESTDIR before it
	install -D -m 755 build/my_webserver '$(DESTDIR)$(PREFIX)/bin/my_webserver'

clean: ## Remove what was built
	rm -rf build

help: ## This list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18
	@echo '  Variables: CC= SAN=address,undefined|thread V=1 WERROR= REVISION= PREFIX= DESTDIR='

# ---- Rules
$(SERVER): $(OBJ)
$(LOAD): $B/bench/load/main.o $(BENCH) $(call objects,base)
$(SERVER) $(LOAD):
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ $(LINK) $^ $(LINK_END)

%.stripped: %
	$(Q)$(or $(shell $(CC) -print-prog-name=strip),strip) -o $@ $<

# main alone knows the version, so that a new commit compiles one file.
$B/src/main.o: DEFS += -DMY_WEBSERVER_VERSION='"$(VERSION)"' \
    -DMY_WEBSERVER_REVISION='"$(REVISION)"' -DMY_WEBSERVER_LIBC='"$(LIBC)"'
$B/src/main.o: $B/revision
$B/revision: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION) $(REVISION)' | cmp -s - $@ || echo '$(VERSION) $(REVISION)' >$@

# What runs once, or aside, is built for size.
ASIDE := $(addprefix $B/src/,$(addsuffix .o,probe base/date_parse base/ip \
    $(addprefix log/access_,ecs extra gcp open pretty) $(addprefix site/, \
    arena below content file fill generation loader mime report rules survey tree walk watch)))
ifndef SAN
$(TOP) $(ASIDE) $B/src/main.o: OPT += -Os
endif

$B/%.o: %.c Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(DEFS) $(BASE) $(OPT) -frandom-seed=$< -MMD -MP $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The status page comes into the program as an array.
$(PAGE): $B/src/app/%.o: $B/src/app/%.c
	$(call say,CC,$@)
	$(Q)$(CC) $(DEFS) $(BASE) $(OPT) -frandom-seed=$(@F) -MMD -MP $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(PAGE:.o=.c): src/app/status.html src/app/status.sh Makefile
	@mkdir -p $(@D)
	$(Q)src/app/status.sh $< >$@

$B/bench/%.o $B/tests/unit/bench/%.o: DEFS += -Ibench

build/observe: $(addprefix src/,metrics/histogram.c metrics/exemplar.c base/clock.c base/prng.c)
build/limit build/footprint build/observe: build/%: bench/%.c Makefile
	$(call say,CC,$@)
	$(Q)$(HOST_CC) $(DEFS) -std=gnu11 $(WARN) -O2 -pthread -o $@ $(filter %.c,$^)

# A test is linked with its folder and lower floors, what its own folder has for
# all of its tests, and no more. What it defines
# as __wrap_NAME takes the place of NAME.
folder = $(notdir $(patsubst %/,%,$(dir $(1))))
besides = $(patsubst %.c,$B/%.o,$(filter-out %_test.c,$(wildcard $(1)*.c)))
wraps  = $$(sed -n 's/^__wrap_\([a-z0-9_]*\)(.*/-Wl,--wrap=\1/p' $(1) | sort -u)
$(UNIT): DEFS += -Itests
$(UNIT): $B/%: $B/%.o $$(call objects,$$(call folder,$$*) $$(MAY_$$(call folder,$$*))) \
    $$(call besides,$$(dir $$*)) \
    $$(if $$(filter top,$$(call folder,$$*)),$$(TOP)) $$(if $$(filter bench,$$(call folder,$$*)),$$(BENCH))
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE) $(OPT) $(CFLAGS) $(LDFLAGS) $(call wraps,$*.c) -o $@ $^ -pie -lcmocka -lm

HARNESS := $(addprefix $B/tests/blackbox/,harness.o server.o client.o samples.o json.o)
$(BLACK): $B/%: $B/%.o $(patsubst %.c,$B/%.o,$(filter-out %_test.c,$(wildcard tests/blackbox/*.c)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ $^ -pie -lcmocka

# Fault injection: a server that is linked with the shim, and the program that
# drives it.
$(FAULTS) $(FAULTY): DEFS += -Itests
SHIM    := $(wildcard tests/faults/shim*.c)
$(FAULTY): $(OBJ) $(SHIM:%.c=$B/%.o)
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE) $(OPT) $(CFLAGS) $(LDFLAGS) $(call wraps,$(SHIM)) -o $@ $^ -pie
$(FAULTS): $(patsubst %.c,$B/%.o,$(filter-out $(SHIM),$(wildcard tests/faults/*.c))) \
    $(HARNESS) $B/tests/blackbox/site.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ $^ -pie -lcmocka

$(E2E_C): DEFS += -Itests
$(E2E_C): $B/%: $B/%.o $(patsubst %.c,$B/%.o,$(filter-out %_test.c,$(wildcard tests/e2e/*.c))) \
    $(HARNESS) $B/tests/blackbox/site.o $B/tests/blackbox/load.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ $^ -pie -lcmocka

$(CONFORM): $(patsubst %.c,$B/%.o,$(wildcard tests/conformance/*.c))
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE) $(OPT) $(CFLAGS) $(LDFLAGS) -o $@ $^ -pie

# A fuzz target NAME is NAME_fuzz.c, with NAME_*.c and oracle_*.c beside it, and
# everything but main.
fuzz_sources = $(wildcard tests/fuzz/$(1)_*.c tests/fuzz/oracle_*.c)
FUZZ_OBJ = $$(addprefix $B/,$$(addsuffix .o,$$(basename $$(call fuzz_sources,$$*)))) $(filter-out $B/src/main.o,$(OBJ))
$(FUZZERS) $(REPLAYS): DEFS += -Itests
# What checks need not guide the fuzzer.
$(patsubst %.c,$B/%.o,$(filter-out %_fuzz.c,$(wildcard tests/fuzz/*.c))): \
    OPT := $(subst fuzzer-no-link$(comma),,$(OPT))
$(FUZZERS): $B/tests/fuzz/%_fuzz: $(FUZZ_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE) $(OPT) $(CFLAGS) $(LDFLAGS) $(call wraps,$(call fuzz_sources,$*)) \
	    -fsanitize=fuzzer -o $@ $^ -pie
$(REPLAYS): $B/tests/fuzz/%_replay: $B/tests/fuzz/replay.o $(FUZZ_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(BASE) $(OPT) $(CFLAGS) $(LDFLAGS) $(call wraps,$(call fuzz_sources,$*)) \
	    -o $@ $^ -pie

-include $(OBJ:.o=.d) $(BENCH:.o=.d) $B/bench/load/main.d $(addsuffix .d,$(UNIT) $(BLACK)) $(wildcard $B/tests/blackbox/*.d $B/tests/fuzz/*.d $B/tests/faults/*.d $B/tests/conformance/*.d $B/tests/e2e/*.d)
