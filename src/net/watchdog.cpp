#include "net/watchdog.hpp"

#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace fairlead::net {

struct Watchdog::State : std::enable_shared_from_this<State> {
    State(const boost::asio::any_io_executor& executor, std::function<void()> bite_)
        : timer(executor), bite(std::move(bite_)) {}

    void wait() {
        waiting_until = deadline;
        timer.expires_at(deadline);
        timer.async_wait([self = shared_from_this(), wait_number = ++number](const auto&) {
            if (wait_number == self->number) self->expired();
        });
    }

    void expired() {
        waiting_until = kNever;
        if (deadline == kNever) return;
        if (Clock::now() < deadline) return wait();  // armed again meanwhile, for later
        deadline = kNever;
        fired = true;
        if (bite) bite();
    }

    static constexpr Deadline kNever = Deadline::max();

    boost::asio::steady_timer timer;
    std::function<void()> bite;
    Deadline deadline = kNever;
    Deadline waiting_until = kNever;  // kNever: no wait is under way
    unsigned number = 0;              // of the wait whose handler still counts
    bool fired = false;
};

Watchdog::Watchdog(const boost::asio::any_io_executor& executor, std::function<void()> bite)
    : state_(std::make_shared<State>(executor, std::move(bite))) {}

Watchdog::~Watchdog() {
    if (!state_) return;
    state_->bite = nullptr;
    ++state_->number;
    state_->timer.cancel();
}

void Watchdog::arm(Deadline deadline) {
    state_->fired = false;
    state_->deadline = deadline;
    if (deadline < state_->waiting_until) state_->wait();
}

void Watchdog::disarm() noexcept {
    state_->deadline = State::kNever;
}

bool Watchdog::fired() const noexcept {
    return state_->fired;
}

}  // namespace fairlead::net
