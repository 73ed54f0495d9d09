#include "transfer/sessions.hpp"

#include <algorithm>
#include <exception>

#include "transfer/failure.hpp"

namespace fairlead::transfer {

struct Sessions::Session {
    std::shared_ptr<FileSystem> files;
    unsigned in_use = 0;
    bool broken = false;

    unsigned places() const { return std::max(1u, files->abilities().concurrent_operations); }
};

Sessions::Lease::Lease(Sessions& sessions, std::shared_ptr<Session> session)
    : sessions_(&sessions), session_(std::move(session)) {
    ++session_->in_use;
}

Sessions::Lease::Lease(Lease&& other) noexcept
    : sessions_(other.sessions_), session_(std::move(other.session_)) {}

Sessions::Lease::~Lease() {
    if (!session_) return;
    --session_->in_use;
    if (session_->broken && session_->in_use == 0) sessions_->sessions_.remove(session_);
    sessions_->changed_.notify_all();
}

FileSystem& Sessions::Lease::files() const {
    return *session_->files;
}
bool Sessions::Lease::shared() const {
    return session_->places() > 1;
}
void Sessions::Lease::broken() {
    session_->broken = true;
}

Sessions::Sessions(boost::asio::any_io_executor executor, Opener open, unsigned most, PlaceFacts place)
    : open_(std::move(open)),
      most_(std::max(1u, most)),
      place_(std::move(place)),
      changed_(std::move(executor)) {}

Sessions::~Sessions() = default;

std::shared_ptr<Sessions::Session> Sessions::free_session() {
    for (const auto& session : sessions_)
        if (!session->broken && session->in_use < session->places()) return session;
    return nullptr;
}

awaitable<Sessions::Lease> Sessions::take() {
    for (;;) {
        if (auto session = free_session()) co_return Lease(*this, std::move(session));
        // A broken session counts until it is gone: the server counts it too.
        if (sessions_.size() + opening_ >= most_) {
            co_await changed_.wait();
            continue;
        }
        ++opening_;
        auto session = std::make_shared<Session>();
        std::exception_ptr failure;
        bool others_will_do = false;
        try {
            session->files = co_await open_();
        } catch (const Error& error) {
            failure = std::current_exception();
            others_will_do = error.retryable();
        } catch (...) {
            failure = std::current_exception();
        }
        --opening_;
        changed_.notify_all();
        if (failure && others_will_do && !sessions_.empty()) {
            most_ = static_cast<unsigned>(sessions_.size());  // the server allows no more of them
            continue;
        }
        if (failure) std::rethrow_exception(failure);
        sessions_.push_back(session);
        co_return Lease(*this, std::move(session));
    }
}

awaitable<void> Sessions::close() {
    auto sessions = std::move(sessions_);
    sessions_.clear();
    for (const auto& session : sessions) {
        if (session->broken) continue;
        (void)co_await caught(session->files->close());
    }
}

}  // namespace fairlead::transfer
