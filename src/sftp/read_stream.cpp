#include "sftp/read_stream.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <utility>
#include <vector>

#include "net/timed_socket.hpp"
#include "sftp/request_window.hpp"

namespace fairlead::sftp {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kFstat = 0;  // the window's tickets begin with 1

/// Where the replies go. Lives as long as a reply may come, even if the stream is gone.
class Flight final : public ReplyTaker, public std::enable_shared_from_this<Flight> {
  public:
    Flight(Session& session, const asio::any_io_executor& executor, std::string path, std::string handle,
           const ReadOptions& options)
        : came(executor),
          window(options.offset, options.expected_size, session.limits().read_length,
                 session.reads_in_flight()),
          session_(session),
          path_(std::move(path)),
          handle_(std::move(handle)),
          size(options.expected_size) {}

    void ask_size() {
        session_.send(PacketType::fstat, shared_from_this(), kFstat,
                      [this](PacketWriter& packet) { packet.string(handle_); });
        size_asked = true;
    }

    void ask_more() {
        if (abandoned || failure) return;
        while (const auto request = window.next_request(handed_out_)) {
            requests_.emplace(request->ticket, *request);
            session_.send(PacketType::read, shared_from_this(), request->ticket, [&](PacketWriter& packet) {
                packet.string(handle_).u64(request->offset).u32(request->length);
            });
        }
    }

    std::span<std::byte> room_for(std::uint64_t ticket, std::uint32_t length) override {
        const auto found = requests_.find(ticket);
        if (abandoned || found == requests_.end() || !window.expects(ticket)) return {};
        if (length > found->second.length) return {};  // took_data complains
        auto& buffer = buffers_[found->second.piece];
        if (buffer.empty()) buffer = spare_buffer(found->second.at + found->second.length);
        return std::span(buffer).subspan(found->second.at, length);
    }

    void took_data(std::uint64_t ticket, std::uint32_t length) override {
        const auto request = take_request(ticket);
        if (!request || abandoned || !window.expects(ticket)) return;
        if (length > request->length) {
            failure = Error(ErrorCode::protocol_error,
                            fmt::format("The server sent {} bytes of '{}' where {} were asked for.", length,
                                        path_, request->length))
                          .on(path_);
        } else if (length == 0) {
            window.ended(ticket);  // not what the draft says, but what some servers do at the end
        } else {
            window.answered(ticket, length);
        }
        go_on();
    }

    void took_reply(std::uint64_t ticket, Reply reply) override {
        if (ticket == kFstat) return took_size(reply);
        const auto request = take_request(ticket);
        if (!request || abandoned || !window.expects(ticket)) return;
        try {
            const auto status = reply.status();
            const bool past_end = status.code == kFailure && size && *size > 0 && request->offset >= *size;
            if (status.code == kEndOfFile || past_end)
                window.ended(ticket);
            else if (reply.is_status())
                failure = status_error(status, fmt::format("Reading '{}' at byte {}", path_, request->offset),
                                       path_);
            else
                failure = Error(ErrorCode::protocol_error, "The server answered a READ with something else.")
                              .on(path_);
        } catch (const Error& error) {
            failure = error;
        }
        go_on();
    }

    void lost(std::uint64_t) override { came.set(); }

    void close() {
        if (!std::exchange(closed_, true)) session_.close_handle(handle_);
    }

    /// The next bytes in file order; the buffer stays until the next call.
    std::span<const std::byte> take_piece() {
        if (handed_out_ > 0) {
            handed_out_ = 0;
            if (spare_.size() < 2) spare_.push_back(std::move(current_));
            current_ = {};
        }
        const auto piece = window.next_piece();
        if (!piece) return {};
        const auto found = buffers_.find(piece->number);
        current_ = std::move(found->second);
        // Pieces before this one had no bytes, or were of what the server said lies behind the end.
        buffers_.erase(buffers_.begin(), std::next(found));
        handed_out_ = 1;
        return std::span<const std::byte>(current_).first(piece->length);
    }

    Signal came;
    ReadWindow window;
    std::optional<Error> failure;
    std::optional<Attributes> attributes;
    bool size_asked = false;
    bool abandoned = false;

  private:
    void took_size(const Reply& reply) {
        try {
            // A server that cannot tell a size is read to the end all the same.
            attributes = reply.type == PacketType::attrs ? decode_attributes(reply.body) : Attributes{};
            if (attributes->size && *attributes->size > 0) {
                size = attributes->size;
                window.expect_size(*size);
            }
        } catch (const Error& error) {
            failure = error;
        }
        go_on();
    }

    std::optional<ReadWindow::Request> take_request(std::uint64_t ticket) {
        const auto found = requests_.find(ticket);
        if (found == requests_.end()) return std::nullopt;
        const auto request = found->second;
        requests_.erase(found);
        return request;
    }

