#include "remote/ftp_file_system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/path.hpp"
#include "ftp/command.hpp"
#include "ftp/file_streams.hpp"
#include "ftp/reply_error.hpp"
#include "net/cancellable.hpp"
#include "remote/ftp_inquiry.hpp"

namespace fairlead {
namespace {

using net::cancellable;

class FtpFileSystem final : public FileSystem {
  public:
    explicit FtpFileSystem(std::shared_ptr<ftp::Session> session)
        : session_(std::move(session)),
          charset_(session_->endpoint().ftp.charset),
          directories_(*session_, charset_),
          attributes_(*session_),
          inquiry_(session_, directories_, charset_) {
        learn();
    }

    const Abilities& abilities() const override { return abilities_; }
    const PeerInfo& peer() const override { return session_->peer(); }

    // Each public call copies its arguments into a coroutine of its own, so that no text of the caller is
    // kept.
    awaitable<Entry> stat(std::string_view path) override {
        return cancellable(do_stat(std::string(path)), "stat");
    }
    awaitable<std::unique_ptr<Listing>> list(std::string_view path) override {
        return cancellable(do_list(std::string(path)), "list");
    }
    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view path, ReadOptions options) override {
        return cancellable(do_open_read(std::string(path), options), "read");
    }
    awaitable<std::unique_ptr<WriteStream>> open_write(std::string_view path, WriteOptions options) override {
        return cancellable(do_open_write(std::string(path), options), "write");
    }
    awaitable<void> rename(std::string_view from, std::string_view to, bool replace) override {
        return cancellable(do_rename(std::string(from), std::string(to), replace), "rename");
    }
    awaitable<void> remove(std::string_view path) override {
        return cancellable(do_remove(std::string(path)), "remove");
    }
    awaitable<void> make_directory(std::string_view path) override {
        return cancellable(do_make_directory(std::string(path)), "make directory");
    }
    awaitable<void> remove_directory(std::string_view path) override {
        return cancellable(do_remove_directory(std::string(path)), "remove directory");
    }
    awaitable<void> set_modified(std::string_view path, Time time) override {
        return cancellable(do_set_modified(std::string(path), time), "set time");
    }
    awaitable<void> set_mode(std::string_view path, std::uint32_t mode) override {
        return cancellable(do_set_mode(std::string(path), mode), "set mode");
    }
    awaitable<std::string> checksum(std::string_view path, ChecksumAlgorithm algorithm) override {
        return cancellable(do_checksum(std::string(path), algorithm), "checksum");
    }
    awaitable<RawReply> raw_command(std::string_view command) override {
        return cancellable(do_raw_command(std::string(command)), "command");
    }
    awaitable<void> ping() override { return cancellable(do_ping(), "ping"); }
    bool has_ended() noexcept override { return session_->has_ended(); }
    awaitable<void> close() override { return session_->quit(); }

    /// Enters the working directory, to find out now whether it is there.
    awaitable<void> check_working_directory();

  private:
    using Want = ftp::Inquiry::Want;

    awaitable<Entry> do_stat(std::string path);
    awaitable<std::unique_ptr<Listing>> do_list(std::string path);
    awaitable<std::unique_ptr<ReadStream>> do_open_read(std::string path, ReadOptions options);
    awaitable<std::unique_ptr<WriteStream>> do_open_write(std::string path, WriteOptions options);
    awaitable<void> do_rename(std::string from, std::string to, bool replace);
    awaitable<void> do_remove(std::string path);
    awaitable<void> do_make_directory(std::string path);
    awaitable<void> do_remove_directory(std::string path);
    awaitable<void> do_set_modified(std::string path, Time time);
    awaitable<void> do_set_mode(std::string path, std::uint32_t mode);
    awaitable<std::string> do_checksum(std::string path, ChecksumAlgorithm algorithm);
    awaitable<RawReply> do_raw_command(std::string command);
    awaitable<void> do_ping();

    awaitable<void> refuse_existing(std::string path, std::string_view step);
    bool may_send_bytes_first(const WriteOptions& options) const;
    void learn();

