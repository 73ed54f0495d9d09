#include "ftp/listing_stream.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "base/path.hpp"
#include "ftp/listing/matches.hpp"
#include "net/cancellable.hpp"

namespace fairlead::ftp {

namespace {

constexpr std::size_t kBatch = 512;        // entries: some 100 KiB
constexpr std::size_t kPiece = 64 * 1024;  // its entries, which are larger, stay in the CPU's cache

class JoinedListing final : public Listing {
  public:
    JoinedListing(std::vector<Entry> first, std::unique_ptr<Listing> rest)
        : first_(std::move(first)), rest_(std::move(rest)) {}

    awaitable<std::vector<Entry>> next() override {
        if (!first_.empty()) co_return std::exchange(first_, {});
        if (rest_) co_return co_await rest_->next();
        co_return std::vector<Entry>{};
    }
    std::uint64_t left_out() const override { return rest_ ? rest_->left_out() : 0; }

  private:
    std::vector<Entry> first_;
    std::unique_ptr<Listing> rest_;
};

}  // namespace

std::unique_ptr<Listing> listing_of(std::vector<Entry> first, std::unique_ptr<Listing> rest) {
    return std::make_unique<JoinedListing>(std::move(first), std::move(rest));
}

ListingStream::ListingStream(std::unique_ptr<Transfer> transfer, ListOptions options, std::string directory,
                             const Charset& charset)
    : transfer_(std::move(transfer)),
      parser_(std::move(options)),
      directory_(std::move(directory)),
      charset_(charset) {}

awaitable<std::vector<Entry>> ListingStream::next() {
    return net::cancellable(do_next(), "list");
}

awaitable<std::vector<Entry>> ListingStream::do_next() {
    while (!ended_ && parser_.waiting() < kBatch) {
        const auto got = co_await read_some();
        if (got == 0) co_await end();
    }
    co_return take();
}

awaitable<std::size_t> ListingStream::read_some() {
    const auto buffer = transfer_->session().buffer().first(kPiece);
    std::exception_ptr failure;
    std::size_t got = 0;
    try {
        got = co_await transfer_->stream().read_some(buffer);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        ended_ = true;
        co_await transfer_->fail(failure);
    }
    if (got > 0) parser_.feed({reinterpret_cast<const char*>(buffer.data()), got});
    co_return got;
}

awaitable<void> ListingStream::end() {
    ended_ = true;
    const bool clean = transfer_->stream().ended_cleanly();
    co_await transfer_->conclude();
    if (!clean && transfer_->session().endpoint().tls.require_close_notify)
        throw Error(ErrorCode::incomplete,
                    "The listing ended without TLS's close_notify, which this connection requires.")
            .at("list")
            .on(transfer_->request().path);
    // A connection that somebody in between has cut can look as if it had ended, to both sides.
    if (parser_.is_amid_line())
        throw Error(
            ErrorCode::incomplete,
            fmt::format("The listing of '{}' ended in the middle of a line, so some of it is missing.",
                        directory_))
            .at("list")
            .on(directory_);
    parser_.finish();
    const auto matches = matches_in(transfer_->last_reply().text());
    if (matches.sent && parser_.lines() < *matches.sent)
        throw Error(ErrorCode::incomplete,
                    fmt::format("The server sent {} entries of '{}', and only {} arrived.", *matches.sent,
                                directory_, parser_.lines()))
            .at("list")
            .on(directory_);
    if (matches.truncated)
        throw Error(ErrorCode::unsupported,
                    fmt::format("The server shows only {} entries of '{}', and there are more.", parser_.lines(),
                                directory_))
            .at("list")
            .on(directory_)
            .replied(transfer_->last_reply().raw())
            .hinting("raise the server's limit (Pure-FTPd: LimitRecursion), or keep fewer files in one directory");
    for (const auto& line : parser_.skipped_lines())
        transfer_->session().control().note(fmt::format("Not understood in the listing: {}", line));
}

std::vector<Entry> ListingStream::take() {
    auto entries = parser_.take_batch();
    for (auto& entry : entries) {
        if (!charset_.is_utf8()) {
            entry.name = charset_.to_utf8(entry.name);
            if (entry.target) entry.target = charset_.to_utf8(*entry.target);
        }
        entry.path = path::join(directory_, entry.name);
    }
    return entries;
}

}  // namespace fairlead::ftp
