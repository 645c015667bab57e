# Builds xm, xend and their helpers, and runs their tests.
#
#   make            build everything              make install    DESTDIR, prefix, sbindir, sysconfdir honoured
#   make unit       tests that need no Xen        make check      every test, the lab included
#   make demo       a guest's life on two hosts   make SANITIZE=1 unit    the same tests under ASan and UBSan
#   make bench      xm beside xl, into build/bench
#
# A folder's *.cc files become one archive; main.cc and *_main.cc are the entry points of programs.

MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash

.PHONY: all
all:

# ---- configuration ---------------------------------------------------------------------------------------------------

# These goals run before anything is installed, so they must not need config.mk; they call make again.
BARE_GOALS := check demo bench packages clean distclean
ifneq ($(filter-out $(BARE_GOALS),$(or $(MAKECMDGOALS),all)),)
include config.mk
endif

configure: configure.ac
	autoconf

config.mk: configure config.mk.in
	./configure --quiet

# `make V=1` shows the commands.
ifndef V
say = @printf '  %-4s %s\n' $(1) $(2);
endif

# ---- compiling -------------------------------------------------------------------------------------------------------

ifdef SANITIZE
B := build/sanitize
# GCC sees uninitialised variables in Boost once the sanitizers have rewritten it; the ordinary build has the warning on.
SANITIZE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
	-Wno-maybe-uninitialized
else
B := build
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
ALL_CXXFLAGS = -std=gnu++20 $(CXXFLAGS) $(WARNINGS) $(SANITIZE_FLAGS) -pthread -I. $(PKG_CFLAGS) \
	-DXM_VERSION='"$(VERSION)"' -DLIBEXECDIR='"$(pkglibexecdir)"' -DXEN_CONFIG_DIR='"$(xenconfdir)"' \
	-DXEN_PRIVATE_BINDIR='"$(XEN_PRIVATE_BINDIR)"'
ALL_LDFLAGS = $(LDFLAGS) $(SANITIZE_FLAGS) -pthread

sources = $(sort $(filter-out %/main.cc %_main.cc,$(shell find $(1) -name '*.cc')))
objects = $(patsubst %.cc,$(B)/obj/%.o,$(1))

LIBS := sxp libxc-wrap rpc xend xm
define archive
$(1)_OBJECTS := $(call objects,$(call sources,$(1)))
$(B)/lib$(1:lib%=%).a: $$($(1)_OBJECTS)
	@rm -f $$@
	$$(call say,AR,$$@)ar rcs $$@ $$^
endef
$(foreach lib,$(LIBS),$(eval $(call archive,$(lib))))

# The helpers are linked from their own folder alone, without what the daemon runs them with: they must not drag it in.
HELPER_RUNNER := $(patsubst %,xend/helpers/%.cc,cancellation child_process helper_programs helper_run)
HELPER_OBJECTS := $(call objects,$(filter-out $(HELPER_RUNNER),$(call sources,xend/helpers)))
$(B)/libhelpers.a: $(HELPER_OBJECTS)
	@rm -f $@
	$(call say,AR,$@)ar rcs $@ $^

# Tests run once for each time they are compiled: compiling them well takes longer than it saves.
$(B)/obj/tests/%.o: ALL_CXXFLAGS += -O0
# Those that play a hundred thousand schedules are an exception.
$(B)/obj/tests/sim/handover/%.o: ALL_CXXFLAGS += -O2

$(B)/obj/%.o: %.cc config.mk
	@mkdir -p $(@D)
	$(call say,CXX,$<)$(CXX) $(ALL_CXXFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# ---- programs --------------------------------------------------------------------------------------------------------

HELPERS := xc_build xc_save xc_restore xc_dump
PROGRAMS := $(B)/xm-cli/xm $(B)/xm-cli/xm-https $(B)/xm-cli/xm-image $(B)/xend-daemon/xend $(addprefix $(B)/helpers/,$(HELPERS))

# Without the libraries of TLS, which take longer to load than most commands to run.
$(B)/xm-cli/xm: $(B)/obj/xm/main.o $(B)/libxm.a $(B)/librpc.a $(B)/libsxp.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(filter-out -lssl -lcrypto,$(RPC_LIBS))

$(B)/xm-cli/xm-https: $(B)/obj/xm/https_main.o $(B)/libxm.a $(B)/librpc.a $(B)/libsxp.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(RPC_LIBS)

# What xm looks into save images with, on machines without Xen's libraries: of the daemon's code what reads images.
IMAGE_READER := $(call objects,$(addprefix xend/,checkpoint/image_main.cc checkpoint/image_report.cc \
	checkpoint/container.cc error.cc))
$(B)/xm-cli/xm-image: $(IMAGE_READER) $(B)/libhelpers.a $(B)/libsxp.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(HELPER_LIBS)

$(B)/xend-daemon/xend: $(B)/obj/xend/main.o $(B)/libxend.a $(B)/librpc.a $(B)/libxc-wrap.a $(B)/libsxp.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LDFLAGS) -o $@ $^ $(RPC_LIBS) $(XEND_LIBS) $(XEN_LIBS)

# -rdynamic: functions of the helper (writev, read) must win over the C library's for libxenguest's calls.
$(B)/helpers/%: $(B)/obj/xend/helpers/%_main.o $(B)/libhelpers.a $(B)/libxc-wrap.a $(B)/libsxp.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(ALL_LDFLAGS) -rdynamic -o $@ $^ $(HELPER_LIBS) $(XEN_LIBS)

all: $(PROGRAMS)

# ---- tests without Xen -----------------------------------------------------------------------------------------------

