#include "transfer/move_segments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <ctime>
#include <limits>
#include <list>
#include <optional>

#include "base/blocking.hpp"
#include "base/event.hpp"
#include "base/fault_point.hpp"
#include "base/run_together.hpp"
#include "transfer/failure.hpp"
#include "transfer/move_bytes.hpp"
#include "transfer/move_content.hpp"
#include "transfer/verify.hpp"
#include "transfer/widening.hpp"

namespace fairlead::transfer {
namespace asio = boost::asio;
namespace {

using Phase = Staged::Phase;
using Clock = std::chrono::steady_clock;
constexpr std::uint64_t kCheckpoint = 4 * 1024 * 1024;  // bytes of a segment between two journal entries
constexpr std::uint64_t kSlice = 16 * 1024 * 1024;  // of a segment whose end may come nearer while it moves
constexpr unsigned kMostStreams = 8;                // of a file that is widened of its own accord

/// Seconds of CPU time that this process has taken.
double cpu_time() {
    timespec taken{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &taken);
    return static_cast<double>(taken.tv_sec) + static_cast<double>(taken.tv_nsec) * 1e-9;
}

class SegmentedMove {
  public:
    SegmentedMove(const Route& route, Staged& staged, const Options& options, bool durable,
                  Progress* progress)
        : route_(route),
          staged_(staged),
          options_(options),
          durable_(durable),
          progress_(progress),
          size_(*staged.job.facts.size),
          streams_(staged.plan.widens ? 1 : options.segments.value_or(1)),
          is_recorded_(staged.plan.segments.size() > 1) {
        for (const auto& segment : staged.plan.segments)
            parts_.push_back({segment});
    }

    awaitable<void> run() {
        auto& plan = staged_.plan;
        for (const auto& part : parts_)
            co_await compare_seam(part.segment);
        staged_.phase = Phase::moving;
        const auto executor = co_await asio::this_coro::executor;
        begun_.emplace(executor);
        alarm_.emplace(executor);
        has_begun_ = plan.offset > 0;
        std::vector<awaitable<void>> tasks;
        tasks.push_back(lead());
        const auto most = plan.widens ? std::min(kMostStreams, route_.more_from->most())
                                      : std::min<std::size_t>(streams_, parts_.size());
        for (unsigned i = 1; i < most; ++i)
            tasks.push_back(help(i));
        if (plan.widens) tasks.push_back(watch(static_cast<unsigned>(most)));
        auto failure = co_await caught(run_together(std::move(tasks)));
        // What others gave up when the first session had nothing left to do is done by it after all.
        if (!failure) failure = co_await caught(work(route_.source, route_.target, true));
        checkpoint();
        if (failure) throw Error(*failure);
        refuse_gaps();
        staged_.phase = Phase::sent;
        if (was_cut_) co_await compare_beginnings();
        co_await look_at_source(route_.source);
        if (options_.checksum) co_await compare_checksums();
    }

  private:
    struct Part {
        Segment segment;
        bool taken = false;
    };

    /// Hears how a segment goes.
    class Meter final : public Progress {
      public:
        Meter(SegmentedMove& move, Segment& segment) : move_(move), segment_(segment) {}
        void moved(std::uint64_t bytes) override {
            // The last piece of a segment may reach into the next one.
            const auto ours = std::min(bytes, segment_.left());
            segment_.done += ours;
            since_ += ours;
            move_.staged_.result.bytes += ours;
            if (move_.progress_ != nullptr) move_.progress_->moved(ours);
            if (since_ < kCheckpoint) return;
            since_ = 0;
            move_.checkpoint();
        }

      private:
        SegmentedMove& move_;
        Segment& segment_;
        std::uint64_t since_ = 0;
    };

    void checkpoint() {
        auto& segments = staged_.plan.segments;
        segments.clear();
        for (const auto& part : parts_)
            segments.push_back(part.segment);
        if (staged_.entry != 0 && segments.size() > 1) route_.journal->moved(staged_.entry, segments);
        FAIRLEAD_FAULT_POINT("segments.checkpoint");
    }

    /// Before the first byte that leaves a hole behind: from its size alone nobody could tell what is there.
    awaitable<void> record_parts() {
        if (is_recorded_ || parts_.size() < 2) co_return;
        checkpoint();
        if (staged_.entry != 0) co_await run_blocking(route_.journal->syncing());
        is_recorded_ = true;
    }

