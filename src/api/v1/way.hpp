#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "api/v1/place.hpp"
#include "base/byte_channel.hpp"
#include "base/event.hpp"
#include "base/side_task.hpp"

namespace fairlead::api {

/// Bytes on their way between a client and a server: the request's side and the engine's side run side by
/// side. All but the channel belongs to the request's thread. Made by make_shared.
struct Way : std::enable_shared_from_this<Way> {
    Way(const http::Request& request, boost::asio::any_io_executor executor);
    virtual ~Way() = default;

    /// Begins the engine's side. What it throws becomes `failure`.
    void begin(AtPlace at, std::function<awaitable<void>(Place&)> work);
    /// The client has gone, or has all it wanted.
    void abandon();

    http::Request request;  ///< a copy without its content
    boost::asio::any_io_executor executor;
    ByteChannel channel;
    Event news;  ///< on the request's thread: something below has changed
    std::optional<SideTask> task;
    std::exception_ptr failure;
    bool done = false;
    bool uploads = false;  ///< the engine's side reads from the channel
    std::string_view protocol = "unknown";  ///< of the server, once it is known
    std::uint64_t bytes = 0;  ///< that went through, on the request's thread
    bool whole = false;       ///< all of them

  private:
    void ended(const std::exception_ptr& thrown);
};

/// Ends the engine's side when nobody wants the bytes any more.
struct Holder {
    explicit Holder(std::shared_ptr<Way> way_) : way(std::move(way_)) {}
    ~Holder() { way->abandon(); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    std::shared_ptr<Way> way;
};

}  // namespace fairlead::api
