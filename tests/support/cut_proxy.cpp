#include "support/cut_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <regex>
#include <stdexcept>
#include <thread>

#include "support/cut_pipe.hpp"

namespace fairlead::test {
namespace {

using Clock = std::chrono::steady_clock;

/// A connection on which nothing moved for so long is reset: a test that hangs must not keep a server busy.
constexpr std::chrono::seconds kLongestSilence{60};

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
        throw std::runtime_error("'" + host + "' is not an IPv4 address");
    return address;
}

/// Some address of 127/8 that no other proxy of this machine is likely to use.
std::string next_loopback_address() {
    static std::atomic<unsigned> count{0};
    const auto process = static_cast<unsigned>(::getpid());
    return "127." + std::to_string(64 + count++ % 190) + "." + std::to_string(process / 250 % 250) + "." +
           std::to_string(1 + process % 250);
}

int listen_on(const std::string& host, std::uint16_t port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const auto address = address_of(host, port);
    if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::listen(listener, 64) == 0)
        return listener;
    const std::string why = std::strerror(errno);
    ::close(listener);
    throw std::runtime_error("the cut proxy cannot listen on " + host + ":" + std::to_string(port) + ": " +
                             why);
}

int connect_to(const std::string& host, std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = address_of(host, port);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
    ::close(socket);
    return -1;
}

void reset(int socket) {
    const linger at_once{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(socket);
}

/// Both ways must pass small pieces at once, and never make the proxy's thread wait.
void prepare(int socket) {
    const int yes = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
}

struct Connection {
    Connection(Cut::Channel its_channel, unsigned number, int its_client, int its_server)
        : channel(its_channel), nth(number), client(its_client), server(its_server) {}

    Cut::Channel channel;
    unsigned nth;
    int client;
    int server;
    CutPipe to_server{client, server};
    CutPipe to_client{server, client};
    Clock::time_point last_moved = Clock::now();
    std::string reply_line;  ///< the beginning of a reply that is not complete yet
    std::size_t entry = 0;   ///< its place in `carried`
};

/// The data port in a reply to EPSV or PASV, if the line is one.
std::optional<std::uint16_t> announced_port(const std::string& line) {
    static const std::regex extended(R"(^229 .*\(\|\|\|(\d+)\|\))");
    static const std::regex passive(R"(^227 .*?\d+,\d+,\d+,\d+,(\d+),(\d+))");
    std::smatch match;
    if (std::regex_search(line, match, extended)) return static_cast<std::uint16_t>(std::stoul(match[1]));
    if (std::regex_search(line, match, passive))
        return static_cast<std::uint16_t>(std::stoul(match[1]) * 256 + std::stoul(match[2]));
    return std::nullopt;
}

}  // namespace

/// What runs in the proxy's thread, and what it shares with the test's.
class CutProxy::Works {
  public:
    explicit Works(Target target) : target_(std::move(target)), host_(next_loopback_address()) {
        listeners_[target_.port] = listen_on(host_, target_.port);
        for (unsigned port = target_.first_data_port; port != 0 && port <= target_.last_data_port; ++port)
            listeners_[static_cast<std::uint16_t>(port)] = listen_on(host_, static_cast<std::uint16_t>(port));
        thread_ = std::thread([this] { run(); });
    }