    awaitable<void> compare_seam(const Segment& segment) {
        if (segment.done == 0) co_return;
        const auto length = static_cast<std::size_t>(std::min(kTail, segment.done));
        const auto begin = segment.begin + segment.done - length;
        const auto there =
            co_await read_range(route_.target, written_path(staged_.plan), begin, length, std::nullopt);
        const auto here = co_await read_range(route_.source, staged_.job.source, begin, length, std::nullopt);
        if (there.size() == length && there == here) co_return;
        staged_.start_over = true;
        throw Error(ErrorCode::incomplete,
                    fmt::format("What is there of '{}' is not a part of the source.", staged_.job.source))
            .on(staged_.job.source);
    }

    /// A server may cut the file at the end of one part while it takes another one further behind: what had
    /// come of that is lost then, though the size is right in the end.
    void look_for_a_cut(const Segment& ended, std::uint64_t size) {
        for (const auto& [segment, taken] : parts_)
            was_cut_ = was_cut_ || (size <= ended.end && segment.begin >= ended.end && segment.done > 0);
    }

    /// Whether a cut did harm. (Reading amid a file costs FTP more than it is worth where there was none.)
    awaitable<void> compare_beginnings() {
        for (const auto& [segment, taken] : parts_) {
            if (segment.begin == 0) continue;
            const auto length = static_cast<std::size_t>(std::min(kTail, segment.end - segment.begin));
            const auto there = co_await read_range(route_.target, written_path(staged_.plan), segment.begin,
                                                   length, std::nullopt);
            const auto here =
                co_await read_range(route_.source, staged_.job.source, segment.begin, length, std::nullopt);
            if (there == here) continue;
            if (route_.to != nullptr) route_.to->restarts_writes = false;
            staged_.start_over = true;
            throw Error(ErrorCode::incomplete,
                        fmt::format("The server did not keep all parts of '{}' where they belong.",
                                    written_path(staged_.plan)))
                .on(written_path(staged_.plan))
                .hinting("it is sent again in one part");
        }
    }

    Part* next() {
        for (auto& part : parts_) {
            if (part.taken || part.segment.left() == 0) continue;
            part.taken = true;
            return &part;
        }
        const auto largest = staged_.plan.widens ? worth_dividing() : parts_.end();
        if (largest == parts_.end()) return nullptr;
        return &*parts_.insert(std::next(largest), {take_half(largest->segment), true});
    }

    /// The segment with most left to do, if that is much.
    std::list<Part>::iterator worth_dividing() {
        const auto largest =
            std::ranges::max_element(parts_, {}, [](const Part& part) { return part.segment.left(); });
        return largest->segment.left() < kWorthDividing ? parts_.end() : largest;
    }

    /// Its end says nothing about the rest of it.
    void refuse_gaps() const {
        const auto done = done_in(staged_.plan.segments);
        if (done == size_) return;
        throw Error(ErrorCode::incomplete, fmt::format("Of the {} bytes of '{}', {} are at the target.",
                                                       size_, staged_.job.source, done))
            .on(staged_.job.source);
    }

    /// Whether there is anything left for one more session.
    bool wants_help() {
        const auto is_free = [](const Part& part) { return !part.taken && part.segment.left() > 0; };
        return !is_over_ && (std::ranges::any_of(parts_, is_free) ||
                             (staged_.plan.widens && worth_dividing() != parts_.end()));
    }

    awaitable<void> work(FileSystem& source, FileSystem& target, bool leads) {
        while (auto* part = next()) {
            auto failure = co_await caught(record_parts());
            if (!failure) failure = co_await caught(move(source, target, part->segment, leads));
            if (!failure) continue;
            part->taken = false;
            throw Error(*failure);
        }
    }

    /// The first session, whose failure is the transfer's. It begins the file, with the first segment: to
    /// write at its beginning later would empty it on many servers.
    awaitable<void> lead() {
        const auto failure = co_await caught(work(route_.source, route_.target, true));
        is_over_ = has_begun_ = true;
        begun_->notify_all();
        alarm_->cancel();
        for (auto* more : {route_.more_from, route_.more_to})
            if (more != nullptr) more->look_again();
        if (failure) throw Error(*failure);
    }

