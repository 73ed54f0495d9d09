#include "remote/sftp_file_system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/path.hpp"
#include "sftp/conversations.hpp"
#include "sftp/listing.hpp"
#include "sftp/read_stream.hpp"
#include "sftp/requests.hpp"
#include "sftp/session.hpp"
#include "sftp/ssh_transport.hpp"
#include "sftp/write_stream.hpp"

namespace fairlead {
namespace {

using namespace sftp;

// What one session takes on at once, unless the server allows fewer open handles.
constexpr unsigned kConcurrent = 64;

/// The path as it goes to the server. The log-in directory is ".".
std::string wire(std::string_view path) {
    path::refuse_control_bytes(path, "path");
    return path.empty() ? "." : std::string(path);
}

class SftpFileSystem final : public FileSystem {
  public:
    SftpFileSystem(std::shared_ptr<Conversations> conversations, PeerInfo peer)
        : conversations_(std::move(conversations)), peer_(std::move(peer)) {
        const auto& session = conversations_->current();
        abilities_.resume_read = true;
        abilities_.resume_write = true;
        abilities_.append = true;
        abilities_.atomic_replace = session.extensions().posix_rename;
        abilities_.machine_listing = true;
        abilities_.utf8 = true;
        abilities_.set_modified = true;
        abilities_.set_mode = true;
        abilities_.symlinks = abilities_.make_links = true;
        abilities_.sync = session.extensions().fsync;
        abilities_.modified_precision = TimePrecision::second;
        abilities_.unordered_writes = kUnsettledBytes;
        const auto handles = session.limits().open_handles;
        abilities_.concurrent_operations =
            handles == 0 ? kConcurrent
                         : static_cast<unsigned>(std::clamp<std::uint64_t>(handles, 1, kConcurrent));
    }

    ~SftpFileSystem() override { conversations_->close(); }

    const Abilities& abilities() const override { return abilities_; }
    const PeerInfo& peer() const override { return peer_; }

    awaitable<Entry> stat(std::string_view given) override {
        const auto path = wire(given);
        const auto session = co_await conversations_->main();
        const auto found = co_await look(*session, path);
        if (!found) throw Error(ErrorCode::not_found, fmt::format("There is no '{}'.", path)).on(path);
        auto entry = to_entry({std::string(path::name(path)), {}, *found}, path);
        if (entry.type == EntryType::symlink) entry.target = co_await target_of(*session, path);
        co_return entry;
    }

    awaitable<std::unique_ptr<Listing>> list(std::string_view given) override {
        auto path = wire(given);
        auto session = co_await conversations_->main();
        co_return co_await open_listing(std::move(session), std::move(path));
    }

    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view given, ReadOptions options) override {
        auto path = wire(given);
        auto session = co_await conversations_->main();
        co_return co_await open_for_reading(std::move(session), std::move(path), options);
    }

    awaitable<std::unique_ptr<WriteStream>> open_write(std::string_view given,
                                                       WriteOptions options) override {
        auto path = wire(given);
        auto session = co_await conversations_->main();
        co_return co_await open_for_writing(std::move(session), std::move(path), options, conversations_);
    }

    awaitable<void> rename(std::string_view given_from, std::string_view given_to, bool replace) override {
        const auto from = wire(given_from);
        const auto to = wire(given_to);
        const auto doing = fmt::format("Renaming '{}' to '{}'", from, to);
        const auto session = co_await conversations_->main();
        if (replace && abilities_.atomic_replace) {
            const auto status = co_await status_of(
                *session, PacketType::extended,
                fmt::format("EXTENDED posix-rename@openssh.com {} {}", from, to), [&](PacketWriter& packet) {
                    packet.string("posix-rename@openssh.com").string(from).string(to);
                });
            if (status.code == kOk) co_return;
            if (status.code != kUnsupported)
                co_return co_await explain_rename(*session, status, doing, from, to);
            abilities_.atomic_replace = false;
        }
        // Not every server refuses to replace, though the draft says so (section 6.5): look first.
        const auto there = co_await look(*session, to);
        if (there) throw exists(to);
        const auto status =
            co_await status_of(*session, PacketType::rename, fmt::format("RENAME {} {}", from, to),
                               [&](PacketWriter& packet) { packet.string(from).string(to); });
        if (status.code != kOk) co_await explain_rename(*session, status, doing, from, to);
    }

