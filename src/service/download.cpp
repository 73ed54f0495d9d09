#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "net/process_limit.hpp"
#include "service/content.hpp"
#include "transfer/attempts.hpp"
#include "transfer/failure.hpp"
#include "transfer/plan.hpp"
#include "transfer/source_watch.hpp"

namespace fairlead::service {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

/// One file on its way out, over as many sessions as it takes.
class Download {
  public:
    Download(Sessions& sessions, const Patience& patience, DownloadRequest& request, ByteChannel& into)
        : sessions_(sessions), patience_(patience), request_(request), into_(into) {
        limits_.add(request.limit);
        limits_.add(net::process_limit());
    }

    awaitable<void> run() {
        for (unsigned failures = 0, dead = 0; !done_;) {
            const auto before = sent_;
            const auto failure = co_await transfer::caught(attempt());
            if (!failure) continue;
            if (was_dead_ && sent_ == before && ++dead <= transfer::kMostDeadSessions) continue;
            if (request_.text && sent_ > 0) throw Error(*failure);  // positions mean nothing there
            failures = sent_ > before ? 1 : failures + 1;
            co_await transfer::wait_or_throw(*failure, failures, patience_, request_.path, request_.retrying);
        }
    }

  private:
    awaitable<void> attempt() {
        was_dead_ = false;
        auto lease = co_await sessions_.take();
        const auto failure = co_await transfer::caught(read(lease.files()));
        if (!failure) co_return;
        was_dead_ = lease.failed(*failure);
        throw Error(*failure);
    }

    awaitable<void> read(FileSystem& files) {
        co_await look(files);
        if (done_) co_return;
        const auto begin = offset_ + sent_;
        ReadOptions options;
        options.text = request_.text;
        const bool restarts = files.abilities().resume_read;
        if (restarts) options.offset = begin;
        if (begin == 0 && !request_.text) options.expected_size = facts_->size;
        const auto stream = co_await files.open_read(request_.path, options);
        const transfer::SourceWatch watch(*facts_, *stream);
        std::uint64_t came = 0;
        const auto failure = co_await transfer::caught(pass_on(*stream, restarts ? 0 : begin, came));
        if (failure) {
            (void)co_await transfer::caught(stream->close());
            throw Error(*failure);
        }
        const bool whole = begin == 0 && came == sent_ && length_ == kAll && !request_.text && !left_;
        if (whole) co_await watch.check(files, request_.path, came, false);
        done_ = true;
    }

    /// What the file is now; the first time, what is wanted of it.
    awaitable<void> look(FileSystem& files) {
        auto entry = co_await files.stat(request_.path);
        if (entry.type == EntryType::symlink) {  // the facts are those of the link itself
            entry.size.reset();
            entry.modified.reset();
        }
        if (entry.type == EntryType::directory)
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", request_.path))
                .on(request_.path);
        if (facts_) {
            if (sent_ == 0 || !transfer::differ(*facts_, entry, true)) co_return;
            throw Error(ErrorCode::source_changed,
                        fmt::format("'{}' changed while it was read.", request_.path))
                .on(request_.path);
        }
        const auto wanted = request_.choose(entry);
        facts_ = std::move(entry);
        if (!wanted || wanted->second == 0) {
            done_ = true;
            co_return;
        }
        offset_ = wanted->first;
        const bool to_the_end = facts_->size && offset_ + wanted->second >= *facts_->size;
        length_ = to_the_end ? kAll : wanted->second;
        expected_ = wanted->second;
    }

    awaitable<void> pass_on(ReadStream& stream, std::uint64_t skip, std::uint64_t& came) {
        while (sent_ < length_) {
            auto piece = co_await stream.read();
            if (piece.empty()) break;
            came += piece.size();
            const auto skipped = std::min<std::uint64_t>(skip, piece.size());
            skip -= skipped;
            piece = piece.subspan(skipped);
            const bool too_much = expected_ != kAll && !request_.text && piece.size() > expected_ - sent_;
            if (too_much && length_ == kAll) throw grown();
            piece = piece.first(std::min<std::uint64_t>(piece.size(), length_ - sent_));
            if (piece.empty()) continue;
            const bool taken = co_await into_.write(ByteChannel::Bytes(piece.begin(), piece.end()));
            left_ = !taken;
            if (left_) break;
            sent_ += piece.size();
            if (!limits_.none()) co_await limits_.moved(piece.size());
        }
        if (left_ || sent_ == length_) {
            co_await stream.close();
            co_return;
        }
        if (expected_ != kAll && !request_.text && sent_ < expected_)
            throw Error(ErrorCode::size_mismatch,
                        fmt::format("'{}' ended after {} bytes, but {} were announced.", request_.path,
                                    offset_ + sent_, offset_ + expected_))
                .on(request_.path);
    }

    Error grown() const {
        return Error(ErrorCode::source_changed, fmt::format("'{}' grew while it was read.", request_.path))
            .on(request_.path);
    }

    Sessions& sessions_;
    const Patience& patience_;
    DownloadRequest& request_;
    ByteChannel& into_;
    net::RateLimits limits_;
    std::optional<Entry> facts_;
    std::uint64_t offset_ = 0, length_ = kAll, expected_ = kAll, sent_ = 0;
    bool done_ = false, left_ = false;
    bool was_dead_ = false;  // the session of the last attempt, before it was taken
};

}  // namespace

awaitable<void> download(Sessions& sessions, const Patience& patience, DownloadRequest request,
                         ByteChannel& into) {
    Download one(sessions, patience, request, into);
    co_await one.run();
}

}  // namespace fairlead::service
