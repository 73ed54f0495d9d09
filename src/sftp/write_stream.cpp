#include "sftp/write_stream.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "net/timed_socket.hpp"
#include "sftp/requests.hpp"
#include "sftp/write_flight.hpp"

namespace fairlead::sftp {

namespace asio = boost::asio;

namespace {

// Pieces that are filled and not sent yet: enough to keep each channel busy, little enough to stay in the
// cache.
constexpr unsigned kUnsent = 4;
constexpr unsigned kUnsentOfSeveral = 2;

// What is worth its own WRITE; smaller pieces are gathered.
constexpr std::size_t kWorthSending = 32 * 1024;

// A channel carries at most its window in each round trip; OpenSSH's is 2 MiB, and so is everybody's or
// smaller. Faster than this one the window is no limit, and a file that fits into it needs no second channel.
constexpr auto kLongRoundTrip = std::chrono::milliseconds(8);
constexpr std::uint64_t kWindow = 2 * 1024 * 1024;

class PipelinedWriteStream final : public WriteStream {
  public:
    PipelinedWriteStream(std::shared_ptr<Session> session, std::shared_ptr<Conversations> conversations,
                         const asio::any_io_executor& executor, std::string path, std::string handle,
                         std::uint64_t offset, bool durable)
        : session_(std::move(session)),
          conversations_(std::move(conversations)),
          flight_(std::make_shared<WriteFlight>(executor, path, session_, std::move(handle))),
          path_(std::move(path)),
          begin_(offset),
          offset_(offset),
          piece_(session_->limits().write_length),
          durable_(durable) {}

    ~PipelinedWriteStream() override { give_up(); }

    awaitable<void> write(std::span<const std::byte> bytes) override {
        while (!bytes.empty()) {
            if (gathered_.empty() && bytes.size() >= kWorthSending && flight_->open_lanes() == 1) {
                const auto part = bytes.first(std::min<std::size_t>(bytes.size(), piece_));
                co_await send_borrowed(part);
                bytes = bytes.subspan(part.size());
                continue;
            }
            if (gathered_.empty()) gathered_ = empty_buffer();
            const auto part = bytes.first(std::min<std::size_t>(bytes.size(), piece_ - gathered_.size()));
            gathered_.insert(gathered_.end(), part.begin(), part.end());
            bytes = bytes.subspan(part.size());
            if (gathered_.size() == piece_) co_await send_gathered();
        }
    }

    bool can_send_file() const noexcept override { return true; }
    awaitable<std::uint64_t> write_from(int descriptor, std::uint64_t from, std::uint64_t count) override {
        co_await send_gathered();
        std::uint64_t sent = 0;
        while (sent < count) {
            const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(piece_, count - sent));
            auto buffer = co_await buffer_to_fill(want);
            const auto got = ::pread(descriptor, buffer.data(), want, static_cast<off_t>(from + sent));
            const int error_number = errno;
            if (got <= 0) buffers_->push_back(std::move(buffer));
            if (got < 0)
                throw Error(ErrorCode::internal,
                            fmt::format("Reading the local file failed: {}.", std::strerror(error_number)));
            if (got == 0) break;
            co_await send_buffer(std::move(buffer), static_cast<std::size_t>(got));
            sent += static_cast<std::uint64_t>(got);
        }
        co_return sent;
    }

    awaitable<void> finish() override {
        co_await send_gathered();
        // On one channel the server does one after the other, so that nothing needs to be waited for between.
        while (flight_->open_lanes() > 1 && flight_->in_flight() > 0) {
            co_await throw_failure();
            session_->check();
            co_await wait();
        }
        co_await throw_failure();
        session_->check();
        ended_ = true;
        flight_->end(durable_ && session_->extensions().fsync);
        while (!flight_->settled()) {
            session_->check();
            co_await wait();
        }
        co_await throw_failure();
    }

    std::optional<std::uint64_t> confirmed_size() const override { return flight_->final_size(); }

    awaitable<void> abort() override {
        give_up();
        co_return;
    }
    std::uint64_t settled() const noexcept override {
        const auto sure = flight_->settled(offset_);
        return sure - std::min(sure, begin_);
    }

