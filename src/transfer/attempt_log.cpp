#include "transfer/attempt_log.hpp"

#include <utility>

#include "base/error_json.hpp"
#include "base/utf8.hpp"

namespace fairlead::transfer {
namespace {

namespace json = boost::json;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kMostAttempts = 10;
constexpr std::size_t kMostSteps = 16;
constexpr std::size_t kLongestText = 1000;  // of what a server said, or we

Time now() {
    return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
}

/// As it is kept: a server may say anything, at any length.
json::object kept(Error error, const std::string& step) {
    if (error.step.empty()) error.step = step;
    for (auto* text : {&error.message, &error.server_reply})
        if (text->size() > kLongestText) text->resize(kLongestText);
    error.path.clear();  // it is the file's
    error.faults.clear();
    return fairlead::to_json(error);
}

}  // namespace

void AttemptLog::go_on(std::int64_t attempts, json::array history) {
    attempts_ = attempts;
    history_ = std::move(history);
}

void AttemptLog::begin() {
    current_ = Attempt{now(), {}, {}, 0, {}, false};
    ++attempts_;
}

void AttemptLog::step(std::string_view name) {
    if (!current_) begin();
    if (current_->in_step && current_->steps.back().name == name) return;
    end_step(true);
    if (current_->steps.size() == kMostSteps) return;
    current_->steps.push_back({std::string(name), Steady::now(), {}, true});
    current_->in_step = true;
}

void AttemptLog::end_step(bool ok) {
    if (!std::exchange(current_->in_step, false)) return;
    auto& last = current_->steps.back();
    last.took = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - last.began);
    last.ok = ok;
}

void AttemptLog::between(std::string_view source, std::string_view target) {
    if (!current_) return;
    current_->source = source;
    current_->target = target;
}

void AttemptLog::moved(std::uint64_t bytes) {
    if (current_) current_->bytes = bytes;
}

void AttemptLog::failed(const Error& error) {
    if (current_) end(&error);
}

void AttemptLog::close(const std::optional<Error>& error) {
    if (!current_ && attempts_ == 0 && error) begin();
    if (current_) end(error ? &*error : nullptr);
}

void AttemptLog::end(const Error* error) {
    end_step(error == nullptr);
    if (history_.size() == kMostAttempts) history_.erase(history_.begin());
    history_.push_back(document_of(*current_, error));
    current_.reset();
}

json::object AttemptLog::document_of(const Attempt& attempt, const Error* error) const {
    json::object document;
    document["attempt"] = attempts_;
    document["startedAt"] = to_rfc3339(attempt.began);
    document["finishedAt"] = to_rfc3339(now());
    document["bytes"] = attempt.bytes;
    if (!attempt.source.empty()) document["source"] = to_valid_utf8(attempt.source);
    if (!attempt.target.empty()) document["target"] = to_valid_utf8(attempt.target);
    json::array steps;
    for (const auto& step : attempt.steps)
        steps.push_back({{"step", step.name}, {"ok", step.ok}, {"milliseconds", step.took.count()}});
    document["steps"] = std::move(steps);
    const auto at = attempt.steps.empty() ? std::string() : attempt.steps.back().name;
    document["error"] = error != nullptr ? json::value(kept(*error, at)) : json::value();
    return document;
}

json::array AttemptLog::history() const {
    auto all = history_;
    if (current_) all.push_back(document_of(*current_, nullptr));
    return all;
}

}  // namespace fairlead::transfer
