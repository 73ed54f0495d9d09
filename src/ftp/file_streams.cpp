#include "ftp/file_streams.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "ftp/text_mode.hpp"
#include "net/cancellable.hpp"

namespace fairlead::ftp {
namespace {

class FtpReadStream final : public ReadStream {
  public:
    FtpReadStream(std::unique_ptr<Transfer> transfer, ReadOptions options,
                  std::function<awaitable<std::optional<std::uint64_t>>()> ask_size)
        : transfer_(std::move(transfer)), options_(options), ask_size_(std::move(ask_size)) {}

    awaitable<std::span<const std::byte>> read() override { return net::cancellable(do_read(), "read"); }

    std::optional<std::uint64_t> announced_size() const override {
        if (options_.expected_size || options_.text) return options_.expected_size;
        // After REST some servers name the whole size and some the rest: only without it is the word clear.
        return options_.offset == 0 ? transfer_->announced_size() : std::nullopt;
    }

    bool can_read_into() const noexcept override { return !options_.text; }
    awaitable<std::size_t> read_into(std::span<std::byte> room) override {
        return net::cancellable(receive(room), "read");
    }
    bool can_read_to_pipe() const noexcept override {
        return !options_.text && transfer_->stream().can_splice();
    }
    awaitable<std::uint64_t> read_to_pipe(int pipe) override {
        return net::cancellable(do_read_to_pipe(pipe), "read");
    }

    awaitable<void> close() override { return net::cancellable(do_close(), "read"); }

  private:
    /// The next bytes as they came; 0 once the end is proven.
    awaitable<std::size_t> receive(std::span<std::byte> room) {
        if (ended_) co_return 0;
        std::size_t got = 0;
        std::exception_ptr failure;
        try {
            got = co_await transfer_->stream().read_some(room);
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) {
            ended_ = true;
            co_await transfer_->fail(failure);
        }
        received_ += got;
        if (got == 0) co_await end();
        refuse_ignored_offset();
        co_return got;
    }

    awaitable<std::span<const std::byte>> do_read() {
        const auto buffer = transfer_->session().buffer();
        while (!ended_) {
            const auto got = co_await receive(buffer);
            if (!options_.text) co_return buffer.first(got);
            if (got == 0 && to_text_.holds_cr()) {
                buffer[0] = std::byte{'\r'};
                co_return buffer.first(1);
            }
            const auto text = to_text_.convert(buffer.first(got));
            if (!text.empty()) co_return text;
        }
        co_return std::span<const std::byte>{};
    }

    awaitable<std::uint64_t> do_read_to_pipe(int pipe) {
        if (ended_) co_return 0;
        std::uint64_t moved = 0;
        std::exception_ptr failure;
        try {
            moved = co_await transfer_->stream().splice_to(pipe);
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) {
            ended_ = true;
            co_await transfer_->fail(failure);
        }
        received_ += moved;
        if (moved == 0) co_await end();
        refuse_ignored_offset();
        co_return moved;
    }

    awaitable<void> do_close() {
        if (std::exchange(ended_, true)) co_return;
        co_await transfer_->abort();
    }

    awaitable<void> end() {
        ended_ = true;
        const bool clean = transfer_->stream().ended_cleanly();
        co_await transfer_->conclude();
        if (!clean) co_await judge_unclean_end();
    }

    /// The server confirmed the end, but the data connection ended without close_notify: anybody could have
    /// cut it.
    awaitable<void> judge_unclean_end() {
        const auto& request = transfer_->request();
        auto& session = transfer_->session();
        if (session.endpoint().tls.require_close_notify)
            throw Error(
                ErrorCode::incomplete,
                "The data connection ended without TLS's close_notify, which this connection requires.")
                .at(request.step)
                .on(request.path);
        if (options_.text) co_return;
        auto size = options_.expected_size;
        if (!size && ask_size_) size = co_await ask_size_();
        if (!size) size = announced_size();
        if (!size) {
            session.control().note(
                "The data connection ended without close_notify, and the size is not known.");
            co_return;
        }
        if (options_.offset + received_ != *size)
            throw Error(ErrorCode::incomplete,
                        fmt::format("The data connection ended without close_notify after {} of {} bytes.",
                                    options_.offset + received_, *size))
                .at(request.step)
                .on(request.path);
    }

    void refuse_ignored_offset() {
        if (options_.offset == 0 || !options_.expected_size || options_.text) return;
        if (options_.offset + received_ <= *options_.expected_size) return;
        throw Error(ErrorCode::incomplete,
                    "The server sent more than the rest of the file: it ignored the restart position (REST), "
                    "or the file "
                    "grew.")
            .at(transfer_->request().step)
            .on(transfer_->request().path)
            .hinting("Start over without resuming.");
    }

