#include "transfer/session_budget.hpp"

#include <algorithm>

namespace fairlead::transfer {
namespace {

constexpr std::chrono::seconds kFirstPause(30), kLongestPause(600);  // before the limit grows by one
constexpr unsigned kLogInsAtOnce = 8;  // sshd drops some of those that come together (MaxStartups)

/// What servers do when there are too many: they say so, or they refuse or drop the connection.
bool may_mean_too_many(const Error& error) {
    switch (error.code) {
        case ErrorCode::server_busy:
        case ErrorCode::connection_refused:
        case ErrorCode::connection_lost:
        case ErrorCode::timeout:
            return true;
        default:
            return false;
    }
}

}  // namespace

SessionBudget::SessionBudget(unsigned most, Patience patience)
    : most_(std::max(1u, most)), allowed_(most_), patience_(patience), pause_(kFirstPause) {}

void SessionBudget::limit(unsigned most) {
    most_ = std::max(1u, std::min(most_, most));
    allowed_ = std::min(allowed_, most_);
}

bool SessionBudget::may_begin(Moment now) {
    while (grows_at_ && now >= *grows_at_) {
        allowed_ = std::min(allowed_ + 1, most_);
        *grows_at_ += pause_;
        if (allowed_ == most_) grows_at_.reset();
    }
    if (resting_until_ && now < *resting_until_) return false;
    return open_ + opening_ < allowed_ && opening_ < kLogInsAtOnce;
}

void SessionBudget::succeeded() {
    --opening_;
    ++open_;
    refusals_ = 0;
    resting_until_.reset();
    if (!grows_at_) pause_ = kFirstPause;  // as many as ever were wanted
}

bool SessionBudget::failed(const Error& error, Moment now, double luck) {
    --opening_;
    const auto others = open_ + opening_;
    if (others > 0) {
        if (!may_mean_too_many(error)) return false;
        shrink(now);
        return true;
    }
    if (error.code != ErrorCode::server_busy || !is_worth_another(error, ++refusals_, patience_)) {
        refusals_ = 0;
        return false;
    }
    resting_until_ = now + wait_after(refusals_, error, patience_, luck);
    return true;
}

void SessionBudget::failed_unnoticed(const Error& error, Moment now, double luck) {
    (void)failed(error, now, luck);
    if (open_ + opening_ > 0 && error.code != ErrorCode::cancelled && !may_mean_too_many(error)) shrink(now);
}

/// To as many as there are.
void SessionBudget::shrink(Moment now) {
    allowed_ = std::min(allowed_, open_ + opening_);
    grows_at_ = now + pause_;
    pause_ = std::min(2 * pause_, kLongestPause);
}

std::optional<SessionBudget::Moment> SessionBudget::next_change() const {
    if (resting_until_) return resting_until_;
    return grows_at_;
}

}  // namespace fairlead::transfer
