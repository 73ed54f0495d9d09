#include "remote/jail_file_system.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/mask.hpp"
#include "base/path.hpp"
#include "net/cancellable.hpp"

namespace fairlead {
namespace {

/// "" for the log-in directory or the server's root, else without a trailing slash: "/in", "in/x".
std::string tidy_root(std::string_view root) {
    path::refuse_control_bytes(root, "working directory");
    if (root == "~" || root.starts_with("~/")) root.remove_prefix(std::min<std::size_t>(root.size(), 2));
    std::string tidy = root.starts_with('/') ? "/" : "";
    for (const auto part : path::parts(root))
        tidy = path::join(tidy, part);
    return tidy;
}

/// `path`, which was confined, below a root that is tidy.
std::string below(std::string_view root, std::string_view path) {
    if (path == "/") return root.empty() ? "." : std::string(root);
    return root.empty() ? std::string(path.substr(1)) : path::join(root, path);
}

/// A path as the inner file system knows it, and as the caller does, who may not see all (null: may).
struct Names {
    std::string inside;
    std::string shown;
    std::shared_ptr<const Mask> mask;
};

/// What an error says of paths in the directory, as the caller knows them.
void show_paths(Error& error, const Names& names) {
    if (error.path == names.inside) error.path = names.shown;
    auto& message = error.message;
    if (!names.inside.ends_with(names.shown)) return;
    const auto root = std::string_view(names.inside).substr(0, names.inside.size() - names.shown.size());
    if (root.empty()) return;
    const auto quoted = fmt::format("'{}/", root);
    for (auto at = message.find(quoted); at != std::string::npos; at = message.find(quoted, at + 1))
        message.erase(at + 1, root.size());
}

void show(Error& error, const Names& names) {
    show_paths(error, names);
    if (names.mask) names.mask->hide(error);
}

PeerInfo masked(PeerInfo peer, const Mask& mask) {
    for (auto* text : {&peer.identity, &peer.server, &peer.address, &peer.security})
        mask.hide(*text);
    return peer;
}

/// Gives back errors in the words of the caller; a cancellation that Asio noticed between two steps is an
/// Error like any other. `names` must outlive the operation.
template <class T>
awaitable<T> told_to_caller(awaitable<T> operation, const Names& names) {
    try {
        co_return co_await net::cancellable(std::move(operation), "transfer");
    } catch (Error& error) {
        show(error, names);
        throw;
    }
}

class JailedListing final : public Listing {
  public:
    JailedListing(std::unique_ptr<Listing> inner, Names directory)
        : inner_(std::move(inner)), directory_(std::move(directory)) {}

    awaitable<std::vector<Entry>> next() override {
        auto entries = co_await told_to_caller(inner_->next(), directory_);
        if (directory_.shown != directory_.inside)
            for (auto& entry : entries)
                entry.path = path::join(directory_.shown, entry.name);
        co_return entries;
    }
    std::uint64_t left_out() const override { return inner_->left_out(); }

  private:
    std::unique_ptr<Listing> inner_;
    Names directory_;
};

class JailedReadStream final : public ReadStream {
  public:
    JailedReadStream(std::unique_ptr<ReadStream> inner, Names names)
        : inner_(std::move(inner)), names_(std::move(names)) {}

    awaitable<std::span<const std::byte>> read() override { return told_to_caller(inner_->read(), names_); }
    std::optional<std::uint64_t> announced_size() const override { return inner_->announced_size(); }
    int descriptor() const noexcept override { return inner_->descriptor(); }
    bool can_read_into() const noexcept override { return inner_->can_read_into(); }
    awaitable<std::size_t> read_into(std::span<std::byte> room) override {
        return told_to_caller(inner_->read_into(room), names_);
    }
    bool can_read_to_pipe() const noexcept override { return inner_->can_read_to_pipe(); }
    awaitable<std::uint64_t> read_to_pipe(int pipe) override {
        return told_to_caller(inner_->read_to_pipe(pipe), names_);
    }
    awaitable<void> close() override { return told_to_caller(inner_->close(), names_); }

  private:
    std::unique_ptr<ReadStream> inner_;
    Names names_;
};

class JailedWriteStream final : public WriteStream {
  public:
    JailedWriteStream(std::unique_ptr<WriteStream> inner, Names names)
        : inner_(std::move(inner)), names_(std::move(names)) {}

    awaitable<void> write(std::span<const std::byte> bytes) override {
        return told_to_caller(inner_->write(bytes), names_);
    }
    awaitable<std::uint64_t> write_from(int descriptor, std::uint64_t offset, std::uint64_t count) override {
        return told_to_caller(inner_->write_from(descriptor, offset, count), names_);
    }
    awaitable<std::span<std::byte>> room() override { return told_to_caller(inner_->room(), names_); }
    std::optional<std::uint64_t> confirmed_size() const override { return inner_->confirmed_size(); }
    std::uint64_t settled() const noexcept override { return inner_->settled(); }
    bool can_send_file() const noexcept override { return inner_->can_send_file(); }
    awaitable<int> take_pipe() override { return told_to_caller(inner_->take_pipe(), names_); }
    awaitable<void> finish() override { return told_to_caller(inner_->finish(), names_); }
    awaitable<void> abort() override { return told_to_caller(inner_->abort(), names_); }