    /// With sessions that nobody else waits for, once there is to be the stream of that number. What fails
    /// here is left to the others: the first session tries it again, and its failure is the transfer's.
    awaitable<void> help(unsigned number) {
        if (route_.more_from == nullptr || route_.more_to == nullptr) co_return;
        const auto with_spare = [](SegmentedMove& move, unsigned nth) -> awaitable<void> {
            while (nth >= move.streams_ && !move.is_over_)
                co_await move.begun_->wait();
            const auto wanted = [&move] { return move.wants_help(); };
            if (!wanted()) co_return;
            auto from = co_await move.route_.more_from->take_spare(wanted);
            if (!from) co_return;
            auto to = co_await move.route_.more_to->take_spare(wanted);
            if (!to) co_return;
            while (!move.has_begun_)
                co_await move.begun_->wait();
            if (move.is_over_) co_return;
            const auto failure = co_await caught(move.work(from->files(), to->files(), false));
            if (!failure) co_return;
            if (move.staged_.entry != 0 && loses_session(*failure))
                move.route_.journal->writer_lost(move.staged_.entry);
            if (loses_session(*failure) || move.staged_.start_over) {  // what was under way there is not worth ending
                from->broken();
                to->broken();
            }
            throw Error(*failure);
        };
        ++helpers_;
        const auto failure = co_await caught(with_spare(*this, number));
        --helpers_;
        if (failure && (failure->code == ErrorCode::cancelled || staged_.start_over)) throw Error(*failure);
    }

    /// Measures while it moves, and lets more streams begin where that gains.
    awaitable<void> watch(unsigned most) {
        while (moving_ == 0 && !is_over_)
            co_await begun_->wait();
        Widening widening(opening_, most);
        Widening::Sample sample;
        while (!is_over_ && !widening.is_settled()) {
            const auto began = Clock::now();
            const auto bytes = staged_.result.bytes;
            const auto cpu = cpu_time();
            alarm_->expires_after(widening.interval());
            boost::system::error_code woken;
            co_await alarm_->async_wait(asio::redirect_error(asio::use_awaitable, woken));
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none)
                throw Error(ErrorCode::cancelled, "Stopped before the end.");
            sample.time = Clock::now() - began;
            sample.bytes = staged_.result.bytes - std::min(bytes, staged_.result.bytes);
            sample.cpu = (cpu_time() - cpu) / sample.time.count();
            sample.left = size_ - std::min(size_, staged_.plan.offset + staged_.result.bytes);
            sample.streams = moving_;
            sample.possible = 1 + helpers_;
            streams_ = widening.look(sample);
            begun_->notify_all();
        }
    }

    awaitable<std::unique_ptr<ReadStream>> open_source(FileSystem& source, const Segment& segment) {
        ReadOptions reading;
        reading.offset = segment.begin + segment.done;
        // Nothing beyond is asked for ahead of time. In the middle, what comes beyond the end is the news.
        if (source.abilities().concurrent_operations > 1)
            reading.expected_size = segment.end;
        else if (reading.offset == 0)
            reading.expected_size = size_;
        const auto began = Clock::now();
        auto stream = co_await source.open_read(staged_.job.source, reading);
        opening_ = Clock::now() - began;
        co_return stream;
    }

    awaitable<void> move(FileSystem& source, FileSystem& target, Segment& segment, bool leads) {
        const auto before = segment.done;
        const auto start = segment.begin + before;
        const auto from = co_await open_source(source, segment);
        WriteOptions write;
        write.mode = start == 0 ? WriteOptions::Mode::truncate : WriteOptions::Mode::at;
        write.offset = start;
        write.expected_size = segment.left();
        write.durable = durable_;
        std::unique_ptr<WriteStream> to;
        const auto open = [](FileSystem& files, const std::string& path, WriteOptions how,
                             std::unique_ptr<WriteStream>& into) -> awaitable<void> {
            into = co_await files.open_write(path, how);
        };
        auto failure = co_await caught(open(target, written_path(staged_.plan), write, to));
        if (!failure && !has_begun_) {
            has_begun_ = true;
            begun_->notify_all();
        }
        if (failure && leads && start > 0 && failure->session_usable && !leaves_doubt(*failure)) {
            if (route_.to != nullptr) route_.to->restarts_writes = false;
            staged_.start_over = true;
        }
        ++moving_;
        begun_->notify_all();
        if (!failure) failure = co_await caught(bring(source, *from, *to, segment));
        --moving_;
        if (failure) {
            take_back(segment, before);
            if (to) (void)co_await caught(to->abort());
            (void)co_await caught(from->close());
            throw about_opening(*failure, staged_.plan);
        }
        co_await from->close();
    }

