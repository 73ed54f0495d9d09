#include "remote/trace_file_system.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

namespace fairlead {
namespace {

/// One operation being watched: notes its end when it goes.
class Span {
  public:
    Span(Observer& observer, std::string what) : observer_(observer), what_(std::move(what)) {}
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    ~Span() {
        const auto took =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began_);
        observer_.note(fmt::format("{}: {} ({:.1f} ms)", what_, outcome_, took.count()));
    }
    void succeeded(std::string outcome = "done") { outcome_ = std::move(outcome); }
    void failed(const Error& error) { outcome_ = to_string(error.code); }

  private:
    Observer& observer_;
    std::string what_;
    std::string outcome_ = "given up";
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

class TracedListing final : public Listing {
  public:
    TracedListing(std::unique_ptr<Listing> inner, std::unique_ptr<Span> span)
        : inner_(std::move(inner)), span_(std::move(span)) {}

    awaitable<std::vector<Entry>> next() override {
        try {
            auto entries = co_await inner_->next();
            count_ += entries.size();
            if (span_) span_->succeeded(fmt::format("{} entries", count_));
            if (entries.empty()) span_.reset();
            co_return entries;
        } catch (const Error& error) {
            if (span_) span_->failed(error);
            throw;
        }
    }
    std::uint64_t left_out() const override { return inner_->left_out(); }

  private:
    std::unique_ptr<Listing> inner_;
    std::unique_ptr<Span> span_;
    std::size_t count_ = 0;
};

class TracedReadStream final : public ReadStream {
  public:
    TracedReadStream(std::unique_ptr<ReadStream> inner, std::unique_ptr<Span> span)
        : inner_(std::move(inner)), span_(std::move(span)) {}

    awaitable<std::span<const std::byte>> read() override {
        try {
            const auto piece = co_await inner_->read();
            moved(piece.size());
            co_return piece;
        } catch (const Error& error) {
            if (span_) span_->failed(error);
            throw;
        }
    }
    bool can_read_into() const noexcept override { return inner_->can_read_into(); }
    awaitable<std::size_t> read_into(std::span<std::byte> room) override {
        return counted(inner_->read_into(room));
    }
    bool can_read_to_pipe() const noexcept override { return inner_->can_read_to_pipe(); }
    awaitable<std::uint64_t> read_to_pipe(int pipe) override { return counted(inner_->read_to_pipe(pipe)); }
    std::optional<std::uint64_t> announced_size() const override { return inner_->announced_size(); }
    int descriptor() const noexcept override { return inner_->descriptor(); }
    awaitable<void> close() override { return inner_->close(); }

  private:
    template <class Count>
    awaitable<Count> counted(awaitable<Count> operation) {
        try {
            const auto count = co_await std::move(operation);
            moved(count);
            co_return count;
        } catch (const Error& error) {
            if (span_) span_->failed(error);
            throw;
        }
    }
    void moved(std::uint64_t count) {
        count_ += count;
        if (count != 0 || !span_) return;
        span_->succeeded(fmt::format("{} bytes", count_));
        span_.reset();
    }

    std::unique_ptr<ReadStream> inner_;
    std::unique_ptr<Span> span_;
    std::uint64_t count_ = 0;
};

class TracedWriteStream final : public WriteStream {
  public:
    TracedWriteStream(std::unique_ptr<WriteStream> inner, std::unique_ptr<Span> span)
        : inner_(std::move(inner)), span_(std::move(span)) {}

    awaitable<void> write(std::span<const std::byte> bytes) override {
        co_await watch(inner_->write(bytes));
        count_ += bytes.size();
    }
    awaitable<std::uint64_t> write_from(int descriptor, std::uint64_t offset, std::uint64_t count) override {
        const auto sent = co_await watch(inner_->write_from(descriptor, offset, count));
        count_ += sent;
        co_return sent;
    }
    awaitable<std::span<std::byte>> room() override { return watch(inner_->room()); }
    std::optional<std::uint64_t> confirmed_size() const override { return inner_->confirmed_size(); }
    std::uint64_t settled() const noexcept override { return inner_->settled(); }
    bool can_send_file() const noexcept override { return inner_->can_send_file(); }
    awaitable<int> take_pipe() override { return watch(inner_->take_pipe()); }
    awaitable<void> finish() override {
        co_await watch(inner_->finish());
        if (span_) span_->succeeded(fmt::format("{} bytes", count_));
        span_.reset();
    }
    awaitable<void> abort() override {
        if (span_) span_->succeeded(fmt::format("given up after {} bytes", count_));
        return inner_->abort();
    }

  private:
    template <class T>
    awaitable<T> watch(awaitable<T> operation) {
        try {
            co_return co_await std::move(operation);
        } catch (const Error& error) {
            if (span_) span_->failed(error);
            throw;
        }
    }

