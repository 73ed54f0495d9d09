#include "transfer/move_segments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <optional>

#include "base/event.hpp"
#include "base/fault_point.hpp"
#include "base/run_together.hpp"
#include "transfer/failure.hpp"
#include "transfer/move_bytes.hpp"
#include "transfer/move_content.hpp"
#include "transfer/verify.hpp"

namespace fairlead::transfer {
namespace {

using Phase = Staged::Phase;
constexpr std::uint64_t kCheckpoint = 4 * 1024 * 1024;  // bytes of a segment between two journal entries

class SegmentedMove {
  public:
    SegmentedMove(const Route& route, Staged& staged, const Options& options, bool durable,
                  Progress* progress)
        : route_(route),
          staged_(staged),
          options_(options),
          durable_(durable),
          progress_(progress),
          taken_(staged.plan.segments.size(), false) {}

    awaitable<void> run() {
        auto& plan = staged_.plan;
        for (const auto& segment : plan.segments)
            co_await compare_seam(segment);
        staged_.phase = Phase::moving;
        const auto executor = co_await boost::asio::this_coro::executor;
        begun_.emplace(executor);
        has_begun_ = plan.offset > 0;
        std::vector<awaitable<void>> tasks;
        tasks.push_back(lead());
        const auto helpers = std::min<std::size_t>(options_.segments, plan.segments.size()) - 1;
        for (std::size_t i = 0; i < helpers; ++i)
            tasks.push_back(help());
        auto failure = co_await caught(run_together(std::move(tasks)));
        // What others gave up when the first session had nothing left to do is done by it after all.
        if (!failure) failure = co_await caught(work(route_.source, route_.target, true));
        checkpoint();
        if (failure) throw Error(*failure);
        refuse_gaps();
        staged_.phase = Phase::sent;
        if (was_cut_) co_await compare_beginnings();
        co_await look_at_source();
        if (options_.checksum) co_await compare_checksums();
    }

  private:
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
        if (staged_.entry != 0) route_.journal->moved(staged_.entry, staged_.plan.segments);
        FAIRLEAD_FAULT_POINT("segments.checkpoint");
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
        for (const auto& segment : staged_.plan.segments)
            was_cut_ = was_cut_ || (size <= ended.end && segment.begin >= ended.end && segment.done > 0);
    }

    /// Whether a cut did harm. (Reading amid a file costs FTP more than it is worth where there was none.)
    awaitable<void> compare_beginnings() {
        for (const auto& segment : staged_.plan.segments) {
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

    Segment* next() {
        auto& segments = staged_.plan.segments;
        for (std::size_t i = 0; i < segments.size(); ++i) {
            if (taken_[i] || segments[i].left() == 0) continue;
            taken_[i] = true;
            return &segments[i];
        }
        return nullptr;
    }

    /// Its end says nothing about the rest of it.
    void refuse_gaps() const {
        const auto size = *staged_.job.facts.size, done = done_in(staged_.plan.segments);
        if (done == size) return;
        throw Error(ErrorCode::incomplete,
                    fmt::format("Of the {} bytes of '{}', {} are at the target.", size, staged_.job.source,
                                done))
            .on(staged_.job.source);
    }

    void give_back(const Segment& segment) {
        taken_[static_cast<std::size_t>(&segment - staged_.plan.segments.data())] = false;
    }

    awaitable<void> work(FileSystem& source, FileSystem& target, bool leads) {
        while (auto* segment = next()) {
            const auto failure = co_await caught(move(source, target, *segment, leads));
            if (!failure) continue;
            give_back(*segment);
            throw Error(*failure);
        }
    }

    /// The first session, whose failure is the transfer's. It begins the file, with the first segment: to
    /// write at its beginning later would empty it on many servers.
    awaitable<void> lead() {
        const auto failure = co_await caught(work(route_.source, route_.target, true));
        if (failure) failed_ = true;
        has_begun_ = true;
        begun_->notify_all();
        if (failure) throw Error(*failure);
    }

    /// With sessions that nobody else waits for. What fails here is left to the others: the first session
    /// tries it again, and its failure is the transfer's.
    awaitable<void> help() {
        if (route_.more_from == nullptr || route_.more_to == nullptr) co_return;
        const auto with_spare = [](SegmentedMove& move) -> awaitable<void> {
            auto from = co_await move.route_.more_from->take_spare();
            if (!from) co_return;
            auto to = co_await move.route_.more_to->take_spare();
            if (!to) co_return;
            while (!move.has_begun_)
                co_await move.begun_->wait();
            if (move.failed_) co_return;
            const auto failure = co_await caught(move.work(from->files(), to->files(), false));
            if (!failure) co_return;
            if (!failure->session_usable) {
                from->broken();
                to->broken();
            }
            throw Error(*failure);
        };
        const auto failure = co_await caught(with_spare(*this));
        if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
    }

    awaitable<void> move(FileSystem& source, FileSystem& target, Segment& segment, bool leads) {
        const auto before = segment.done;
        const auto start = segment.begin + before;
        ReadOptions reading;
        reading.offset = start;
        // Nothing beyond is asked for ahead of time.
        reading.expected_size =
            source.abilities().concurrent_operations > 1 ? segment.end : *staged_.job.facts.size;
        const auto from = co_await source.open_read(staged_.job.source, reading);
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
        const auto bring = [](SegmentedMove& move, ReadStream& in, WriteStream& out,
                              Segment& part) -> awaitable<void> {
            Meter meter(move, part);
            std::uint64_t moved = 0;
            co_await move_bytes(in, out, nullptr, &meter, move.options_.limits, part.begin + part.done, moved,
                                part.end);
            co_await out.finish();
            if (const auto size = out.confirmed_size()) move.look_for_a_cut(part, *size);
            if (part.left() == 0) co_return;
            throw Error(ErrorCode::source_changed,
                        fmt::format("'{}' has become shorter.", move.staged_.job.source))
                .on(move.staged_.job.source);
        };
        if (!failure) failure = co_await caught(bring(*this, *from, *to, segment));
        if (failure) {
            take_back(segment, before);
            if (to) (void)co_await caught(to->abort());
            (void)co_await caught(from->close());
            throw Error(*failure);
        }
        co_await from->close();
    }

    /// What was handed over last may not have arrived.
    void take_back(Segment& segment, std::uint64_t before) {
        const auto doubtful = std::max(kInBuffers, route_.means().unordered);
        const auto lost = std::min(segment.done - before, doubtful);
        segment.done -= lost;
        staged_.result.bytes -= lost;
        if (progress_ != nullptr) progress_->moved_in_vain(lost);
    }

    awaitable<void> look_at_source() {
        const auto& job = staged_.job;
        const auto now = co_await try_stat(route_.source, job.source);
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
    std::vector<bool> taken_;
    std::optional<Event> begun_;  // the file is there, and nothing will empty it any more
    bool has_begun_ = false;
    bool failed_ = false;
    bool was_cut_ = false;  // the file, it seems, while something was behind
};

}  // namespace

awaitable<void> move_segments(const Route& route, Staged& staged, const Options& options, bool durable,
                              Progress* progress) {
    SegmentedMove move(route, staged, options, durable, progress);
    co_await move.run();
}

}  // namespace fairlead::transfer