    ~Works() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        ::eventfd_write(wake_, 1);
        thread_.join();
        for (const auto& [port, listener] : listeners_)
            ::close(listener);
        ::close(wake_);
    }

    const std::string& host() const { return host_; }
    std::uint16_t port() const { return target_.port; }

    void set(std::optional<Cut> cut) {
        std::unique_lock lock(mutex_);
        asked_cut_ = cut;
        const auto mine = ++asked_;
        ::eventfd_write(wake_, 1);
        changed_.wait(lock, [&] { return applied_ >= mine; });
    }

    bool happened() const {
        const std::lock_guard lock(mutex_);
        return happened_;
    }

    std::vector<Carried> carried() const {
        const std::lock_guard lock(mutex_);
        return carried_;
    }

    bool wait_for_connections(std::size_t count, std::chrono::milliseconds limit) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [&] { return carried_.size() >= count; });
    }

  private:
    void run() {
        while (apply_what_was_asked()) {
            wait();
            const auto now = Clock::now();
            for (auto at = connections_.begin(); at != connections_.end();)
                at = serve(*at, now) ? std::next(at) : connections_.erase(at);
            accept_all();
        }
        drop_all();
    }

    bool apply_what_was_asked() {
        const std::lock_guard lock(mutex_);
        if (applied_ != asked_) {
            drop_all();
            cut_ = asked_cut_;
            happened_ = false;
            carried_.clear();
            counts_ = {};
            applied_ = asked_;
            changed_.notify_all();
        }
        return !stopping_;
    }

    void wait() {
        std::vector<pollfd> waits{{wake_, POLLIN, 0}};
        for (const auto& [port, listener] : listeners_)
            waits.push_back({listener, POLLIN, 0});
        const auto now = Clock::now();
        auto until = now + std::chrono::hours(1);
        for (const auto& connection : connections_) {
            const auto events = [now](const CutPipe& reads, const CutPipe& writes) {
                return static_cast<short>((reads.wants_read(now) ? POLLIN : 0) |
                                          (writes.wants_write() ? POLLOUT : 0));
            };
            const short client = events(connection.to_server, connection.to_client);
            const short server = events(connection.to_client, connection.to_server);
            waits.push_back({client != 0 ? connection.client : -1, client, 0});
            waits.push_back({server != 0 ? connection.server : -1, server, 0});
            until = std::min(until, connection.last_moved + kLongestSilence);
            for (const auto* pipe : {&connection.to_server, &connection.to_client})
                if (const auto next = pipe->next_read(); next && *next > now) until = std::min(until, *next);
        }
        const auto limit = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
        if (::poll(waits.data(), waits.size(), static_cast<int>(std::max<long>(0, limit))) > 0 &&
            waits[0].revents != 0) {
            eventfd_t ignored = 0;
            ::eventfd_read(wake_, &ignored);
        }
    }

    void accept_all() {
        // Learning a port adds a listener; so the ports are copied first.
        const auto listeners = listeners_;
        for (const auto& [port, listener] : listeners)
            for (int client = 0; (client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;)
                begin(port, client);
    }

    void begin(std::uint16_t port, int client) {
        const int server = connect_to(target_.host, port);
        if (server < 0) return reset(client);
        prepare(client);
        prepare(server);
        const auto channel = port == target_.port ? Cut::Channel::control : Cut::Channel::data;
        const auto nth = counts_[channel]++;
        auto& connection = connections_.emplace_back(channel, nth, client, server);
        if (cut_ && cut_->channel == channel &&
            (cut_->nth == nth || (cut_->and_later_ones && cut_->nth < nth)))
            (cut_->way == Cut::Way::to_server ? connection.to_server : connection.to_client).cut_at(*cut_);
        if (target_.read_replies && channel == Cut::Channel::control)
            connection.to_client.listen(
                [this, &connection](std::string_view bytes) { learn_ports(connection, bytes); });
        const std::lock_guard lock(mutex_);
        connection.entry = carried_.size();
        carried_.push_back({channel, 0, 0});
        changed_.notify_all();
    }

    void learn_ports(Connection& control, std::string_view bytes) {
        for (const char byte : bytes) {
            if (byte != '\n') {
                control.reply_line += byte;
                continue;
            }
            const auto port = announced_port(control.reply_line);
            if (port && !listeners_.contains(*port)) listeners_[*port] = listen_on(host_, *port);
            control.reply_line.clear();
        }
    }

    /// Moves what can be moved. False when the connection is over and its sockets are closed.
    bool serve(Connection& connection, Clock::time_point now) {
        const auto before = connection.to_server.passed() + connection.to_client.passed();
        bool over = false;
        for (auto* pipe : {&connection.to_server, &connection.to_client}) {
            auto state = pipe->step(now);
            if (state == CutPipe::State::cut) {
                cut_now(connection, *pipe);
                over = cut_->kind == Cut::Kind::reset;
                if (!over) state = pipe->step(now);
            }
            if (over || state == CutPipe::State::broken) {
                note(connection);
                reset(connection.client);
                reset(connection.server);
                return false;
            }
        }
        note(connection);
        if (connection.to_server.is_ended() && connection.to_client.is_ended()) {
            ::close(connection.client);
            ::close(connection.server);
            return false;
        }
        if (connection.to_server.passed() + connection.to_client.passed() != before)
            connection.last_moved = now;
        if (now < connection.last_moved + kLongestSilence) return true;
        reset(connection.client);
        reset(connection.server);
        return false;
    }

    void cut_now(Connection& connection, CutPipe& pipe) {
        if (cut_->kind == Cut::Kind::finish) pipe.finish();
        if (cut_->kind == Cut::Kind::close) {
            connection.to_server.finish();
            connection.to_client.finish();
        }
        const std::lock_guard lock(mutex_);
        happened_ = true;
    }

    void note(const Connection& connection) {
        const std::lock_guard lock(mutex_);
        carried_[connection.entry].to_server = connection.to_server.passed();
        carried_[connection.entry].to_client = connection.to_client.passed();
    }

    void drop_all() {
        for (const auto& connection : connections_) {
            reset(connection.client);
            reset(connection.server);
        }
        connections_.clear();
    }

    const Target target_;
    const std::string host_;
    const int wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    // Of the thread alone.
    std::map<std::uint16_t, int> listeners_;
    std::list<Connection> connections_;
    std::optional<Cut> cut_;
    std::map<Cut::Channel, unsigned> counts_;

    mutable std::mutex mutex_;  // guards the rest
    mutable std::condition_variable changed_;
    std::optional<Cut> asked_cut_;
    unsigned asked_ = 0;
    unsigned applied_ = 0;
    bool stopping_ = false;
    bool happened_ = false;
    std::vector<Carried> carried_;
    std::thread thread_;
};