    awaitable<void> remove(std::string_view given) override {
        const auto path = wire(given);
        const auto session = co_await conversations_->main();
        const auto status = co_await path_request(*session, PacketType::remove, path);
        if (status.code == kOk) co_return;
        const auto there = co_await look(*session, path);
        if (there && is_directory(*there))
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", path))
                .on(path)
                .replied(to_text(status));
        throw refused(status, fmt::format("Removing '{}'", path), path, there.has_value());
    }

    awaitable<void> make_directory(std::string_view given) override {
        const auto path = wire(given);
        const auto session = co_await conversations_->main();
        const auto status =
            co_await status_of(*session, PacketType::mkdir, fmt::format("MKDIR {}", path),
                               [&](PacketWriter& packet) { packet.string(path).attributes({}); });
        if (status.code == kOk) co_return;
        const auto there = co_await look(*session, path);
        if (there) throw exists(path).replied(to_text(status));
        if (!code_of(status)) {
            const std::string parent(path::parent(path));
            const auto above = parent.empty() ? Attributes{} : co_await look(*session, parent, true);
            if (!above)
                throw Error(ErrorCode::not_found,
                            fmt::format("'{}' cannot be made: there is no '{}'.", path, parent))
                    .on(path)
                    .replied(to_text(status));
        }
        throw status_error(status, fmt::format("Making the directory '{}'", path), path,
                           ErrorCode::permission_denied);
    }

    awaitable<void> remove_directory(std::string_view given) override {
        const auto path = wire(given);
        const auto session = co_await conversations_->main();
        const auto status = co_await path_request(*session, PacketType::rmdir, path);
        if (status.code == kOk) co_return;
        const auto doing = fmt::format("Removing the directory '{}'", path);
        const auto there = co_await look(*session, path);
        if (there && !is_directory(*there))
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a directory.", path))
                .on(path)
                .replied(to_text(status));
        if (there && !code_of(status)) {
            const auto listing = co_await open_listing(session, path);
            const auto entries = co_await listing->next();
            if (!entries.empty())
                throw Error(ErrorCode::not_empty, fmt::format("The directory '{}' is not empty.", path))
                    .on(path)
                    .replied(to_text(status));
        }
        throw refused(status, doing, path, there.has_value());
    }

    awaitable<void> make_link(std::string_view given, std::string_view target) override {
        const auto path = wire(given);
        const auto session = co_await conversations_->main();
        // The order that OpenSSH and all who follow it take, not that of the draft.
        const auto status = co_await status_of(
            *session, PacketType::symlink, fmt::format("SYMLINK {} -> {}", path, target),
            [&](PacketWriter& packet) { packet.string(std::string(target)).string(path); });
        if (status.code == kOk) co_return;
        const auto there = co_await look(*session, path);
        if (there) throw exists(path);
        throw status_error(status, fmt::format("Making the link '{}'", path), path,
                           ErrorCode::permission_denied);
    }

    awaitable<void> set_modified(std::string_view given, Time time) override {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
        if (seconds < 0 || seconds > std::numeric_limits<std::uint32_t>::max())
            throw Error(ErrorCode::invalid_argument, "SFTP knows only times from 1970 to 2106.")
                .on(std::string(given));
        Attributes attributes;
        attributes.accessed = attributes.modified = static_cast<std::uint32_t>(seconds);
        co_await set_attributes(wire(given), attributes, "time", abilities_.set_modified);
    }

    awaitable<void> set_mode(std::string_view given, std::uint32_t mode) override {
        Attributes attributes;
        attributes.permissions = mode & 07777;
        co_await set_attributes(wire(given), attributes, "mode", abilities_.set_mode);
    }

    awaitable<std::string> checksum(std::string_view given, ChecksumAlgorithm algorithm) override {
        throw Error(ErrorCode::unsupported,
                    fmt::format("The server computes no {} checksums over SFTP.", to_string(algorithm)))
            .on(std::string(given));
        co_return "";
    }

    awaitable<RawReply> raw_command(std::string_view) override {
        throw Error(ErrorCode::unsupported, "SFTP has no commands in text; raw commands are for FTP.");
        co_return RawReply{};
    }

