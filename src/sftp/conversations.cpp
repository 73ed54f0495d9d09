#include "sftp/conversations.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

namespace fairlead::sftp {

namespace asio = boost::asio;

namespace {
// With four channels of 2 MiB each, other things than their windows limit an upload over 50 ms; servers
// commonly grant ten.
constexpr std::size_t kFurther = 3;
}  // namespace

Conversations::Conversations(std::unique_ptr<Carrier> carrier, std::string target, const Timeouts& timeouts,
                             Observer* observer, asio::any_io_executor executor)
    : carrier_(std::move(carrier)),
      target_(std::move(target)),
      timeouts_(timeouts),
      observer_(observer),
      executor_(std::move(executor)),
      begun_(executor_) {}

Conversations::~Conversations() {
    close();
}

awaitable<std::shared_ptr<Conversations>> Conversations::start(std::unique_ptr<Carrier> carrier,
                                                               std::unique_ptr<Transport> first,
                                                               std::string target, const Timeouts& timeouts,
                                                               Observer* observer) {
    const auto executor = co_await asio::this_coro::executor;
    std::shared_ptr<Conversations> self(
        new Conversations(std::move(carrier), std::move(target), timeouts, observer, executor));
    self->main_ = co_await Session::start(std::move(first), self->target_, timeouts, observer);
    co_return self;
}

awaitable<std::shared_ptr<Session>> Conversations::main() {
    const auto self = shared_from_this();
    while (beginning_)
        co_await begun_.wait();
    if (closed_ || !main_->can_be_followed() || !carrier_->connected()) co_return main_;
    main_->note("The server has ended the SFTP session; another one is begun on the same connection.");
    beginning_ = true;
    std::exception_ptr failed;
    try {
        auto session = co_await begin();
        one_by_one_ |= main_->ended_among_reads();
        if (one_by_one_) session->read_one_by_one();
        main_ = std::move(session);
    } catch (...) {
        failed = std::current_exception();
    }
    beginning_ = false;
    begun_.notify_all();
    if (failed) std::rethrow_exception(failed);
    co_return main_;
}

awaitable<std::shared_ptr<Session>> Conversations::begin() {
    auto transport = co_await carrier_->open(Clock::now() + timeouts_.connect);
    co_return co_await Session::start(std::move(transport), target_, timeouts_, observer_);
}

bool Conversations::over() const noexcept {
    return closed_ || (main_->failure() != nullptr && (!main_->can_be_followed() || !carrier_->connected()));
}

void Conversations::widen() {
    std::erase_if(further_, [](const auto& session) { return session->failure() != nullptr; });
    if (closed_ || refused_ || opening_ > 0) return;
    for (auto count = further_.size(); count < kFurther; ++count) {
        ++opening_;
        asio::co_spawn(executor_, open_further(shared_from_this()), asio::detached);
    }
}

awaitable<void> Conversations::open_further(std::shared_ptr<Conversations> self) {
    try {
        auto session = co_await self->begin();
        if (self->closed_)
            session->close();
        else
            self->further_.push_back(std::move(session));
    } catch (const std::exception& error) {
        self->refused_ = true;
        if (!self->closed_)
            self->main_->note(fmt::format("The server grants no further channel: {}", error.what()));
    }
    --self->opening_;
}

void Conversations::close() noexcept {
    if (std::exchange(closed_, true)) return;
    for (const auto& session : further_)
        session->close();
    if (main_) main_->close();
    carrier_->close();
}

}  // namespace fairlead::sftp
