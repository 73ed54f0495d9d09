#include "transfer/server.hpp"

#include <boost/asio/steady_timer.hpp>

namespace fairlead::transfer {
namespace asio = boost::asio;

/// Wakes those who wait when the budget changes by itself. Set only while somebody waits, so that it never
/// keeps an event loop running.
struct Server::Alarm {
    asio::steady_timer timer;
    std::optional<SessionBudget::Moment> at;
};

Server::Server(asio::any_io_executor executor, unsigned most_sessions, Patience patience)
    : budget(most_sessions, patience),
      alarm_(std::make_unique<Alarm>(Alarm{asio::steady_timer(executor), {}})),
      event_(executor) {}

Server::~Server() = default;

void Server::changed() {
    event_.notify_all();
}

void Server::set_alarm() {
    const auto next = line_.empty() ? std::nullopt : budget.next_change();
    if (alarm_->at == next) return;
    alarm_->at = next;
    alarm_->timer.cancel();
    if (!next) return;
    alarm_->timer.expires_at(*next);
    alarm_->timer.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        alarm_->at.reset();
        changed();
    });
}

Server::Turn::Turn(Server& server) : server_(server), number_(server.next_number_++) {
    enter();
}

awaitable<void> Server::Turn::wait() {
    server_.set_alarm();
    co_await server_.event_.wait();
}

bool Server::Turn::is_first() const {
    return *server_.line_.begin() == number_;
}

bool Server::Turn::is_due() const {
    return server_.line_.empty() || number_ <= *server_.line_.begin();
}

void Server::Turn::leave() {
    if (server_.line_.erase(number_) == 0) return;
    server_.set_alarm();
    server_.changed();
}

void Server::Turn::enter() {
    server_.line_.insert(number_);
}

std::shared_ptr<Server> Servers::at(const std::string& key, unsigned most_sessions, Patience patience) {
    auto& server = servers_[key];
    if (!server)
        server = std::make_shared<Server>(executor_, most_sessions, patience);
    else
        server->budget.limit(most_sessions);
    return server;
}

}  // namespace fairlead::transfer
