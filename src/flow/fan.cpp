#include "flow/fan.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <vector>

#include "base/event.hpp"
#include "transfer/failure.hpp"

namespace fairlead::flow {
namespace {

namespace asio = boost::asio;
constexpr std::size_t kWindow = 4 * 1024 * 1024;

}  // namespace

struct Fan::State {
    State(asio::any_io_executor executor, std::size_t count, std::chrono::milliseconds patience_)
        : readers(count), patience(patience_), room(executor), news(executor) {}

    struct Place {
        std::uint64_t next = 0;  // the number of the piece that it gets next
        bool begun = false, gone = false, let_go = false;
    };
    using Piece = std::shared_ptr<const std::vector<std::byte>>;

    bool wanted() const {
        return std::ranges::any_of(readers, [](const Place& reader) { return !reader.gone; });
    }
    /// The first piece that somebody has not had.
    std::uint64_t slowest() const {
        auto least = first + pieces.size();
        for (const auto& reader : readers)
            if (!reader.gone) least = std::min(least, reader.next);
        return least;
    }
    void moved_on() {
        for (const auto keep = slowest(); first < keep; ++first) {
            bytes -= pieces.front()->size();
            pieces.pop_front();
        }
        room.cancel();
    }

    std::vector<Place> readers;
    std::chrono::milliseconds patience;
    std::deque<Piece> pieces;
    std::uint64_t first = 0;  // the number of the first of them
    std::size_t bytes = 0, most_bytes = 0;
    bool ended = false;
    std::optional<Error> failure;
    asio::steady_timer room;  // cancelled whenever a reader got on
    Event news;               // for the readers
};

class Fan::Reader final : public ReadStream {
  public:
    Reader(std::shared_ptr<State> state, std::size_t number) : state_(std::move(state)), number_(number) {}
    ~Reader() override { leave(); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    awaitable<std::span<const std::byte>> read() override {
        auto& place = state_->readers[number_];
        for (;;) {
            if (place.gone) throw Error(ErrorCode::incomplete, "It was too slow for the other targets, which got on without it.");
            if (place.next < state_->first + state_->pieces.size()) {
                current_ = state_->pieces[static_cast<std::size_t>(place.next - state_->first)];
                ++place.next;
                state_->moved_on();
                co_return std::span<const std::byte>(*current_);
            }
            if (state_->failure) throw Error(*state_->failure);
            if (state_->ended) co_return std::span<const std::byte>();
            co_await state_->news.wait();
        }
    }
    awaitable<void> close() override {
        leave();
        co_return;
    }

  private:
    void leave() {
        state_->readers[number_].gone = true;
        state_->moved_on();
    }

    std::shared_ptr<State> state_;
    std::size_t number_;
    State::Piece current_;  // stays while it is being written
};

namespace {

/// Waits until a reader got on, or nobody did for so long; gives whether somebody did.
awaitable<bool> got_on(asio::steady_timer& room, std::chrono::milliseconds patience) {
    room.expires_after(patience);
    boost::system::error_code ended;
    co_await room.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    co_return ended == asio::error::operation_aborted;
}

}  // namespace

Fan::Fan(asio::any_io_executor executor, std::size_t readers, std::chrono::milliseconds patience)
    : state_(std::make_shared<State>(std::move(executor), readers, patience)) {}

Fan::~Fan() = default;

std::unique_ptr<ReadStream> Fan::join(std::size_t number) {
    auto& place = state_->readers[number];
    if (place.begun || place.gone)
        throw Error(ErrorCode::incomplete, "The other targets got on without it.");
    place.begun = true;
    return std::make_unique<Reader>(state_, number);
}

void Fan::leave(std::size_t number) {
    state_->readers[number].gone = true;
    state_->moved_on();
}

bool Fan::let_down(std::size_t number) const {
    return state_->failure || state_->readers[number].let_go;
}

std::size_t Fan::held() const noexcept {
    return state_->most_bytes;
}

awaitable<void> Fan::run(transfer::Sessions& source, Opener open) {
    auto& state = *state_;
    const auto make_room = [&]() -> awaitable<void> {
        while (state.bytes >= kWindow && state.wanted()) {
            const auto slowest = state.slowest();
            const auto moved = co_await got_on(state.room, state.patience);
            if (moved || state.slowest() != slowest) continue;
            for (auto& reader : state.readers)
                if (!reader.gone && reader.next == slowest) reader.gone = reader.let_go = true;
            state.moved_on();
            state.news.notify_all();
        }
    };
    const auto read = [&](ReadStream& stream) -> awaitable<void> {
        while (state.wanted()) {
            const auto piece = co_await stream.read();
            if (piece.empty()) {
                state.ended = true;
                co_return;
            }
            co_await make_room();
            state.pieces.push_back(std::make_shared<const std::vector<std::byte>>(piece.begin(), piece.end()));
            state.bytes += piece.size();
            state.most_bytes = std::max(state.most_bytes, state.bytes);
            state.moved_on();
            state.news.notify_all();
        }
        co_await stream.close();
    };
    const auto act = [&]() -> awaitable<void> {
        auto lease = co_await source.take();
        std::unique_ptr<ReadStream> stream;
        const auto work = [&]() -> awaitable<void> {
            stream = co_await open(lease.files());
            co_await read(*stream);
        };
        const auto failure = co_await transfer::caught(work());
        if (!failure) co_return;
        if (stream) (void)co_await transfer::caught(stream->close());
        if (!failure->session_usable) lease.broken();
        throw Error(*failure);
    };
    state.failure = co_await transfer::caught(act());
    state.news.notify_all();
    if (state.failure && state.failure->code == ErrorCode::cancelled) throw Error(*state.failure);
}

}  // namespace fairlead::flow
