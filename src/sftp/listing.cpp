#include "sftp/listing.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <utility>

#include "base/path.hpp"
#include "net/timed_socket.hpp"
#include "sftp/requests.hpp"

namespace fairlead::sftp {

namespace asio = boost::asio;

namespace {

// READDIRs in flight and replies not taken yet. A reply has about 100 names.
constexpr std::size_t kInFlight = 8;

std::optional<EntryType> type_of(std::optional<std::uint32_t> permissions, std::string_view long_name) {
    switch (permissions.value_or(0) & S_IFMT) {
        case S_IFREG:
            return EntryType::file;
        case S_IFDIR:
            return EntryType::directory;
        case S_IFLNK:
            return EntryType::symlink;
        case 0:
            break;
        default:
            return EntryType::other;
    }
    // `ls -l` begins with ten letters for type and mode.
    constexpr std::string_view kModeLetters = "rwxsStT-";
    if (long_name.size() < 10 || kModeLetters.find(long_name[1]) == std::string_view::npos)
        return std::nullopt;
    switch (long_name[0]) {
        case '-':
            return EntryType::file;
        case 'd':
            return EntryType::directory;
        case 'l':
            return EntryType::symlink;
        default:
            return std::nullopt;
    }
}

/// The third and fourth column of a line as `ls -l` prints it: mode, links, owner, group, size, ...
std::optional<std::pair<std::string_view, std::string_view>> owners_in(std::string_view line) {
    if (line.size() < 10 || std::string_view("-dlbcps").find(line[0]) == std::string_view::npos)
        return std::nullopt;
    std::array<std::string_view, 4> columns;
    for (auto& column : columns) {
        line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
        column = line.substr(0, line.find(' '));
        line.remove_prefix(column.size());
    }
    const auto is_number = [](std::string_view text) {
        return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (columns[0].size() < 10 || !(is_number(columns[1]) || columns[1] == "?") || columns[3].empty())
        return std::nullopt;
    return std::pair(columns[2], columns[3]);
}

/// Where the replies go. Lives as long as a reply may come.
class Flight final : public ReplyTaker {
  public:
    explicit Flight(const asio::any_io_executor& executor) : came(executor) {}

    std::span<std::byte> room_for(std::uint64_t, std::uint32_t) override { return {}; }
    void took_data(std::uint64_t ticket, std::uint32_t) override {
        took_reply(ticket, {PacketType::data, {}});
    }
    void took_reply(std::uint64_t, Reply reply) override {
        --in_flight;
        replies.push_back(std::move(reply));
        came.set();
    }
    void lost(std::uint64_t) override { came.set(); }

    Signal came;
    std::size_t in_flight = 0;
    std::deque<Reply> replies;
};

/// Asks about several paths at once.
class Looks final : public ReplyTaker {
  public:
    Looks(const asio::any_io_executor& executor, std::size_t count)
        : came(executor), found(count), missing(count) {}

    std::span<std::byte> room_for(std::uint64_t, std::uint32_t) override { return {}; }
    void took_data(std::uint64_t ticket, std::uint32_t) override {
        took_reply(ticket, {PacketType::data, {}});
    }
    void took_reply(std::uint64_t ticket, Reply reply) override {
        found[ticket] = std::move(reply);
        --missing;
        came.set();
    }
    void lost(std::uint64_t) override { came.set(); }

    Signal came;
    std::vector<Reply> found;
    std::size_t missing;
};

class PipelinedListing final : public Listing {
  public:
    PipelinedListing(std::shared_ptr<Session> session, const asio::any_io_executor& executor,
                     std::string path, std::string handle)
        : session_(std::move(session)),
          flight_(std::make_shared<Flight>(executor)),
          path_(std::move(path)),
          handle_(std::move(handle)) {}

    ~PipelinedListing() override { end(); }

    awaitable<std::vector<Entry>> next() override {
        std::vector<Entry> entries;
        while (entries.empty()) {
            ask_more();
            if (flight_->replies.empty()) {
                if (flight_->in_flight == 0) {
                    finish();
                    break;
                }
                co_await wait();
                continue;
            }
            auto reply = std::move(flight_->replies.front());
            flight_->replies.pop_front();
            if (reply.is_status()) {
                took_status(reply.status());
                continue;
            }
            if (reply.type != PacketType::name)
                throw Error(ErrorCode::protocol_error, "The server answered READDIR with something else.")
                    .on(path_);
            auto names = decode_names(reply.body);
            // More names cannot be hoped for from a server that has none to give but does not say so.
            if (names.empty()) at_end_ = true;
            entries = co_await take(std::move(names));
        }
        co_return entries;
    }

    std::uint64_t left_out() const override { return dropped_; }

  private:
    void ask_more() {
        session_->check();
        while (!at_end_ && flight_->in_flight + flight_->replies.size() < limit_) {
            session_->send(PacketType::readdir, flight_, 0,
                           [this](PacketWriter& packet) { packet.string(handle_); });
            ++flight_->in_flight;
        }
    }

    void took_status(const Status& status) {
        if (status.code == kEndOfFile) {
            at_end_ = true;
            return;
        }
        if (status.code != kOk) throw status_error(status, fmt::format("Listing '{}'", path_), path_);
        throw Error(ErrorCode::protocol_error, "The server answered READDIR with OK and no names.").on(path_);
    }

    awaitable<std::vector<Entry>> take(std::vector<NameEntry> names) {
        std::vector<Entry> entries;
        entries.reserve(names.size());
        std::vector<std::size_t> unknown;
        limit_ = std::min(limit_ * 2, kInFlight);
        for (auto& name : names) {
            if (name.name == "." || name.name == "..") continue;
            if (!path::is_plain_name(name.name)) {
                ++dropped_;
                continue;
            }
            if (!type_of(name.attributes.permissions, name.long_name)) unknown.push_back(entries.size());
            auto own_path = path::join(path_, name.name);
            entries.push_back(to_entry(std::move(name), std::move(own_path)));
            ++count_;
        }
        if (!unknown.empty()) co_await look_up(entries, unknown);
        std::vector<std::size_t> links;
        for (std::size_t i = 0; i < entries.size(); ++i)
            if (entries[i].type == EntryType::symlink) links.push_back(i);
        if (!links.empty()) co_await read_links(entries, links);
        co_return entries;
    }

    /// The same question about several entries at once; the answers in their order.
    awaitable<std::vector<Reply>> ask(PacketType what, const std::vector<Entry>& entries,
                                      const std::vector<std::size_t>& which) {
        const auto executor = co_await asio::this_coro::executor;
        const auto looks = std::make_shared<Looks>(executor, which.size());
        for (std::size_t i = 0; i < which.size(); ++i)
            session_->send(what, looks, i, [&](PacketWriter& packet) { packet.string(entries[which[i]].path); });
        while (looks->missing > 0) {
            session_->check();
            co_await wait_for(looks->came);
        }
        co_return std::move(looks->found);
    }

    /// Where links lead; a listing does not say it.
    awaitable<void> read_links(std::vector<Entry>& entries, const std::vector<std::size_t>& links) {
        const auto found = co_await ask(PacketType::readlink, entries, links);
        for (std::size_t i = 0; i < links.size(); ++i) {
            if (found[i].type != PacketType::name) continue;  // gone, or not to be told
            const auto names = decode_names(found[i].body);
            if (!names.empty()) entries[links[i]].target = names.front().name;
        }
    }

    /// Some servers list names and nothing else.
    awaitable<void> look_up(std::vector<Entry>& entries, const std::vector<std::size_t>& unknown) {
        const auto found = co_await ask(PacketType::lstat, entries, unknown);
        for (std::size_t i = 0; i < unknown.size(); ++i) {
            if (found[i].type != PacketType::attrs) continue;  // gone, or hidden: its name is all there is
            auto& entry = entries[unknown[i]];
            entry = to_entry({std::move(entry.name), {}, decode_attributes(found[i].body)},
                             std::move(entry.path));
        }
    }

    awaitable<void> wait() { return wait_for(flight_->came); }

    awaitable<void> wait_for(Signal& signal) {
        const auto limit = session_->timeouts().command;
        const auto began = Clock::now();
        const bool came = co_await signal.wait(began + limit, "command");
        if (!came && Clock::now() - std::max(began, session_->last_heard()) >= limit)
            session_->fail(
                Error(ErrorCode::timeout, fmt::format("The server did not go on listing '{}' within {}.",
                                                      path_, net::to_text(limit)))
                    .at("command")
                    .on(path_));
        session_->check();
    }

    void finish() {
        end();
        if (dropped_ > 0)
            session_->note(
                fmt::format("{} names in '{}' cannot be file names (they hold '/'); they were left out.",
                            dropped_, path_));
        if (!std::exchange(told_, true))
            session_->trace_received(fmt::format("READDIR {}: {} entries", path_, count_));
    }

    void end() {
        if (!std::exchange(ended_, true)) session_->close_handle(handle_);
    }

    std::shared_ptr<Session> session_;
    std::shared_ptr<Flight> flight_;
    std::string path_;
    std::string handle_;
    std::size_t limit_ = 2;  // small directories have one reply, and one that says that this was all
    std::uint64_t count_ = 0;
    std::uint64_t dropped_ = 0;
    bool at_end_ = false;
    bool ended_ = false;
    bool told_ = false;
};

}  // namespace

Entry to_entry(NameEntry name, std::string path) {
    const auto& facts = name.attributes;
    Entry entry;
    entry.type = type_of(facts.permissions, name.long_name).value_or(EntryType::file);
    if (entry.type == EntryType::file) entry.size = facts.size;
    if (facts.modified) entry.modified = Time(std::chrono::seconds(*facts.modified));
    entry.modified_precision = TimePrecision::second;
    if (facts.permissions) entry.mode = *facts.permissions & 07777;
    if (facts.user_id) entry.owner = std::to_string(*facts.user_id);
    if (facts.group_id) entry.group = std::to_string(*facts.group_id);
    if (const auto owners = owners_in(name.long_name)) {
        entry.owner = owners->first;
        entry.group = owners->second;
    }
    entry.name = std::move(name.name);
    entry.path = std::move(path);
    return entry;
}

awaitable<std::unique_ptr<Listing>> open_listing(std::shared_ptr<Session> session, std::string path) {
    const auto reply = co_await session->request(PacketType::opendir, fmt::format("OPENDIR {}", path),
                                                 [&](PacketWriter& packet) { packet.string(path); });
    if (reply.is_status()) {
        const auto status = reply.status();
        // A file instead of a directory is "no such file" to some servers and "failure" to others.
        if (code_of(status) != ErrorCode::permission_denied) {
            const auto there = co_await look(*session, path, true);
            if (there && !is_directory(*there))
                throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a directory.", path))
                    .on(path)
                    .replied(to_text(status));
        }
        throw status_error(status, fmt::format("Listing '{}'", path), path);
    }
    if (reply.type != PacketType::handle)
        throw Error(ErrorCode::protocol_error, "The server answered OPENDIR with something else.").on(path);
    const auto executor = co_await asio::this_coro::executor;
    co_return std::make_unique<PipelinedListing>(std::move(session), executor, std::move(path),
                                                 decode_handle(reply.body));
}

}  // namespace fairlead::sftp
