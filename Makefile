# The targets people type. Everything a fresh Debian 12 lacks is installed by scripts/install-dependencies.

PREFIX ?= /usr/local
BUILD  := build

.PHONY: help dependencies build test test-quick demo bench install format clean

help:
	@echo "make build    build/fairlead: one binary, command line and daemon"
	@echo "make demo     see it work against real servers on this machine"
	@echo "make test     every test, plain and under sanitizers"
	@echo "make bench    side by side with lftp, rclone, curl and sftp"
	@echo "make install  binary, library, headers, man page, completions under PREFIX ($(PREFIX))"

dependencies:
	@scripts/install-dependencies build

$(BUILD)/build.ninja: | dependencies
	cmake --preset release

build: dependencies $(BUILD)/build.ninja
	cmake --build --preset release --target fairlead_cli