    std::shared_ptr<ftp::Session> session_;
    Charset charset_;
    ftp::Directories directories_;
    ftp::Attributes attributes_;
    ftp::Inquiry inquiry_;
    Abilities abilities_;
    bool replaces_ = true;  // what was seen of renaming onto an existing file
};

/// What the server can do, as far as is known now.
void FtpFileSystem::learn() {
    const auto& features = session_->features();
    const bool restarts = (features.rest_stream || !features.has_feat) && features.may_try("REST");
    abilities_.resume_read = abilities_.resume_write = restarts;
    abilities_.append = features.may_try("APPE");
    abilities_.atomic_replace = session_->replaces_on_rename() && replaces_;
    abilities_.machine_listing = inquiry_.uses_machine_listing();
    abilities_.utf8 = charset_.is_utf8() && features.announced("UTF8");
    abilities_.set_modified = attributes_.may_set_modified();
    abilities_.set_mode = attributes_.may_set_mode();
    abilities_.raw_command = true;
    abilities_.text_mode = true;
    if (auto algorithms = attributes_.algorithms(); algorithms != abilities_.checksums)
        abilities_.checksums = std::move(algorithms);
}

awaitable<void> FtpFileSystem::check_working_directory() {
    std::string_view wanted = session_->endpoint().working_directory;
    if (wanted == "~" || wanted.starts_with("~/"))
        wanted.remove_prefix(std::min<std::size_t>(2, wanted.size()));
    if (ftp::Directories::is_top(wanted)) co_return;
    const auto reply = co_await directories_.enter(wanted, "directory");
    if (reply.is_success()) co_return;
    auto error = ftp::error_for(reply, "directory", wanted);
    if (ftp::is_ambiguous(reply)) error.code = ErrorCode::not_found;
    error.message = fmt::format("The working directory '{}' cannot be entered.", wanted);
    error.hint = "Check the working directory of the connection; it is taken as the server sees it.";
    throw error;
}

awaitable<Entry> FtpFileSystem::do_stat(std::string path) {
    co_await session_->ready("stat");
    auto found = co_await inquiry_.look(path);
    learn();
    if (found) co_return std::move(*found);
    throw Error(ErrorCode::not_found, fmt::format("There is no '{}' on the server.", path))
        .at("stat")
        .on(path);
}

awaitable<std::unique_ptr<Listing>> FtpFileSystem::do_list(std::string path) {
    co_await session_->ready("list");
    auto listing = co_await inquiry_.list(path);
    learn();
    co_return listing;
}

awaitable<std::unique_ptr<ReadStream>> FtpFileSystem::do_open_read(std::string path, ReadOptions options) {
    if (options.text && options.offset != 0)
        throw Error(ErrorCode::unsupported, "A transfer in text mode cannot start in the middle.")
            .at("read")
            .on(path);
    co_await session_->ready("read");
    auto argument = co_await directories_.argument_for(path, "read");
    ftp::Transfer::Request request{.verb = "RETR",
                                   .argument = std::move(argument),
                                   .offset = options.offset,
                                   .text = options.text,
                                   .step = "read",
                                   .path = path};
    ftp::Reply refusal;
    auto transfer = co_await ftp::Transfer::start(session_, std::move(request), refusal);
    if (!transfer) co_await inquiry_.explain(refusal, "read", path, Want::file);
    co_return ftp::read_from(
        std::move(transfer), options,
        [this, path]() -> awaitable<std::optional<std::uint64_t>> { return inquiry_.size_of(path); });
}

awaitable<std::unique_ptr<WriteStream>> FtpFileSystem::do_open_write(std::string path, WriteOptions options) {
    using Mode = WriteOptions::Mode;
    if (options.text && options.mode == Mode::at)
        throw Error(ErrorCode::unsupported, "A transfer in text mode cannot start in the middle.")
            .at("write")
            .on(path);
    co_await session_->ready("write");
    if (options.mode == Mode::create) co_await refuse_existing(path, "write");
    auto argument = co_await directories_.argument_for(path, "write");
    ftp::Transfer::Request request{.verb = options.mode == Mode::append ? "APPE" : "STOR",
                                   .argument = std::move(argument),
                                   .offset = options.mode == Mode::at ? options.offset : 0,
                                   .text = options.text,
                                   .step = "write",
                                   .path = path,
                                   .bytes_first = may_send_bytes_first(options)};
    ftp::Reply refusal;
    auto transfer = co_await ftp::Transfer::start(session_, std::move(request), refusal);
    if (!transfer) {
        if (options.mode == Mode::append && (refusal.code == 500 || refusal.code == 502)) {
            session_->features().refuse("APPE");
            learn();
        }
        co_await inquiry_.explain(refusal, "write", path, Want::new_file);
    }
    co_return ftp::write_to(std::move(transfer), options, [this, path](ftp::Reply late) {
        return inquiry_.explain(std::move(late), "write", path, Want::new_file);
    });
}

/// Among many small files a refusal is rare, and waiting for the agreement to each costs a round trip.
bool FtpFileSystem::may_send_bytes_first(const WriteOptions& options) const {
    constexpr std::uint64_t kFew = 64 * 1024;  // what the connection takes without an answer
    const bool few = options.expected_size && *options.expected_size <= kFew;
    const bool stands = !session_->data_is_protected() && !session_->endpoint().ftp.active;
    return few && stands && options.mode == WriteOptions::Mode::truncate && !options.text &&
           session_->pipelines() && session_->data.follows_another();
}

awaitable<void> FtpFileSystem::refuse_existing(std::string path, std::string_view step) {
    const auto found = co_await inquiry_.look(path);
    if (found)
        throw Error(ErrorCode::already_exists, fmt::format("'{}' exists already.", path))
            .at(std::string(step))
            .on(path);
}

awaitable<void> FtpFileSystem::do_rename(std::string from, std::string to, bool replace) {
    co_await session_->ready("rename");
    // Most servers replace without asking, so we ask.
    if (!replace || !abilities_.atomic_replace) co_await refuse_existing(to, "rename");
    const auto [first, second] = co_await directories_.arguments_for(from, to, "rename");
    std::vector<std::string> lines{ftp::command_line("RNFR", first), ftp::command_line("RNTO", second)};
    ftp::Reply named;
    ftp::Reply renamed;
    if (session_->pipelines()) {  // without a name RNTO is refused, so sending both at once is safe
        auto replies = co_await session_->commands(std::move(lines), "rename");
        named = std::move(replies[0]);
        renamed = std::move(replies[1]);
    } else {
        named = co_await session_->control().exchange(lines[0], "rename");
        if (!named.is_failure()) renamed = co_await session_->control().exchange(lines[1], "rename");
    }
    directories_.forget();
    if (named.is_failure()) co_await inquiry_.explain(named, "rename", from, Want::anything);
    if (renamed.is_success()) co_return;
    const auto said = ftp::error_for(renamed, "rename", to);
    if (!session_->usable()) throw said;
    if (said.code == ErrorCode::already_exists || ftp::is_ambiguous(renamed)) {
        const auto there = co_await inquiry_.look(to);
        if (there) {
            if (there->type == EntryType::file) {
                replaces_ = false;
                learn();
            }
            throw Error(ErrorCode::already_exists,
                        fmt::format("'{}' exists already, and the server does not replace it.", to))
                .at("rename")
                .on(to)
                .replied(renamed.raw());
        }
    }
    co_await inquiry_.explain(renamed, "rename", to, Want::new_file);
}

awaitable<void> FtpFileSystem::do_remove(std::string path) {
    co_await session_->ready("remove");
    const auto argument = co_await directories_.argument_for(path, "remove");
    const auto reply = co_await session_->command("DELE", argument, "remove");
    if (!reply.is_success()) co_await inquiry_.explain(reply, "remove", path, Want::file);
}

awaitable<void> FtpFileSystem::do_make_directory(std::string path) {
    co_await session_->ready("make directory");
    const auto argument = co_await directories_.argument_for(path, "make directory");
    const auto reply = co_await session_->command("MKD", argument, "make directory");
    if (reply.is_success()) co_return;
    const auto said = ftp::error_for(reply, "make directory", path);
    if (said.code == ErrorCode::already_exists || ftp::is_ambiguous(reply)) {
        const auto there = co_await inquiry_.look(path);
        if (there)
            throw Error(ErrorCode::already_exists, fmt::format("'{}' exists already.", path))
                .at("make directory")
                .on(path)
                .replied(reply.raw());
    }
    co_await inquiry_.explain(reply, "make directory", path, Want::new_file);
}

awaitable<void> FtpFileSystem::do_remove_directory(std::string path) {
    co_await session_->ready("remove directory");
    const auto argument = co_await directories_.argument_for(path, "remove directory");
    const auto reply = co_await session_->command("RMD", argument, "remove directory");
    directories_.forget();
    if (reply.is_success()) co_return;
    if (ftp::is_ambiguous(reply) && session_->usable()) {
        const auto there = co_await inquiry_.look(path);
        if (there && there->type == EntryType::directory) {
            auto listing = co_await inquiry_.list(path);
            const auto first = co_await listing->next();
            if (!first.empty())
                throw Error(ErrorCode::not_empty, fmt::format("The directory '{}' is not empty.", path))
                    .at("remove directory")
                    .on(path)
                    .replied(reply.raw());
        }
    }
    co_await inquiry_.explain(reply, "remove directory", path, Want::directory);
}

awaitable<void> FtpFileSystem::do_set_modified(std::string path, Time time) {
    co_await session_->ready("set time");
    auto argument = co_await directories_.argument_for(path, "set time");
    const auto refusal = co_await attributes_.set_modified(std::move(argument), time);
    learn();
    if (refusal) co_await inquiry_.explain(*refusal, "set time", path, Want::anything);
}

awaitable<void> FtpFileSystem::do_set_mode(std::string path, std::uint32_t mode) {
    co_await session_->ready("set mode");
    auto argument = co_await directories_.argument_for(path, "set mode");
    const auto refusal = co_await attributes_.set_mode(std::move(argument), mode);
    learn();
    if (refusal) co_await inquiry_.explain(*refusal, "set mode", path, Want::anything);
}

awaitable<std::string> FtpFileSystem::do_checksum(std::string path, ChecksumAlgorithm algorithm) {
    co_await session_->ready("checksum");
    auto argument = co_await directories_.argument_for(path, "checksum");
    ftp::Reply refusal;
    auto found = co_await attributes_.checksum(std::move(argument), algorithm, refusal);
    learn();
    if (found.empty()) co_await inquiry_.explain(refusal, "checksum", path, Want::file);
    co_return found;
}

awaitable<RawReply> FtpFileSystem::do_raw_command(std::string command) {
    constexpr std::array<std::string_view, 21> kOurs{"RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD",
                                                     "PORT", "PASV", "EPRT", "EPSV", "LPRT", "LPSV", "AUTH",
                                                     "CCC",  "PROT", "PBSZ", "USER", "PASS", "REIN", "ABOR"};
    const auto line = ftp::raw_command_line(command);
    const auto verb = ftp::verb_of(command);
    if (std::find(kOurs.begin(), kOurs.end(), verb) != kOurs.end())
        throw Error(ErrorCode::unsupported,
                    fmt::format("{} cannot be sent as a raw command: it would disturb the session.", verb))
            .at("command")
            .hinting("Use get, put and ls for transfers and listings.");
    co_await session_->ready("command");
    const auto reply = co_await session_->control().exchange(line, "command");
    // It may have changed the directory, the type or a restart position.
    directories_.forget();
    session_->forget_type();
    if (verb == "REST") session_->data.rest_may_stick = true;
    if (verb == "QUIT") session_->control().give_up();
    co_return RawReply{reply.code, reply.lines};
}

awaitable<void> FtpFileSystem::do_ping() {
    co_await session_->ready("ping");
    const auto reply = co_await session_->command("NOOP", {}, "ping");
    if (!session_->usable()) throw ftp::error_for(reply, "ping");
}

}  // namespace

awaitable<std::unique_ptr<FileSystem>> open_ftp(const Endpoint& endpoint, OpenOptions options) {
    auto session = co_await ftp::Session::open(endpoint, options.observer);
    auto files = std::make_unique<FtpFileSystem>(session);
    co_await files->check_working_directory();
    if (options.observer != nullptr)
        options.observer->step_done("directory", session->home().empty() ? "(not told)" : session->home());
    co_return files;
}

}  // namespace fairlead
