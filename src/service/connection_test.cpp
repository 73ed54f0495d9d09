#include "service/connection_test.hpp"

#include <sodium.h>

#include <fmt/format.h>
#include <array>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <span>

#include "fairlead/open.hpp"
#include "service/hints.hpp"

namespace fairlead::service {
namespace {

using Clock = std::chrono::steady_clock;

/// Keeps the time of each step and passes on what the session says.
class StepClock final : public Observer {
  public:
    StepClock(TestReport& report, const TestOptions& options) : report_(report), options_(options) {}

    void step_began(std::string_view step) override {
        current_ = step;
        began_ = Clock::now();
        if (options_.observer != nullptr) options_.observer->step_began(step);
    }
    void step_done(std::string_view step, std::string_view detail) override {
        if (options_.observer != nullptr) options_.observer->step_done(step, detail);
        if (current_ != step) step_began(step);
        if (step == "identity")
            report_.peer.identity = detail;  // so that it is known even if the log-in fails
        add(true, std::string(detail), "");
    }
    void sent(std::string_view line) override {
        if (options_.observer != nullptr) options_.observer->sent(line);
    }
    void received(std::string_view line) override {
        if (options_.observer != nullptr) options_.observer->received(line);
    }
    void note(std::string_view text) override {
        if (options_.observer != nullptr) options_.observer->note(text);
    }

    /// The step that runs, or the one that the error names, failed.
    void failed(const Error& error) {
        if (current_.empty()) step_began(error.step.empty() ? "open" : error.step);
        add(false, error.message, hint_for(error));
    }

  private:
    void add(bool ok, std::string detail, std::string hint) {
        TestStep step{current_, ok,
                      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_),
                      std::move(detail), std::move(hint)};
        current_.clear();
        if (options_.on_step) options_.on_step(step);
        report_.steps.push_back(std::move(step));
    }

    TestReport& report_;
    const TestOptions& options_;
    std::string current_;
    Clock::time_point began_;
};

constexpr std::size_t kEnoughEntries = 10'000;  // a directory that lists this many lists

awaitable<std::string> list_root(FileSystem& files) {
    const auto listing = co_await files.list("/");
    std::size_t count = 0;
    while (count < kEnoughEntries) {
        const auto batch = co_await listing->next();
        if (batch.empty()) co_return fmt::format("{} {}", count, count == 1 ? "entry" : "entries");
        count += batch.size();
    }
    co_return fmt::format("more than {} entries", kEnoughEntries);
}

std::string throw_away_name() {
    std::array<unsigned char, 16> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    std::string name = "/fairlead-test-";
    for (const auto byte : bytes)
        name += fmt::format("{:02x}", byte);
    return name + ".tmp";
}

constexpr std::string_view kContent = "Written by a test of this connection; may be deleted.\n";

awaitable<void> write_file(FileSystem& files, const std::string& path) {
    WriteOptions options;
    options.mode = WriteOptions::Mode::create;
    options.expected_size = kContent.size();
    const auto stream = co_await files.open_write(path, options);
    co_await stream->write(std::as_bytes(std::span(kContent)));
    co_await stream->finish();
}

awaitable<void> remove_if_there(FileSystem& files, const std::string& path) {
    try {
        co_await files.remove(path);
    } catch (const Error&) {
        // It is not there, or cannot be removed: the step that failed has said so.
    }
}

awaitable<void> try_writing(FileSystem& files, StepClock& clock) {
    const auto path = throw_away_name();
    const auto renamed = path + "2";
    std::exception_ptr failure;
    try {
        clock.step_began("write");
        co_await write_file(files, path);
        clock.step_done("write", fmt::format("{} bytes", kContent.size()));
        clock.step_began("rename");
        co_await files.rename(path, renamed, false);
        clock.step_done("rename", "");
        clock.step_began("delete");
        co_await files.remove(renamed);
        clock.step_done("delete", "");
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) co_return;
    co_await boost::asio::this_coro::reset_cancellation_state();  // what was written goes, also after a
                                                                  // Ctrl-C
    co_await remove_if_there(files, path);
    co_await remove_if_there(files, renamed);
    std::rethrow_exception(failure);
}

awaitable<void> run_steps(const Endpoint& endpoint, const TestOptions& options, StepClock& clock,
                          TestReport& report) {
    const auto files = co_await fairlead::open(endpoint, OpenOptions{&clock});
    report.peer = files->peer();
    report.abilities = files->abilities();
    clock.step_began("list");
    const auto found = co_await list_root(*files);
    clock.step_done("list", found);
    if (options.write) co_await try_writing(*files, clock);
    report.abilities = files->abilities();  // it may have learned
    co_await files->close();
}

}  // namespace

awaitable<TestReport> test(Endpoint endpoint, TestOptions options) {
    TestReport report;
    report.environment = options.environment;
    StepClock clock(report, options);
    try {
        co_await run_steps(endpoint, options, clock, report);
        report.ok = true;
    } catch (const Error& error) {
        if (error.code == ErrorCode::cancelled) throw;
        clock.failed(error);
        report.error = error;
        report.error->step = report.steps.back().step;
        report.error->hint = report.steps.back().hint;
    }
    co_return report;
}

}  // namespace fairlead::service
