#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/event.hpp"
#include "sftp/session.hpp"
#include "sftp/transport.hpp"

namespace fairlead::sftp {

/// The SFTP conversations over one connection: the one that everything goes through, and further ones that
/// carry parts of an upload where the link could take more than one channel's window (see `widen`).
///
/// A server may end the conversation and keep the connection, such as when its SFTP process is restarted.
/// What was under way then fails, and whatever is asked for next begins a new conversation there.
class Conversations : public std::enable_shared_from_this<Conversations> {
  public:
    /// Begins the first one. Throws as Session::start does.
    static awaitable<std::shared_ptr<Conversations>> start(std::unique_ptr<Carrier> carrier,
                                                           std::unique_ptr<Transport> first,
                                                           std::string target, const Timeouts& timeouts,
                                                           Observer* observer);
    ~Conversations();

    /// The one for everything. Throws as Carrier::open and Session::start do, when it had to be begun again.
    awaitable<std::shared_ptr<Session>> main();
    /// The same as it was last, be it over or not.
    const Session& current() const noexcept { return *main_; }
    /// Whether it is over, and none can be begun in its place.
    bool over() const noexcept;

    /// Begins to open further ones, beside everything else. A server that refuses is not asked again.
    void widen();
    /// The further ones that are ready.
    const std::vector<std::shared_ptr<Session>>& further() const noexcept { return further_; }

    /// Ends all of them and the connection.
    void close() noexcept;

  private:
    Conversations(std::unique_ptr<Carrier> carrier, std::string target, const Timeouts& timeouts,
                  Observer* observer, boost::asio::any_io_executor executor);

    static awaitable<void> open_further(std::shared_ptr<Conversations> self);
    awaitable<std::shared_ptr<Session>> begin();

    std::unique_ptr<Carrier> carrier_;
    std::string target_;
    Timeouts timeouts_;
    Observer* observer_;
    boost::asio::any_io_executor executor_;
    std::shared_ptr<Session> main_;
    bool beginning_ = false;
    Event begun_;
    std::vector<std::shared_ptr<Session>> further_;
    unsigned opening_ = 0;
    bool refused_ = false;
    bool one_by_one_ = false;  // the server ended a conversation in which several READs were under way
    bool closed_ = false;
};

}  // namespace fairlead::sftp
