#pragma once

#include <chrono>
#include <optional>

#include "fairlead/error.hpp"
#include "transfer/retry.hpp"

namespace fairlead::transfer {

/// How many sessions one server is given, decided from what happens; it opens nothing itself.
///
/// A server that turns a further log-in away, while others are open, sets the limit: to as many as there are.
/// Later the limit grows again, by one at a time; each refusal makes that pause twice as long. A server that
/// turns away even the only session is tried again after growing waits, as often as patience says.
class SessionBudget {
  public:
    using Moment = std::chrono::steady_clock::time_point;

    /// `most` is what was configured, 1 or more.
    SessionBudget(unsigned most, Patience patience);

    /// Somebody else who uses the server has another limit: the smallest that was said holds.
    void limit(unsigned most);
    void set_patience(Patience patience) { patience_ = patience; }

    /// Whether a further log-in may begin.
    bool may_begin(Moment now);
    void begin() { ++opening_; }
    /// The log-in that was begun has led to a session.
    void succeeded();
    /// It has failed. Gives whether to wait in line and try again; else the error is the answer.
    bool failed(const Error& error, Moment now, double luck);
    /// It has failed, whyever, when nobody waited for it any more: while others are open, no more are begun
    /// for the time being.
    void failed_unnoticed(const Error& error, Moment now, double luck);
    /// A session has ended.
    void ended() { --open_; }

    /// When may_begin may become true though nothing else happens.
    std::optional<Moment> next_change() const;
    /// How many sessions there may be now, and how many if the server lets us.
    unsigned allowed() const noexcept { return allowed_; }
    unsigned most() const noexcept { return most_; }

  private:
    void shrink(Moment now);

    unsigned most_, allowed_;
    Patience patience_;
    unsigned open_ = 0, opening_ = 0;
    unsigned refusals_ = 0;  // in a row, of the only session
    std::optional<Moment> grows_at_, resting_until_;
    std::chrono::seconds pause_;
};

}  // namespace fairlead::transfer
