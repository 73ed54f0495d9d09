# The targets people type. What a fresh Debian 12 lacks is installed by scripts/install-dependencies.

PREFIX ?= /usr/local

.PHONY: help build demo test test-plain test-sanitized soak bench fuzz install format clean

help:
	@echo "make build    build/fairlead: one binary, command line and daemon"
	@echo "make demo     watch it work against real servers on this machine"
	@echo "make test     every test, plain and under the sanitizers"
	@echo "make soak     10,000 files with 16 workers against servers that allow three sessions;"
	@echo "              minutes of clients of the daemon that stall, cut and send rubbish (HOSTILE_SECONDS=180),"
	@echo "              also with a daemon under the address and undefined-behaviour sanitizers"
	@echo "make bench    side by side with lftp, rclone, curl and sftp; writes docs/performance.md"
	@echo "make fuzz     each fuzz target for SECONDS=30"
	@echo "make install  binary, library, headers, man page, completions under PREFIX=$(PREFIX)"

build:
	@scripts/install-dependencies build
	@cmake --preset release -DFAIRLEAD_TESTS=OFF >/dev/null || cmake --preset release -DFAIRLEAD_TESTS=OFF
	@cmake --build --preset release

demo: build
	@scripts/install-dependencies test
	@scripts/demo

test: test-plain test-sanitized

test-plain:
	@scripts/install-dependencies test
	@tests/servers/unpack-servers build/servers
	cmake --preset release -DFAIRLEAD_TESTS=ON
	cmake --build --preset release
	ctest --test-dir build --output-on-failure -j2 $(CTEST_FLAGS)

test-sanitized:
	@scripts/install-dependencies test
	@tests/servers/unpack-servers build/servers
	cmake --preset asan
	cmake --build --preset asan --target fairlead_unit_tests fairlead_conformance_tests
	ctest --test-dir build/asan --output-on-failure -j2 -L 'unit|conformance' $(CTEST_FLAGS)

soak:
	@scripts/install-dependencies test
	@tests/servers/unpack-servers build/servers
	cmake --preset release -DFAIRLEAD_TESTS=ON
	cmake --build --preset release --target fairlead_cli fairlead_e2e_tests
	FAIRLEAD_SOAK_FILES=10000 build/tests/fairlead_e2e_tests --gtest_filter='ManyFiles.sixteen*'
	cmake --preset asan
	cmake --build --preset asan --target fairlead_cli
	for binary in build/fairlead build/asan/fairlead; do FAIRLEAD_TEST_BINARY=$$PWD/$$binary \
	  FAIRLEAD_HOSTILE_SECONDS=$(or $(HOSTILE_SECONDS),180) build/tests/fairlead_e2e_tests --gtest_filter='RestHostile.*' || exit 1; done

bench: build
	@scripts/install-dependencies bench
	@tests/servers/unpack-servers build/servers
	@bench/run --write docs/performance.md
	@bench/run --link slow --write docs/performance.md

fuzz:
	@scripts/install-dependencies test
	cmake --preset fuzz
	cmake --build --preset fuzz
	@scripts/fuzz $(or $(SECONDS),30)

install: build
	cmake --install build --prefix $(PREFIX)

format:
	clang-format-16 -i $$(git ls-files '*.cpp' '*.hpp')

clean:
	rm -rf build