    std::unique_ptr<Transfer> transfer_;
    ReadOptions options_;
    std::function<awaitable<std::optional<std::uint64_t>>()> ask_size_;
    WireToText to_text_;
    std::uint64_t received_ = 0;
    bool ended_ = false;
};

bool is_reset(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return error.code == ErrorCode::connection_lost;
    } catch (...) {
        return false;
    }
}

class FtpWriteStream final : public WriteStream {
  public:
    FtpWriteStream(std::unique_ptr<Transfer> transfer, WriteOptions options,
                   std::function<awaitable<void>(Reply)> explain)
        : transfer_(std::move(transfer)), options_(options), explain_(std::move(explain)) {}

    awaitable<void> write(std::span<const std::byte> bytes) override {
        return net::cancellable(do_write(bytes), "write");
    }
    bool can_send_file() const noexcept override {
        return !options_.text && transfer_->stream().can_send_file();
    }
    awaitable<std::uint64_t> write_from(int descriptor, std::uint64_t offset, std::uint64_t count) override {
        return net::cancellable(do_write_from(descriptor, offset, count), "write");
    }
    std::optional<std::uint64_t> confirmed_size() const override { return transfer_->stored_size(); }
    awaitable<void> finish() override { return net::cancellable(do_finish(), "write"); }
    awaitable<void> abort() override { return net::cancellable(do_abort(), "write"); }

  private:
    awaitable<void> do_write(std::span<const std::byte> bytes) {
        std::exception_ptr failure;
        try {
            co_await transfer_->stream().write(options_.text ? to_wire_.convert(bytes) : bytes);
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) co_await fail(failure);
    }

    awaitable<std::uint64_t> do_write_from(int descriptor, std::uint64_t offset, std::uint64_t count) {
        if (!can_send_file()) co_return co_await WriteStream::write_from(descriptor, offset, count);
        std::exception_ptr failure;
        std::uint64_t sent = 0;
        try {
            sent = co_await transfer_->stream().write_from(descriptor, offset, count);
        } catch (const Error& error) {
            if (error.code == ErrorCode::internal) throw;  // the local file, not the connection
            failure = std::current_exception();
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) co_await fail(failure);
        co_return sent;
    }

    awaitable<void> do_finish() {
        if (std::exchange(ended_, true)) co_return;
        std::exception_ptr failure;
        try {
            co_await transfer_->stream().end_sending();
            co_await transfer_->ask_ahead();
            co_await transfer_->stream().wait_until_taken();
        } catch (...) {
            failure = std::current_exception();
        }
        // A server may reset a connection whose bytes it has all read; its reply tells whether it has.
        const bool broken = failure && !is_reset(failure);
        auto end = broken ? transfer_->fail(failure) : transfer_->conclude();
        co_await explained(std::move(end));
    }

    /// The end, with the reason for a refusal that came only now.
    awaitable<void> explained(awaitable<void> end) {
        std::exception_ptr failure;
        try {
            co_await std::move(end);
        } catch (...) {
            failure = std::current_exception();
        }
        if (!failure) co_return;
        const auto* refusal = transfer_->refusal();
        if (refusal != nullptr && explain_) co_await explain_(*refusal);
        std::rethrow_exception(failure);
    }

    awaitable<void> do_abort() {
        if (std::exchange(ended_, true)) co_return;
        co_await transfer_->abort();
    }

    awaitable<void> fail(std::exception_ptr failure) {
        ended_ = true;
        co_await explained(transfer_->fail(failure));
    }

    std::unique_ptr<Transfer> transfer_;
    WriteOptions options_;
    std::function<awaitable<void>(Reply)> explain_;
    TextToWire to_wire_;
    bool ended_ = false;
};

}  // namespace

std::unique_ptr<ReadStream> read_from(std::unique_ptr<Transfer> transfer, ReadOptions options,
                                      std::function<awaitable<std::optional<std::uint64_t>>()> ask_size) {
    return std::make_unique<FtpReadStream>(std::move(transfer), options, std::move(ask_size));
}

std::unique_ptr<WriteStream> write_to(std::unique_ptr<Transfer> transfer, WriteOptions options,
                                      std::function<awaitable<void>(Reply)> explain) {
    return std::make_unique<FtpWriteStream>(std::move(transfer), options, std::move(explain));
}

}  // namespace fairlead::ftp
