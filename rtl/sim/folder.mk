# Builds and runs the testbench with Verilator (5.48 or newer, with make, perl and a C++20 compiler), and nothing else.
#
#   make        build and run it
#   make lint   check the sources           make clean   delete what was built
VERILATOR ?= $(shell command -v verilator || command -v verilator-cli || echo verilator)
ifeq ($(origin CXX),default)
CXX = $(shell command -v c++ || command -v g++ || command -v clang++ || echo c++)
endif
JOBS ?= 2
# A run takes less time than a compiler that optimises: -O2 pays for long ones.
OPTIMISE ?= -O0

# What a packaged Verilator has in its makefile is of the machine that made it.
TOOLS = CXX=$(CXX) LINK=$(CXX) CFG_CXXFLAGS_PCH_I=-include OPT_FAST=$(OPTIMISE) OPT_SLOW=-O0 OPT_GLOBAL=-O0
# `make lint` is about the chip's sources; a testbench is written for people, not for hardware.
FLAGS = --timing -O3 -Wno-lint -Wno-style --no-assert --x-assign unique --x-initial unique \
  --output-split 100000 --output-split-cfuncs 4000 --quiet
# What nothing sets begins at random, as in silicon.
RUN = +verilator+quiet +verilator+rand+reset+2 +verilator+seed+1
SOURCES = $(shell cat simulation.f)

all: build/tb_genesys
	./$< $(RUN)

build/tb_genesys: $(SOURCES) tb/tb_genesys.sv Makefile
	$(VERILATOR) --binary $(FLAGS) -j $(JOBS) $(foreach one,$(TOOLS),-MAKEFLAGS $(one)) --top-module $(@F) \
	  --Mdir $(@D) -o $(@F) -f simulation.f tb/$(@F).sv

lint:
	$(VERILATOR) --lint-only -Wall --top-module genesys -f synthesis.f

clean:
	rm -rf build

.PHONY: all lint clean
