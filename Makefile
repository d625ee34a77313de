# SPDX-License-Identifier: GPL-2.0
#
# The front door: "make help" lists what there is. Kbuild does not read this
# file, it takes Kbuild beside it.

KERNEL	?= 6.1
KDIR	?= /lib/modules/$(shell uname -r)/build
PREFIX	?= /usr/local
JOBS	?= 1
TIME	?= 10
LOADS	?= 20
LEVEL	?= calls
SUITES	?= kernel x86 gdb strace

VM	:= selftests/vm/run --kernel $(KERNEL) $(VMFLAGS)

all: modules tools

help: ## this list
	@sed -n 's/^\([a-z_-]*\):.*## /\1\t/p' Makefile | expand -t 18
	@echo
	@echo 'KERNEL=6.1        the kernel of demo, check, stress and bench: $(shell selftests/vm/kernel list | xargs)'
	@echo 'JOBS=1            of check: in so many virtual machines at once'
	@echo 'TIME=10 LOADS=20 SEED=NUMBER of stress and fuzz: minutes, loads and unloads, a run to repeat'
	@echo 'LEVEL=calls       of corpus: what has to be the same: calls, strings or full'
	@echo 'SUITES=kernel     of conformance: kernel, x86, gdb, strace, decoders, strace/NAME'
	@echo 'KDIR=DIR          the kernel build directory of modules (default: the running kernel'"'"'s)'
	@echo 'PREFIX=/usr/local where install puts the tool'
	@echo 'VMFLAGS=          of all that runs one virtual machine: more options of selftests/vm/run'
	@echo 'W=1               more compiler warnings'

# The modules carry no BTF of their own: without vmlinux in KDIR, as in
# Debian's header packages, pahole has nothing to base it on and says so each
# time.
modules: ## the kernel modules, against KDIR
	$(MAKE) -C $(KDIR) M=$(CURDIR) CONFIG_DEBUG_INFO_BTF_MODULES= modules

tools: ## the utrace tool
	$(MAKE) -C tools/utrace

modules_install: ## the modules, into extra/ of KDIR's kernel
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_DIR=extra modules_install

install: modules_install tools ## the modules and the tool
	install -D -m 755 tools/utrace/utrace $(DESTDIR)$(PREFIX)/bin/utrace

clean: ## remove what was built here
	$(if $(wildcard $(KDIR)/Makefile),$(MAKE) -C $(KDIR) M=$(CURDIR) clean)
	$(if $(wildcard tools/utrace/Makefile),$(MAKE) -C tools/utrace clean)
	$(if $(wildcard selftests/Makefile),$(MAKE) -C selftests clean)

setup: ## install what building, testing and checking need
	scripts/setup build vm lint

demo: ## see it work, in a virtual machine
	@echo '1. Install what is missing: gcc, kernel headers, QEMU'
	@scripts/setup build vm
	@echo '2. Build the modules and the tool for Debian'"'"'s kernel $(KERNEL)'
	@scripts/build --kernel $(KERNEL) >/dev/null
	@echo '3. Boot that kernel, unmodified, under QEMU and trace a program in it'
	@$(VM) --timeout 300 -- selftests/demo

check: ## run all tests in a virtual machine, on KERNEL, several, or all
	@selftests/ktap-summary selftests/check --jobs $(JOBS) $(KERNEL)

check-red: ## do debug kernels see mistakes (KERNEL=6.1-debug or another)
	@scripts/setup build vm
	@scripts/build --kernel $(KERNEL) >/dev/null
	@selftests/ktap-summary selftests/vm/red $(KERNEL)

# Outside of check: its length is yours to choose, and chance may find more.
stress: ## everything at once by chance, on KERNEL, for TIME minutes
	@scripts/setup build vm
	@scripts/build --kernel $(KERNEL) >/dev/null
	@$(VM) --timeout $$(($(TIME) * 60 + $(LOADS) * 30 + 600)) -- selftests/stress/stress \
		--minutes $(TIME) --loads $(LOADS) $(if $(SEED),--seed $(SEED))

fuzz: ## requests to the devices by chance, on KERNEL, for TIME minutes
	@scripts/setup build vm
	@scripts/build --kernel $(KERNEL) >/dev/null
	@$(VM) --timeout $$(($(TIME) * 60 + 600)) -- selftests/run-all \
		"fuzz/fuzz:--minutes $(TIME)$(SEED:%= --seed %)"

# Half an hour and more: strace stops a program at each call.
corpus: ## real programs under strace and under utrace: the same, call by call?
	@scripts/setup build vm
	@scripts/build --kernel $(KERNEL) >/dev/null
	@TEST_LEVEL=$(LEVEL) $(VM) --image corpus --timeout 7200 -- \
		selftests/run-all record/corpus/run:full

# Of others, so not in check. Those of "decoders" are 1,100 programs: an hour and more.
conformance: ## ptrace(2) by utrace: do the suites of others pass as natively?
	@scripts/setup build vm conformance
	@stage=$$(scripts/build --kernel $(KERNEL)) && mkdir -p "$$stage/suites" && \
	for suite in kernel strace; do \
		dir=$$(selftests/conformance/suites $$suite) && \
		rsync -a --delete "$$dir/" "$$stage/suites/$$suite/" || exit; \
	done
	@selftests/ktap-summary $(VM) --image conformance --timeout 14400 -- \
		selftests/run-all $(SUITES:%=conformance/run:%)

# Instructions, not seconds: the costs are the same on every machine. What gets
# lost is not: that takes two CPUs, and clocks.
bench: ## measure what tracing costs, us and others, into results/bench.json
	@scripts/setup build vm
	@stage=$$(scripts/build --kernel $(KERNEL)) && \
	modules=$$(selftests/bench/modules $(KERNEL)) && \
	rsync -a --delete "$$modules/" "$$stage/peer-modules/" && mkdir -p results && \
	$(VM) --image bench --mem 2G --timeout 7200 --icount -- \
		sh -c 'selftests/bench/run && selftests/bench/cases' >results/bench.txt && \
	$(VM) --image bench --mem 2G --timeout 7200 -- selftests/bench/losses >>results/bench.txt && \
	selftests/bench/report --json results/bench.json results/bench.txt

lint: ## check style, types and texts
	@scripts/setup build lint
	@scripts/lint

.PHONY: all help modules tools modules_install install clean setup demo check check-red stress fuzz corpus conformance bench lint