  private:
    awaitable<void> send_gathered() {
        if (gathered_.empty()) co_return;
        auto bytes = std::exchange(gathered_, {});
        const auto size = bytes.size();
        co_await send_buffer(std::move(bytes), size);
    }

    /// One that was sent already, where there is one.
    Bytes empty_buffer() {
        if (buffers_->empty()) {
            ++buffers_made_;
            return {};
        }
        auto buffer = std::move(buffers_->back());
        buffers_->pop_back();
        buffer.clear();
        return buffer;
    }

    awaitable<Bytes> buffer_to_fill(std::size_t size) {
        while (buffers_->empty() && buffers_made_ >= most_unsent() * flight_->open_lanes()) {
            co_await throw_failure();
            session_->check();
            co_await wait();
        }
        if (buffers_->empty()) {
            ++buffers_made_;
            co_return Bytes(size);
        }
        auto buffer = std::move(buffers_->back());
        buffers_->pop_back();
        if (buffer.size() < size) buffer.resize(size);
        co_return buffer;
    }

    unsigned most_unsent() const { return flight_->open_lanes() > 1 ? kUnsentOfSeveral : kUnsent; }

    awaitable<void> send_buffer(Bytes buffer, std::size_t length) {
        const auto lane = co_await place_in_flight();
        const auto kept = std::make_shared<Bytes>(std::move(buffer));
        send(lane, std::span<const std::byte>(*kept).first(length),
             [kept, buffers = buffers_] { buffers->push_back(std::move(*kept)); });
    }

    awaitable<void> send_borrowed(std::span<const std::byte> bytes) {
        const auto lane = co_await place_in_flight();
        const auto gone = std::make_shared<bool>(false);
        send(lane, bytes, [gone] { *gone = true; });
        // Whatever ends the wait: what is still to be sent of the caller's bytes must not be read later.
        struct Keep {
            Session& session;
            std::span<const std::byte> bytes;
            const bool& gone;
            ~Keep() {
                if (!gone) session.keep(bytes);
            }
        } keep{*lane->session, bytes, *gone};
        while (!*gone) {
            session_->check();
            co_await wait();
        }
    }

    awaitable<std::shared_ptr<WriteFlight::Lane>> place_in_flight() {
        while (true) {
            co_await throw_failure();
            session_->check();
            if (ended_) throw Error(ErrorCode::internal, "A finished file was written to.").on(path_);
            widen_if_worth_it();
            if (flight_->in_flight() < flight_->limit.limit() &&
                offset_ + piece_ - flight_->acknowledged(offset_) <= kUnsettledBytes) {
                auto lane = flight_->free_lane(most_unsent());
                if (lane) co_return lane;
            }
            co_await wait();
        }
    }

    void widen_if_worth_it() {
        if (!conversations_ || session_->round_trip() < kLongRoundTrip || offset_ - begin_ < kWindow) return;
        conversations_->widen();
        for (const auto& further : conversations_->further())
            flight_->add_lane(further);
    }

    void send(const std::shared_ptr<WriteFlight::Lane>& lane, std::span<const std::byte> bytes,
              std::function<void()> sent) {
        flight_->write(lane, offset_, bytes, std::move(sent));
        offset_ += bytes.size();
    }

    awaitable<void> throw_failure() {
        if (!flight_->failure) co_return;
        auto error = *flight_->failure;
        if (std::exchange(flight_->undecided, false)) {
            // "Failure" is all that OpenSSH says of a full disk: look.
            const bool full = co_await is_full(*session_, path_);
            if (full) {
                error.code = ErrorCode::no_space;
                error.message = fmt::format("Writing '{}' failed: the server's disk is full.", path_);
                flight_->failure = error;
            }
        }
        give_up();
        throw error;
    }

    awaitable<void> wait() {
        const auto idle = session_->timeouts().idle;
        const auto began = Clock::now();
        const bool came = co_await flight_->changed.wait(began + idle, "write");
        if (!came && Clock::now() - std::max(began, flight_->last_heard()) >= idle)
            session_->fail(Error(ErrorCode::timeout, fmt::format("The server took nothing of '{}' for {}.",
                                                                 path_, net::to_text(idle)))
                               .at("idle")
                               .on(path_));
    }