namespace {

CutProxy::Target target_of(const Server& server) {
    CutProxy::Target target{server["host"], static_cast<std::uint16_t>(std::stoul(server["port"])), 0, 0,
                            false};
    if (const auto& range = server["passive_ports"]; server["protocol"] != "sftp" && !range.empty()) {
        target.first_data_port = static_cast<std::uint16_t>(std::stoul(range));
        target.last_data_port = static_cast<std::uint16_t>(std::stoul(range.substr(range.find('-') + 1)));
    }
    return target;
}

}  // namespace

CutProxy::CutProxy(Target target) : works_(std::make_unique<Works>(std::move(target))) {}
CutProxy::CutProxy(const Server& server) : CutProxy(target_of(server)) {}
CutProxy::~CutProxy() = default;

const std::string& CutProxy::host() const noexcept {
    return works_->host();
}
std::uint16_t CutProxy::port() const noexcept {
    return works_->port();
}

Endpoint CutProxy::in_front_of(Endpoint endpoint) const {
    endpoint.host = host();
    endpoint.port = port();
    endpoint.tls.verify = false;
    return endpoint;
}

void CutProxy::set(Cut cut) {
    works_->set(cut);
}
void CutProxy::pass_all() {
    works_->set(std::nullopt);
}
bool CutProxy::happened() const {
    return works_->happened();
}
std::vector<Carried> CutProxy::carried() const {
    return works_->carried();
}
bool CutProxy::wait_for_connections(std::size_t count, std::chrono::milliseconds limit) const {
    return works_->wait_for_connections(count, limit);
}

}  // namespace fairlead::test