TEST_LIBS = $(B)/libxm.a $(B)/libxend.a $(B)/librpc.a $(B)/libxc-wrap.a $(B)/libsxp.a
define test_program
$(B)/tests/$(1): $(call objects,$(sort $(shell find tests/$(1) tests/fakes -name '*.cc'))) $$(TEST_LIBS)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)$$(CXX) $$(ALL_LDFLAGS) -o $$@ $$^ $$(RPC_LIBS) $$(XEND_LIBS) $$(HELPER_LIBS) $$(XEN_LIBS) -lgmock -lgtest -lgtest_main -lboost_context
endef
$(foreach t,unit sim,$(eval $(call test_program,$(t))))

.PHONY: unit sim
unit: $(B)/tests/unit $(PROGRAMS)
	build-aux/run-tests $(B) unit

sim: $(B)/tests/sim $(PROGRAMS)
	build-aux/run-tests $(B) sim

# A hundred times as many schedules of a handover as `make sim` plays: a quarter of an hour.
.PHONY: sim-soak
sim-soak: $(B)/tests/sim
	XEND_SIM_SCHEDULES=10000000 $(B)/tests/sim --gtest_filter='Handover.*' --gtest_brief=1

FUZZERS := $(patsubst tests/fuzz/%.cc,build/fuzz/%,$(wildcard tests/fuzz/*_fuzz.cc))
.PHONY: fuzz
fuzz: $(FUZZERS)

# libFuzzer needs clang, and the code under test instrumented by it: the few files it needs are compiled anew.
COMPILE_FUZZER = clang++ -std=gnu++20 -g -O1 -fsanitize=fuzzer,address,undefined -pthread -I. $(PKG_CFLAGS) \
	-DXM_VERSION='""' -DLIBEXECDIR='""' -DXEN_PRIVATE_BINDIR='""' -o $@ $^ $(RPC_LIBS)
build/fuzz/%: tests/fuzz/%.cc $(call sources,sxp) $(call sources,rpc)
	@mkdir -p $(@D)
	$(COMPILE_FUZZER)

# What of xm reads guest files, without what opens them and starts python3.
GUEST_FILE_SOURCES := $(filter-out %/file.cc %/python_process.cc,$(call sources,xm/guest_config)) xm/programs.cc xm/units.cc
build/fuzz/guest_file_fuzz build/fuzz/device_text_fuzz: build/fuzz/%: tests/fuzz/%.cc $(call sources,sxp) $(GUEST_FILE_SOURCES)
	@mkdir -p $(@D)
	$(COMPILE_FUZZER)

build/fuzz/image_fuzz: build/fuzz/%: tests/fuzz/%.cc $(call sources,sxp) xend/error.cc \
		$(addprefix xend/checkpoint/,container.cc image_report.cc) $(addprefix xend/helpers/,descriptor.cc \
		device_state_record.cc direct_file.cc failure.cc fd_stream.cc frame_format.cc frame_reader.cc image.cc legacy_conversion.cc \
		libxc_stream.cc page_data.cc)
	@mkdir -p $(@D)
	$(COMPILE_FUZZER) $(HELPER_LIBS)

build/fuzz/zero_pages_fuzz: build/fuzz/%: tests/fuzz/%.cc $(addprefix libxc-wrap/,error.cc handle.cc zero_page.cc) \
		$(addprefix xend/helpers/,failure.cc left_out_pages.cc page_data.cc zero_page_filter.cc)
	@mkdir -p $(@D)
	$(COMPILE_FUZZER) $(XEN_LIBS)

build/fuzz/qmp_answers_fuzz: build/fuzz/%: tests/fuzz/%.cc xend/build/qmp_answers.cc xend/error.cc xend/log_text.cc
	@mkdir -p $(@D)
	$(COMPILE_FUZZER)

build/fuzz/boot_answer_fuzz: build/fuzz/%: tests/fuzz/%.cc xend/build/boot_answer.cc xend/error.cc $(call sources,sxp)
	@mkdir -p $(@D)
	$(COMPILE_FUZZER)

# config.sxp as xend reads and writes it, without the folder that it is in.
STORED_CONFIG_SOURCES := libxc-wrap/types.cc $(addprefix xend/,error.cc log.cc log_text.cc) \
	$(addprefix xend/domain/,carried_over.cc cpuid_config.cc domain_config.cc domain_sxp.cc image_config.cc security_label.cc \
	stored_config.cc)
build/fuzz/stored_config_fuzz: build/fuzz/%: tests/fuzz/%.cc $(call sources,sxp) $(STORED_CONFIG_SOURCES)
	@mkdir -p $(@D)
	$(COMPILE_FUZZER) $(XEND_LIBS)

build/fuzz/http_request_fuzz build/fuzz/form_fuzz: build/fuzz/%: tests/fuzz/%.cc xend/error.cc $(call sources,sxp) \
		$(call sources,rpc) $(addprefix xend/api/http_face/,browser_guard.cc domain_operations.cc form.cc html.cc \
		operation.cc reply.cc)
	@mkdir -p $(@D)
	$(COMPILE_FUZZER)

# ---- every test, the demonstration -----------------------------------------------------------------------------------

.PHONY: packages check demo bench check-installed
packages:
	build-aux/install-packages

check: packages
	$(MAKE) -j$$(nproc) all
	$(MAKE) -j$$(nproc) build/tests/unit build/tests/sim
	build-aux/run-tests build unit sim lab

demo: packages
	$(MAKE) -j$$(nproc) all
	tests/lab/demo

bench: packages
	$(MAKE) -j$$(nproc) all
	tests/lab/bench
	tests/lab/bench one

# ---- installing ------------------------------------------------------------------------------------------------------

include build-aux/install.mk

# ---- cleaning --------------------------------------------------------------------------------------------------------

.PHONY: clean distclean
clean:
	rm -rf build

distclean: clean
	rm -rf autom4te.cache configure config.mk config.log config.status