    void give_up() {
        if (!std::exchange(ended_, true)) flight_->give_up();
    }

    std::shared_ptr<Session> session_;
    std::shared_ptr<Conversations> conversations_;
    std::shared_ptr<WriteFlight> flight_;
    std::shared_ptr<std::vector<Bytes>> buffers_ = std::make_shared<std::vector<Bytes>>();
    unsigned buffers_made_ = 0;
    std::string path_;
    std::uint64_t begin_;
    std::uint64_t offset_;
    std::uint32_t piece_;
    bool durable_;
    Bytes gathered_;
    bool ended_ = false;
};

std::uint32_t flags_of(WriteOptions::Mode mode) {
    switch (mode) {
        case WriteOptions::Mode::create:
            return kOpenWrite | kOpenCreate | kOpenExclusive;
        case WriteOptions::Mode::truncate:
            return kOpenWrite | kOpenCreate | kOpenTruncate;
        case WriteOptions::Mode::append:
        case WriteOptions::Mode::at:
            return kOpenWrite | kOpenCreate;
    }
    return kOpenWrite;
}

/// A refused OPEN, after a look at what is there.
awaitable<void> explain_refusal(Session& session, const std::string& path, Status status,
                                WriteOptions::Mode mode) {
    const auto doing = fmt::format("Opening '{}' for writing", path);
    const auto code = code_of(status);
    if (!code || code == ErrorCode::permission_denied || code == ErrorCode::already_exists) {
        const auto there = co_await look(session, path);
        if (there && is_directory(*there))
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", path))
                .on(path)
                .replied(to_text(status));
        if (there && mode == WriteOptions::Mode::create && code != ErrorCode::permission_denied)
            throw Error(ErrorCode::already_exists, fmt::format("'{}' exists already.", path))
                .on(path)
                .replied(to_text(status));
    }
    if (code == ErrorCode::not_found)
        throw Error(ErrorCode::not_found, fmt::format("{} failed: its directory does not exist.", doing))
            .on(path)
            .replied(to_text(status));
    throw status_error(status, doing, path, ErrorCode::permission_denied);
}

}  // namespace

awaitable<std::unique_ptr<WriteStream>> open_for_writing(std::shared_ptr<Session> session, std::string path,
                                                         WriteOptions options,
                                                         std::shared_ptr<Conversations> conversations) {
    const auto reply = co_await session->request(
        PacketType::open, fmt::format("OPEN {} (write)", path),
        [&](PacketWriter& packet) { packet.string(path).u32(flags_of(options.mode)).attributes({}); });
    if (reply.is_status()) co_await explain_refusal(*session, path, reply.status(), options.mode);
    if (reply.type != PacketType::handle)
        throw Error(ErrorCode::protocol_error, "The server answered OPEN with something else.").on(path);
    auto offset = options.mode == WriteOptions::Mode::at ? options.offset : 0;
    auto handle = decode_handle(reply.body);
    if (options.mode == WriteOptions::Mode::append) {
        // Not by SSH_FXF_APPEND: with it the server may ignore the offsets, and replies may come in any
        // order.
        const auto size = co_await session->request(PacketType::fstat, fmt::format("FSTAT {}", path),
                                                    [&](PacketWriter& packet) { packet.string(handle); });
        const auto known = size.type == PacketType::attrs ? decode_attributes(size.body).size : std::nullopt;
        if (!known) {
            session->close_handle(handle);
            throw Error(
                ErrorCode::unsupported,
                fmt::format("The server does not tell the size of '{}', so nothing can be appended.", path))
                .on(path)
                .replied(size.is_status() ? to_text(size.status()) : "");
        }
        offset = *known;
    }
    const auto executor = co_await asio::this_coro::executor;
    co_return std::make_unique<PipelinedWriteStream>(session, std::move(conversations), executor,
                                                     std::move(path), std::move(handle), offset,
                                                     options.durable);
}

}  // namespace fairlead::sftp
