#include "cli/json_log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "fairlead/entry.hpp"
#include "fairlead/error.hpp"

namespace fairlead::cli {
namespace {

constexpr std::size_t kMostWaiting = 4 * 1024 * 1024;

std::string_view to_string(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "info";
}

std::string line_of(LogLevel level, std::string_view event, boost::json::object details) {
    boost::json::object line{{"time", to_rfc3339(std::chrono::time_point_cast<std::chrono::milliseconds>(
                                          std::chrono::system_clock::now()))},
                             {"level", to_string(level)},
                             {"event", event}};
    for (auto& [name, value] : details)
        line[name] = std::move(value);
    return boost::json::serialize(line) + "\n";
}

}  // namespace

LogLevel parse_log_level(std::string_view word) {
    for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error})
        if (to_string(level) == word) return level;
    Error error(ErrorCode::invalid_argument, fmt::format("'{}' is no level of the log.", word));
    error.faults.push_back({"log-level", std::string(word), "must be debug, info, warning or error"});
    throw error;
}

/// Shared with its thread, which may be stuck in a write when the process ends.
struct JsonLog::Writer {
    void run() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return !waiting.empty() || ending; });
            if (waiting.empty()) break;
            const auto lines = std::exchange(waiting, {});
            lock.unlock();
            for (std::size_t at = 0; at < lines.size();) {
                const auto written = ::write(STDERR_FILENO, lines.data() + at, lines.size() - at);
                if (written > 0) at += static_cast<std::size_t>(written);
                if (written < 0 && errno != EINTR) break;  // nobody reads any more
            }
            lock.lock();
        }
        ended = true;
        changed.notify_all();
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::string waiting;
    std::uint64_t left_out = 0;
    bool ending = false;
    bool ended = false;
};

JsonLog::JsonLog(LogLevel least) : least_(least), writer_(std::make_shared<Writer>()) {
    std::thread([writer = writer_] {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        writer->run();
    }).detach();
}

JsonLog::~JsonLog() {
    std::unique_lock lock(writer_->mutex);
    writer_->ending = true;
    writer_->changed.notify_all();
    writer_->changed.wait_for(lock, std::chrono::seconds(1), [this] { return writer_->ended; });
}

void JsonLog::write(LogLevel level, std::string_view event, boost::json::object details) {
    if (!wants(level)) return;
    auto line = line_of(level, event, std::move(details));
    const std::scoped_lock lock(writer_->mutex);
    if (writer_->waiting.size() + line.size() > kMostWaiting) {
        ++writer_->left_out;
        return;
    }
    if (writer_->left_out > 0)
        writer_->waiting += line_of(LogLevel::warning, "log lines left out",
                                    {{"count", std::exchange(writer_->left_out, 0)}});
    writer_->waiting += line;
    writer_->changed.notify_all();
}

}  // namespace fairlead::cli
