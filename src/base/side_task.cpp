#include "base/side_task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <utility>

namespace fairlead {
namespace asio = boost::asio;

struct SideTask::State {
    enum class Phase { waiting, running, ended } phase = Phase::waiting;
    bool unwanted = false;  // cancelled before it began
    asio::cancellation_signal signal;
};

SideTask::SideTask(const asio::any_io_executor& executor, awaitable<void> work, Ended ended)
    : state_(std::make_shared<State>()) {
    asio::co_spawn(executor, run(state_, std::move(work)),
                   asio::bind_cancellation_slot(state_->signal.slot(), std::move(ended)));
}

void SideTask::cancel() {
    if (state_->phase == State::Phase::waiting)
        state_->unwanted = true;
    else if (state_->phase == State::Phase::running)
        state_->signal.emit(asio::cancellation_type::terminal);
}

awaitable<void> SideTask::run(std::shared_ptr<State> state, awaitable<void> work) {
    struct Until {
        State& state;
        ~Until() { state.phase = State::Phase::ended; }
    } until{*state};
    if (state->unwanted) throw Error(ErrorCode::cancelled, "Stopped before it began.");
    state->phase = State::Phase::running;
    co_await std::move(work);
}

}  // namespace fairlead
