#include "service/run_trace.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/utf8.hpp"
#include "fairlead/entry.hpp"

namespace fairlead::service {
namespace {

constexpr std::uint64_t kMost = 1024 * 1024;
constexpr std::string_view kEnd = "* The trace ends here: it is longer than 1 MiB.\n";

class Listener final : public Observer {
  public:
    Listener(std::shared_ptr<RunTrace> trace, std::string connection, Observer* besides)
        : trace_(std::move(trace)), connection_(std::move(connection)), besides_(besides) {}

    void step_began(std::string_view step) override {
        if (besides_ != nullptr) besides_->step_began(step);
    }
    void step_done(std::string_view step, std::string_view detail) override {
        trace_->add(connection_, '*', detail.empty() ? std::string(step) : fmt::format("{}: {}", step, detail));
        if (besides_ != nullptr) besides_->step_done(step, detail);
    }
    void sent(std::string_view line) override {
        trace_->add(connection_, '>', line);
        if (besides_ != nullptr) besides_->sent(line);
    }
    void received(std::string_view line) override {
        trace_->add(connection_, '<', line);
        if (besides_ != nullptr) besides_->received(line);
    }
    void note(std::string_view text) override {
        trace_->add(connection_, '*', text);
        if (besides_ != nullptr) besides_->note(text);
    }

  private:
    std::shared_ptr<RunTrace> trace_;
    std::string connection_;
    Observer* besides_;
};

}  // namespace

std::shared_ptr<Observer> RunTrace::observer(std::shared_ptr<RunTrace> trace, std::string connection, Observer* besides) {
    return std::make_shared<Listener>(std::move(trace), std::move(connection), besides);
}

void RunTrace::add(std::string_view connection, char mark, std::string_view text) {
    const auto now = std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
    const auto time = to_rfc3339(now).substr(11, 12);
    const auto line = fmt::format("{} {} {} {}\n", time, to_printable(connection), mark, to_printable(text));
    const std::scoped_lock lock(mutex_);
    if (full_ || news_.size() > kMost) return;
    news_ += line;
}

bool RunTrace::has_news() const {
    const std::scoped_lock lock(mutex_);
    return !news_.empty();
}

std::string RunTrace::news(std::uint64_t recorded) {
    const std::scoped_lock lock(mutex_);
    if (full_ || recorded >= kMost) return {};
    const auto room = kMost - recorded;
    cut_ = news_.size() > room;
    if (!cut_) return news_;
    return news_.substr(0, news_.rfind('\n', room - 1) + 1) + std::string(kEnd);  // whole lines; none where not even one fits
}

void RunTrace::written(const std::string& news) {
    const std::scoped_lock lock(mutex_);
    full_ = full_ || cut_;
    if (full_)
        news_.clear();
    else
        news_.erase(0, news.size());
}

}  // namespace fairlead::service
