#include "fairlead/session.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <utility>

#include "base/run_alone.hpp"
#include "fairlead/client.hpp"

namespace fairlead {
namespace {

namespace asio = boost::asio;

awaitable<void> list_into(FileSystem& files, std::string_view path,
                          const std::function<void(const Entry&)>& each) {
    const auto listing = co_await files.list(path);
    while (true) {
        const auto batch = co_await listing->next();
        if (batch.empty()) co_return;
        for (const auto& entry : batch)
            each(entry);
    }
}

awaitable<std::uint64_t> read_into(FileSystem& files, std::string_view path, ReadOptions options,
                                   const std::function<void(std::span<const std::byte>)>& sink) {
    const auto stream = co_await files.open_read(path, options);
    std::uint64_t total = 0;
    std::exception_ptr failure;  // of the sink; the stream's own end the stream
    while (!failure) {
        const auto piece = co_await stream->read();
        if (piece.empty()) co_return total;
        try {
            sink(piece);
        } catch (...) {
            failure = std::current_exception();
        }
        total += piece.size();
    }
    co_await stream->close();
    std::rethrow_exception(failure);
}

awaitable<std::uint64_t> write_from(FileSystem& files, std::string_view path, WriteOptions options,
                                    const std::function<std::span<const std::byte>()>& source) {
    const auto stream = co_await files.open_write(path, options);
    std::exception_ptr failure;
    std::uint64_t total = 0;
    try {
        for (auto piece = source(); !piece.empty(); piece = source()) {
            co_await stream->write(piece);
            total += piece.size();
        }
        co_await stream->finish();
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) co_return total;
    try {
        co_await stream->abort();
    } catch (const Error&) {
        // The first failure is the news.
    }
    std::rethrow_exception(failure);
}

}  // namespace

CopyResult copy(Client& client, std::string from, std::string to, CopyOptions options) {
    asio::io_context loop(1);
    return run_alone(loop, client.copy(std::move(from), std::move(to), std::move(options)));
}

struct Session::Parts {
    asio::io_context loop{1};
    std::unique_ptr<FileSystem> files;

    ~Parts() {
        try {
            if (files) run_alone(loop, files->close());
        } catch (const std::exception&) {
            // The other side is gone; so are we.
        }
    }
};

Session::Session(const Endpoint& endpoint, OpenOptions options) : parts_(std::make_unique<Parts>()) {
    parts_->files = run_alone(parts_->loop, fairlead::open(endpoint, options));
}

Session::Session(Client& client, std::string_view name, Observer* observer)
    : parts_(std::make_unique<Parts>()) {
    parts_->files = run_alone(parts_->loop, client.open(name, observer));
}

Session::Session(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Session Session::open_local(std::string_view root) {
    auto parts = std::make_unique<Parts>();
    parts->files = fairlead::open_local(root);
    return Session(std::move(parts));
}

Session::~Session() = default;
Session::Session(Session&& other) noexcept = default;
Session& Session::operator=(Session&& other) noexcept = default;

const Abilities& Session::abilities() const {
    return parts_->files->abilities();
}
const PeerInfo& Session::peer() const {
    return parts_->files->peer();
}

std::vector<Entry> Session::list(std::string_view path) {
    std::vector<Entry> entries;
    list(path, [&](const Entry& entry) { entries.push_back(entry); });
    return entries;
}

void Session::list(std::string_view path, const std::function<void(const Entry&)>& each) {
    run_alone(parts_->loop, list_into(*parts_->files, path, each));
}

Entry Session::stat(std::string_view path) {
    return run_alone(parts_->loop, parts_->files->stat(path));
}

std::optional<Entry> Session::try_stat(std::string_view path) {
    return run_alone(parts_->loop, fairlead::try_stat(*parts_->files, path));
}

std::uint64_t Session::read(std::string_view path,
                            const std::function<void(std::span<const std::byte>)>& sink,
                            ReadOptions options) {
    return run_alone(parts_->loop, read_into(*parts_->files, path, options, sink));
}

std::string Session::read(std::string_view path, std::size_t most) {
    std::string content;
    const std::function<void(std::span<const std::byte>)> append = [&](std::span<const std::byte> piece) {
        if (content.size() + piece.size() > most)
            throw Error(ErrorCode::no_space, fmt::format("'{}' is larger than {} bytes.", path, most))
                .on(std::string(path));
        content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    };
    read(path, append);
    return content;
}

std::uint64_t Session::write(std::string_view path, const std::function<std::span<const std::byte>()>& source,
                             WriteOptions options) {
    return run_alone(parts_->loop, write_from(*parts_->files, path, options, source));
}

void Session::write(std::string_view path, std::string_view content, WriteOptions options) {
    if (!options.expected_size) options.expected_size = content.size();
    const std::function<std::span<const std::byte>()> once = [&] {
        return std::as_bytes(std::span(std::exchange(content, {})));
    };
    write(path, once, options);
}

void Session::rename(std::string_view from, std::string_view to, bool replace) {
    run_alone(parts_->loop, parts_->files->rename(from, to, replace));
}
void Session::remove(std::string_view path) {
    run_alone(parts_->loop, parts_->files->remove(path));
}
void Session::make_directory(std::string_view path) {
    run_alone(parts_->loop, parts_->files->make_directory(path));
}
void Session::remove_directory(std::string_view path) {
    run_alone(parts_->loop, parts_->files->remove_directory(path));
}
void Session::set_modified(std::string_view path, Time time) {
    run_alone(parts_->loop, parts_->files->set_modified(path, time));
}
void Session::set_mode(std::string_view path, std::uint32_t mode) {
    run_alone(parts_->loop, parts_->files->set_mode(path, mode));
}
std::string Session::checksum(std::string_view path, ChecksumAlgorithm algorithm) {
    return run_alone(parts_->loop, parts_->files->checksum(path, algorithm));
}
RawReply Session::raw_command(std::string_view command) {
    return run_alone(parts_->loop, parts_->files->raw_command(command));
}
void Session::ping() {
    run_alone(parts_->loop, parts_->files->ping());
}

}  // namespace fairlead