    awaitable<void> bring(FileSystem& source, ReadStream& in, WriteStream& out, Segment& part) {
        Meter meter(*this, part);
        const auto start = part.begin + part.done;
        auto at = start;
        while (part.left() > 0) {
            const auto end = staged_.plan.widens ? std::min(part.end, at + kSlice) : part.end;
            // The last one is read to the source's own end, which proves that it began where it should.
            const auto until = end == size_ ? std::numeric_limits<std::uint64_t>::max() : end;
            std::uint64_t moved = 0;
            co_await move_bytes(in, out, nullptr, &meter, options_.limits, at, moved, until,
                                !staged_.plan.widens);
            at += moved;
            if (at < end) break;
        }
        if (at > size_ && start > 0 && part.end == size_) co_await refuse_ignored_position(source, in);
        co_await out.finish();
        if (const auto size = out.confirmed_size()) look_for_a_cut(part, *size);
        if (part.left() == 0) co_return;
        throw Error(ErrorCode::source_changed, fmt::format("'{}' has become shorter.", staged_.job.source))
            .on(staged_.job.source);
    }

    /// More came than is left of the file: the server began at the beginning, or somewhere else.
    awaitable<void> refuse_ignored_position(FileSystem& source, ReadStream& rest) {
        (void)co_await caught(rest.close());  // the session can tell nothing while the server still sends
        const auto changed = co_await caught(look_at_source(source));
        if (changed && (changed->code == ErrorCode::source_changed || changed->code == ErrorCode::cancelled)) throw Error(*changed);
        if (route_.from != nullptr) route_.from->restarts_reads = false;
        staged_.start_over = true;
        throw Error(ErrorCode::incomplete,
                    fmt::format("The server sent more than the rest of '{}': it ignored the restart position "
                                "(REST).",
                                staged_.job.source))
            .on(staged_.job.source)
            .hinting("it is moved again in one part");
    }

    /// What was handed over last may not have arrived.
    void take_back(Segment& segment, std::uint64_t before) {
        const auto doubtful = std::max(kInBuffers, route_.means().unordered);
        const auto lost = std::min(segment.done - before, doubtful);
        segment.done -= lost;
        staged_.result.bytes -= lost;
        if (progress_ != nullptr) progress_->moved_in_vain(lost);
    }

    awaitable<void> look_at_source(FileSystem& source) {
        const auto& job = staged_.job;
        const auto now = co_await try_stat(source, job.source);
        if (now && !differ(job.facts, *now, true)) co_return;
        throw Error(ErrorCode::source_changed,
                    fmt::format("'{}' changed while it was read, so what arrived would be a mixture. Nothing "
                                "was published.",
                                job.source))
            .on(job.source)
            .hinting("try again once its writer has finished");
    }

    awaitable<void> compare_checksums() {
        const auto algorithm = choose_checksum(route_.source.abilities(), route_.target.abilities());
        const auto sum = co_await checksum_of(route_.target, written_path(staged_.plan), algorithm);
        co_await verify_checksum(route_.source, staged_.job.source, algorithm, sum);
        staged_.result.checksum = fmt::format("{}:{}", to_string(algorithm), sum);
    }

    const Route& route_;
    Staged& staged_;
    const Options& options_;
    bool durable_;
    Progress* progress_;
    std::uint64_t size_;
    std::list<Part> parts_;  // in the order of their bytes
    unsigned streams_;       // so many there should be
    unsigned moving_ = 0, helpers_ = 0;
    bool is_recorded_;                         // as one that is moved in segments
    std::optional<Event> begun_;               // the file is there, and nothing will empty it; and other news
    std::optional<asio::steady_timer> alarm_;  // for the next look
    Clock::duration opening_{};                // of the source took so long
    bool has_begun_ = false;
    bool is_over_ = false;  // the first session has nothing left to do, or failed
    bool was_cut_ = false;  // the file, it seems, while something was behind
};

}  // namespace

awaitable<void> move_segments(const Route& route, Staged& staged, const Options& options, bool durable,
                              Progress* progress) {
    SegmentedMove move(route, staged, options, durable, progress);
    co_await move.run();
}

}  // namespace fairlead::transfer