    std::unique_ptr<WriteStream> inner_;
    std::unique_ptr<Span> span_;
    std::uint64_t count_ = 0;
};

class TraceFileSystem final : public FileSystem {
  public:
    TraceFileSystem(std::unique_ptr<FileSystem> inner, Observer& observer)
        : inner_(std::move(inner)), observer_(observer) {}

    const Abilities& abilities() const override { return inner_->abilities(); }
    const PeerInfo& peer() const override { return inner_->peer(); }

    awaitable<Entry> stat(std::string_view path) override {
        return watch(fmt::format("stat {}", path), inner_->stat(path));
    }
    awaitable<std::unique_ptr<Listing>> list(std::string_view path) override {
        return open<TracedListing>(fmt::format("list {}", path), inner_->list(path));
    }
    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view path, ReadOptions options) override {
        auto what = options.offset == 0 ? fmt::format("read {}", path)
                                        : fmt::format("read {} from byte {}", path, options.offset);
        return open<TracedReadStream>(std::move(what), inner_->open_read(path, options));
    }
    awaitable<std::unique_ptr<WriteStream>> open_write(std::string_view path, WriteOptions options) override {
        auto what = options.offset == 0 ? fmt::format("write {}", path)
                                        : fmt::format("write {} from byte {}", path, options.offset);
        return open<TracedWriteStream>(std::move(what), inner_->open_write(path, options));
    }
    awaitable<void> rename(std::string_view from, std::string_view to, bool replace) override {
        return watch(fmt::format("rename {} to {}", from, to), inner_->rename(from, to, replace));
    }
    awaitable<void> remove(std::string_view path) override {
        return watch(fmt::format("remove {}", path), inner_->remove(path));
    }
    awaitable<void> make_directory(std::string_view path) override {
        return watch(fmt::format("make directory {}", path), inner_->make_directory(path));
    }
    awaitable<void> remove_directory(std::string_view path) override {
        return watch(fmt::format("remove directory {}", path), inner_->remove_directory(path));
    }
    awaitable<void> make_link(std::string_view path, std::string_view target) override {
        return watch(fmt::format("link {} -> {}", path, target), inner_->make_link(path, target));
    }
    awaitable<void> set_modified(std::string_view path, Time time) override {
        return watch(fmt::format("set time of {} to {}", path, to_rfc3339(time)),
                     inner_->set_modified(path, time));
    }
    awaitable<void> set_mode(std::string_view path, std::uint32_t mode) override {
        return watch(fmt::format("set mode of {} to {:04o}", path, mode), inner_->set_mode(path, mode));
    }
    awaitable<void> sync(std::vector<std::string> paths) override {
        return watch(fmt::format("sync {} paths", paths.size()), inner_->sync(std::move(paths)));
    }
    awaitable<std::string> checksum(std::string_view path, ChecksumAlgorithm algorithm) override {
        return watch(fmt::format("{} of {}", to_string(algorithm), path), inner_->checksum(path, algorithm));
    }
    awaitable<RawReply> raw_command(std::string_view command) override {
        return watch("raw command", inner_->raw_command(command));  // the command itself may hold a secret
    }
    awaitable<void> ping() override { return watch("ping", inner_->ping()); }
    bool has_ended() noexcept override { return inner_->has_ended(); }
    awaitable<void> close() override { return watch("close", inner_->close()); }

  private:
    template <class T>
    awaitable<T> watch(std::string what, awaitable<T> operation) {
        Span span(observer_, std::move(what));
        try {
            if constexpr (std::is_void_v<T>) {
                co_await std::move(operation);
                span.succeeded();
            } else {
                auto result = co_await std::move(operation);
                span.succeeded();
                co_return result;
            }
        } catch (const Error& error) {
            span.failed(error);
            throw;
        }
    }

    /// Like watch, but the span goes on until what was opened has ended.
    template <class Traced, class T>
    awaitable<std::unique_ptr<T>> open(std::string what, awaitable<std::unique_ptr<T>> operation) {
        auto span = std::make_unique<Span>(observer_, std::move(what));
        try {
            auto opened = co_await std::move(operation);
            co_return std::make_unique<Traced>(std::move(opened), std::move(span));
        } catch (const Error& error) {
            if (span) span->failed(error);
            throw;
        }
    }

    std::unique_ptr<FileSystem> inner_;
    Observer& observer_;
};

}  // namespace

std::unique_ptr<FileSystem> trace_operations(std::unique_ptr<FileSystem> inner, Observer& observer) {
    return std::make_unique<TraceFileSystem>(std::move(inner), observer);
}

}  // namespace fairlead