    awaitable<void> ping() override {
        const auto session = co_await conversations_->main();
        // Any answer will do, also a refusal.
        co_await session->request(PacketType::realpath, "REALPATH .",
                                  [](PacketWriter& packet) { packet.string("."); });
    }

    bool has_ended() noexcept override { return conversations_->over(); }

    awaitable<void> close() override {
        conversations_->close();
        co_return;
    }

  private:
    static awaitable<Status> path_request(Session& session, PacketType type, const std::string& path) {
        return status_of(session, type, fmt::format("{} {}", sftp::to_text(type), path),
                         [&path](PacketWriter& packet) { packet.string(path); });
    }

    static awaitable<std::optional<std::string>> target_of(Session& session, const std::string& path) {
        const auto reply = co_await session.request(PacketType::readlink, fmt::format("READLINK {}", path),
                                                    [&](PacketWriter& packet) { packet.string(path); });
        if (reply.type != PacketType::name) co_return std::nullopt;  // a link all the same
        auto names = decode_names(reply.body);
        if (names.size() != 1) co_return std::nullopt;
        co_return std::move(names.front().name);
    }

    awaitable<void> set_attributes(std::string path, Attributes attributes, std::string_view what,
                                   bool& ability) {
        const auto session = co_await conversations_->main();
        const auto status =
            co_await status_of(*session, PacketType::setstat, fmt::format("SETSTAT {} ({})", path, what),
                               [&](PacketWriter& packet) { packet.string(path).attributes(attributes); });
        if (status.code == kOk) co_return;
        const auto code = code_of(status);
        if (code == ErrorCode::unsupported) ability = false;
        throw status_error(status, fmt::format("Setting the {} of '{}'", what, path), path,
                           ErrorCode::permission_denied);
    }

    static Error exists(const std::string& path) {
        return Error(ErrorCode::already_exists, fmt::format("'{}' exists already.", path)).on(path);
    }

    /// `there`: whether what should be changed was found afterwards.
    static Error refused(const Status& status, const std::string& doing, const std::string& path,
                         bool there) {
        if (!there)
            return Error(ErrorCode::not_found, fmt::format("There is no '{}'.", path))
                .on(path)
                .replied(to_text(status));
        return status_error(status, doing, path, ErrorCode::permission_denied);
    }

    static awaitable<void> explain_rename(Session& session, Status status, std::string doing,
                                          std::string from, std::string to) {
        if (!code_of(status) || code_of(status) == ErrorCode::not_found) {
            const auto source = co_await look(session, from);
            if (!source)
                throw Error(ErrorCode::not_found, fmt::format("There is no '{}'.", from))
                    .on(from)
                    .replied(to_text(status));
            const auto target = co_await look(session, to);
            if (target) throw exists(to).replied(to_text(status));
        }
        throw status_error(status, doing, from, ErrorCode::permission_denied);
    }

    std::shared_ptr<Conversations> conversations_;
    PeerInfo peer_;
    Abilities abilities_;
};

}  // namespace

std::unique_ptr<FileSystem> sftp_file_system(std::shared_ptr<Conversations> conversations, PeerInfo peer) {
    return std::make_unique<SftpFileSystem>(std::move(conversations), std::move(peer));
}

awaitable<std::unique_ptr<FileSystem>> open_sftp(const Endpoint& endpoint, OpenOptions options) {
    PeerInfo peer;
    auto connection = co_await open_ssh_connection(endpoint, options.observer, peer);
    auto target = fmt::format("{}:{}", endpoint.host, endpoint.port);
    auto conversations =
        co_await Conversations::start(std::move(connection.carrier), std::move(connection.first),
                                      std::move(target), endpoint.timeouts, options.observer);
    const auto session = co_await conversations->main();
    auto files = sftp_file_system(std::move(conversations), std::move(peer));

    if (options.observer != nullptr) options.observer->step_began("directory");
    const auto home = co_await session->request(PacketType::realpath, "REALPATH .",
                                                [](PacketWriter& packet) { packet.string("."); });
    // For information only: some servers cannot answer, or answer with a drive letter.
    std::string where = "the log-in directory";
    if (home.type == PacketType::name) {
        const auto names = decode_names(home.body);
        if (!names.empty()) where = names.front().name;
    }
    if (options.observer != nullptr) options.observer->step_done("directory", where);
    co_return files;
}

}  // namespace fairlead