  private:
    std::unique_ptr<WriteStream> inner_;
    Names names_;
};

class JailFileSystem final : public FileSystem {
  public:
    JailFileSystem(std::unique_ptr<FileSystem> inner, std::string root, std::shared_ptr<const Mask> mask)
        : no_path_{"", "", std::move(mask)}, inner_(std::move(inner)), root_(std::move(root)) {
        if (no_path_.mask) masked_peer_ = masked(inner_->peer(), *no_path_.mask);
    }

    const Abilities& abilities() const override { return inner_->abilities(); }
    const PeerInfo& peer() const override { return masked_peer_ ? *masked_peer_ : inner_->peer(); }

    awaitable<Entry> stat(std::string_view path) override {
        auto entry = co_await at(path, [this](const std::string& inside) { return inner_->stat(inside); });
        entry.path = path::confine(path);
        entry.name = path::name(entry.path);
        co_return entry;
    }
    awaitable<std::unique_ptr<Listing>> list(std::string_view path) override {
        auto listing = co_await at(path, [this](const std::string& inside) { return inner_->list(inside); });
        co_return std::make_unique<JailedListing>(std::move(listing), names(path));
    }
    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view path, ReadOptions options) override {
        auto stream = co_await at(
            path, [=, this](const std::string& inside) { return inner_->open_read(inside, options); });
        co_return std::make_unique<JailedReadStream>(std::move(stream), names(path));
    }
    awaitable<std::unique_ptr<WriteStream>> open_write(std::string_view path, WriteOptions options) override {
        auto stream = co_await at(
            path, [=, this](const std::string& inside) { return inner_->open_write(inside, options); });
        co_return std::make_unique<JailedWriteStream>(std::move(stream), names(path));
    }
    awaitable<void> rename(std::string_view from, std::string_view to, bool replace) override {
        const auto inside_to = names(to).inside;
        co_await at(from,
                    [&](const std::string& inside) { return inner_->rename(inside, inside_to, replace); });
    }
    awaitable<void> remove(std::string_view path) override {
        return at(path, [this](const std::string& inside) { return inner_->remove(inside); });
    }
    awaitable<void> make_directory(std::string_view path) override {
        return at(path, [this](const std::string& inside) { return inner_->make_directory(inside); });
    }
    awaitable<void> remove_directory(std::string_view path) override {
        return at(path, [this](const std::string& inside) { return inner_->remove_directory(inside); });
    }
    awaitable<void> make_link(std::string_view path, std::string_view target) override {
        return at(path, [=, this](const std::string& inside) { return inner_->make_link(inside, target); });
    }
    awaitable<void> set_modified(std::string_view path, Time time) override {
        return at(path, [=, this](const std::string& inside) { return inner_->set_modified(inside, time); });
    }
    awaitable<void> set_mode(std::string_view path, std::uint32_t mode) override {
        return at(path, [=, this](const std::string& inside) { return inner_->set_mode(inside, mode); });
    }
    awaitable<void> sync(std::vector<std::string> paths) override {
        for (auto& path : paths)
            path = names(path).inside;
        return told_to_caller(inner_->sync(std::move(paths)), no_path_);
    }
    awaitable<std::string> checksum(std::string_view path, ChecksumAlgorithm algorithm) override {
        return at(path, [=, this](const std::string& inside) { return inner_->checksum(inside, algorithm); });
    }
    awaitable<RawReply> raw_command(std::string_view command) override {
        auto reply = co_await told_to_caller(inner_->raw_command(command), no_path_);
        if (no_path_.mask)
            for (auto& line : reply.lines)
                no_path_.mask->hide(line);
        co_return reply;
    }
    awaitable<void> ping() override { return told_to_caller(inner_->ping(), no_path_); }
    bool has_ended() noexcept override { return inner_->has_ended(); }
    awaitable<void> close() override { return inner_->close(); }

  private:
    Names names(std::string_view path) const {
        path::refuse_control_bytes(path, "path");
        auto shown = path::confine(path);
        return {below(root_, shown), std::move(shown), no_path_.mask};
    }

    /// Calls with the path as `inner` knows it, and gives back errors in the words of the caller.
    template <class Call>
    auto at(std::string_view path, Call call) -> std::invoke_result_t<Call, const std::string&> {
        const auto known_as = names(path);
        try {
            co_return co_await net::cancellable(call(known_as.inside), "operation");
        } catch (Error& error) {
            show(error, known_as);
            throw;
        }
    }

    const Names no_path_;  ///< for what is not about a path; before `inner_`, which may speak to its end
    std::unique_ptr<FileSystem> inner_;
    std::string root_;
    std::optional<PeerInfo> masked_peer_;
};

}  // namespace

std::string jailed_path(std::string_view root, std::string_view path) {
    path::refuse_control_bytes(path, "path");
    return below(tidy_root(root), path::confine(path));
}

std::unique_ptr<FileSystem> confine_to(std::unique_ptr<FileSystem> inner, std::string_view root,
                                       std::shared_ptr<const Mask> mask) {
    return std::make_unique<JailFileSystem>(std::move(inner), tidy_root(root), std::move(mask));
}

}  // namespace fairlead
