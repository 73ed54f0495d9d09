#include <fmt/format.h>
#include <netdb.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

#include "net/tcp.hpp"
#include "net/timed_socket.hpp"
#include "net/watchdog.hpp"

namespace fairlead::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// What the look-up's thread and the coroutine share; the thread owns nothing else, so that either may go
/// first.
struct Lookup {
    std::string host;
    std::uint16_t port = 0;
    int done = -1;  // eventfd; readable once the results below are written
    int failure = 0;
    std::vector<tcp::endpoint> found;

    ~Lookup() {
        if (done >= 0) ::close(done);
    }

    void run() {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_ADDRCONFIG;
        addrinfo* list = nullptr;
        failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
        if (failure == EAI_NONAME || failure == EAI_ADDRFAMILY || failure == EAI_NODATA) {
            // A machine with nothing but loopback has "no configured address": ask again without that
            // condition.
            hints.ai_flags = 0;
            failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
        }
        if (failure == 0) {
            for (const auto* at = list; at != nullptr; at = at->ai_next) {
                tcp::endpoint endpoint;
                if (at->ai_addrlen > endpoint.capacity()) continue;
                std::memcpy(endpoint.data(), at->ai_addr, at->ai_addrlen);
                endpoint.resize(at->ai_addrlen);
                endpoint.port(port);
                found.push_back(endpoint);
            }
            ::freeaddrinfo(list);
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(done, &one, sizeof one);
    }
};

Error not_resolved(std::string_view host, int failure) {
    const bool temporary = failure == EAI_AGAIN;
    return Error(ErrorCode::name_not_resolved,
                 fmt::format("The host name '{}' could not be resolved: {}.", host,
                             failure == 0 ? "it has no address" : ::gai_strerror(failure)))
        .at("resolve")
        .hinting(temporary
                     ? "The name server did not answer; check this machine's network and DNS."
                     : "Check the spelling of the host name; from inside another network it may need its "
                       "full name.");
}

}  // namespace

awaitable<std::vector<tcp::endpoint>> resolve(std::string_view host, std::uint16_t port, Deadline deadline) {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string name(bracketed ? host.substr(1, host.size() - 2) : host);
    boost::system::error_code error;
    if (const auto literal = asio::ip::make_address(name, error); !error)
        co_return std::vector{tcp::endpoint(literal, port)};

    // getaddrinfo cannot be cancelled, and its own limits are longer than ours.
    const auto lookup = std::make_shared<Lookup>();
    lookup->host = name;
    lookup->port = port;
    lookup->done = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const auto executor = co_await asio::this_coro::executor;
    asio::posix::stream_descriptor done(executor);
    if (lookup->done >= 0) done.assign(::fcntl(lookup->done, F_DUPFD_CLOEXEC, 0), error);
    if (lookup->done < 0 || error)
        throw Error(ErrorCode::internal, "No file descriptor is left for looking up a host name.")
            .at("resolve");
    try {
        std::thread([lookup] { lookup->run(); }).detach();
    } catch (const std::system_error& failed) {
        throw Error(ErrorCode::internal,
                    fmt::format("No thread for looking up a host name: {}.", failed.what()))
            .at("resolve");
    }

    const auto started = Clock::now();
    Watchdog watchdog(executor, [&done] {
        boost::system::error_code ignored;
        done.cancel(ignored);
    });
    watchdog.arm(deadline);
    co_await done.async_wait(asio::posix::stream_descriptor::wait_read,
                             asio::redirect_error(asio::use_awaitable, error));
    if (error) {
        if (!watchdog.fired()) co_await check_cancelled("resolve");
        throw Error(
            ErrorCode::timeout,
            fmt::format("The name server gave no address of '{}' within {}.", host,
                        to_text(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - started))))
            .at("resolve")
            .hinting("Check this machine's network and DNS.");
    }
    std::uint64_t count = 0;  // reading the eventfd orders the thread's results before our use of them
    [[maybe_unused]] const auto got = ::read(done.native_handle(), &count, sizeof count);
    if (lookup->found.empty()) throw not_resolved(host, lookup->failure);
    co_return std::move(lookup->found);
}

}  // namespace fairlead::net