    void go_on() {
        if (!session_.failure()) ask_more();
        came.set();
    }

    Bytes spare_buffer(std::size_t room) {
        if (spare_.empty()) return Bytes(room);
        auto buffer = std::move(spare_.back());
        spare_.pop_back();
        if (buffer.size() < room) buffer.resize(room);
        return buffer;
    }

    Session& session_;  // outlives every taker that is called
    std::string path_;
    std::string handle_;
    std::map<std::uint64_t, ReadWindow::Request> requests_;  // by ticket
    std::map<std::uint64_t, Bytes> buffers_;                 // by piece, made when its bytes begin to come
    std::vector<Bytes> spare_;
    Bytes current_;
    unsigned handed_out_ = 0;
    bool closed_ = false;

  public:
    std::optional<std::uint64_t> size;
};

class PipelinedReadStream final : public ReadStream {
  public:
    PipelinedReadStream(std::shared_ptr<Session> session, std::shared_ptr<Flight> flight, std::string path)
        : session_(std::move(session)), flight_(std::move(flight)), path_(std::move(path)) {}

    ~PipelinedReadStream() override { end(); }

    std::optional<std::uint64_t> announced_size() const override { return flight_->size; }

    awaitable<void> wait_for_size() {
        while (!flight_->attributes) {
            fail_if_needed();
            co_await wait();
        }
    }

    const std::optional<Attributes>& attributes() const { return flight_->attributes; }

    awaitable<std::span<const std::byte>> read() override {
        while (true) {
            const auto piece = flight_->take_piece();
            if (!piece.empty()) co_return piece;
            if (flight_->window.done()) {
                end();
                co_return std::span<const std::byte>{};
            }
            fail_if_needed();
            flight_->ask_more();
            co_await wait();
        }
    }

    awaitable<void> close() override {
        end();
        co_return;
    }

  private:
    void fail_if_needed() {
        if (flight_->failure) {
            end();
            throw *flight_->failure;
        }
        session_->check();
        if (flight_->abandoned) throw Error(ErrorCode::internal, "A closed file was read.").on(path_);
    }

    awaitable<void> wait() {
        const auto idle = session_->timeouts().idle;
        const auto stall = std::min<std::chrono::milliseconds>(idle / 4, 10s);
        const auto began = Clock::now();
        const auto deadline = std::max(session_->last_heard(), waited_since_.value_or(began)) + idle;
        if (!waited_since_) waited_since_ = began;
        const bool came = co_await flight_->came.wait(std::min(deadline, began + stall), "read");
        if (came) {
            waited_since_.reset();
            co_return;
        }
        const auto now = Clock::now();
        const auto silent_since = std::max(session_->last_heard(), *waited_since_);
        if (now - silent_since >= idle)
            session_->fail(Error(ErrorCode::timeout,
                                 fmt::format("Nothing came of '{}' for {}.", path_, net::to_text(idle)))
                               .at("idle")
                               .on(path_));
        else if (now - silent_since >= stall && flight_->window.stalled())
            session_->note(
                fmt::format("The server stopped answering several READs at once; one by one from here."));
    }

    void end() {
        if (std::exchange(flight_->abandoned, true)) return;
        flight_->close();
    }

    std::shared_ptr<Session> session_;
    std::shared_ptr<Flight> flight_;
    std::string path_;
    std::optional<Clock::time_point> waited_since_;
};

}  // namespace

awaitable<std::unique_ptr<ReadStream>> open_for_reading(std::shared_ptr<Session> session, std::string path,
                                                        ReadOptions options) {
    const auto doing = fmt::format("Opening '{}' for reading", path);
    const auto reply = co_await session->request(
        PacketType::open, fmt::format("OPEN {} (read)", path),
        [&](PacketWriter& packet) { packet.string(path).u32(kOpenRead).attributes({}); });
    if (reply.is_status()) throw status_error(reply.status(), doing, path);
    if (reply.type != PacketType::handle)
        throw Error(ErrorCode::protocol_error, doing + " gave no handle.").on(path);

    const auto executor = co_await asio::this_coro::executor;
    const auto flight =
        std::make_shared<Flight>(*session, executor, path, decode_handle(reply.body), options);
    auto stream = std::make_unique<PipelinedReadStream>(session, flight, path);
    if (!options.expected_size) flight->ask_size();
    flight->ask_more();  // in the same breath
    if (!options.expected_size) {
        co_await stream->wait_for_size();
        const auto permissions = stream->attributes()->permissions.value_or(0);
        if (S_ISDIR(permissions))
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", path)).on(path);
    }
    co_return stream;
}

}  // namespace fairlead::sftp
