#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fairlead/open.hpp"
#include "support/run.hpp"
#include "support/scripted_ftp.hpp"
#include "support/server.hpp"
#include "support/silent_peer.hpp"

namespace fairlead::test {

using namespace std::chrono_literals;

/// How an attempt ended.
struct Outcome {
    std::string code = "no error";
    std::optional<Error> error;
    std::chrono::milliseconds took{0};
};

template <class Action>
Outcome outcome_of(Action&& action) {
    Outcome outcome;
    const auto began = std::chrono::steady_clock::now();
    try {
        action();
    } catch (const Error& error) {
        outcome.code = to_string(error.code);
        outcome.error = error;
    }
    outcome.took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    return outcome;
}

std::ostream& operator<<(std::ostream& out, const Outcome& outcome);

/// A session on one peer, with blocking forms of what the tests do.
class Session {
  public:
    explicit Session(const Endpoint& endpoint, Observer* observer = nullptr)
        : files_(loop.run(fairlead::open(endpoint, {observer}))) {}
    FileSystem& files() { return *files_; }

    Entry stat(std::string_view path) { return loop.run(files_->stat(path)); }
    std::vector<Entry> list(std::string_view path);
    std::vector<std::string> names(std::string_view path);  ///< sorted
    std::string read(std::string_view path, ReadOptions options = {});
    void write(std::string_view path, std::string_view content, WriteOptions options = {});
    void rename(std::string_view from, std::string_view to, bool replace = false) {
        loop.run(files_->rename(from, to, replace));
    }
    void remove(std::string_view path) { loop.run(files_->remove(path)); }
    void make_directory(std::string_view path) { loop.run(files_->make_directory(path)); }
    void remove_directory(std::string_view path) { loop.run(files_->remove_directory(path)); }
    void ping() { loop.run(files_->ping()); }
    void close() { loop.run(files_->close()); }

    Loop loop;

  private:
    std::unique_ptr<FileSystem> files_;
};

/// How opening a session ends.
Outcome opening(const Endpoint& endpoint);

/// The same operations as awaitables, for cancelling them. The path and content must outlive them.
awaitable<void> open_and_close(Endpoint endpoint);
awaitable<void> read_whole(FileSystem& files, std::string path);
awaitable<void> write_whole(FileSystem& files, std::string path, std::string content);
awaitable<void> list_whole(FileSystem& files, std::string path);

}  // namespace fairlead::test
