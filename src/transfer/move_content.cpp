#include "transfer/move_content.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fault_point.hpp"
#include "base/path.hpp"
#include "transfer/failure.hpp"
#include "transfer/move_bytes.hpp"
#include "transfer/source_watch.hpp"
#include "transfer/verify.hpp"

namespace fairlead::transfer {
namespace {

using Mode = TransferPlan::Mode;
using Phase = Staged::Phase;
using Bytes = std::vector<std::byte>;

constexpr std::uint64_t kMark = 1024 * 1024;

/// One transfer's move: what its steps share.
class Move {
  public:
    Move(const Route& route, Staged& staged, const Options& options, bool durable, Progress* progress)
        : route_(route),
          staged_(staged),
          job_(staged.job),
          plan_(staged.plan),
          options_(options),
          durable_(durable),
          progress_(progress),
          reads_text_(options.text && route.source.abilities().text_mode),
          writes_text_(options.text && !reads_text_ && route.target.abilities().text_mode) {}

    awaitable<void> run() {
        if (options_.text && !reads_text_ && !writes_text_)
            throw Error(ErrorCode::unsupported, "Neither side has a text mode; only FTP does.")
                .on(job_.source);
        const bool proves = options_.checksum;
        if (proves) digest_.emplace(choose_checksum(route_.source.abilities(), route_.target.abilities()));
        const bool goes_on = plan_.offset > 0;
        if (goes_on && is_known_by_size_alone()) {
            co_await look_at_source();
            if (digest_) co_await compare_checksums();
            co_return;
        }
        if (goes_on) co_await read_tail();
        co_await open_source();
        const SourceWatch watch(job_.facts, *from_);
        auto failure = co_await caught(bring());
        if (failure) {
            note_settled(0);
            co_await give_up();
            throw Error(*failure);
        }
        route_.step("verify");
        if (goes_on) refuse_too_much();
        const auto total = plan_.offset + staged_.result.bytes;
        const bool careful = job_.careful || goes_on;
        if (!options_.text) co_await watch.check(route_.source, job_.source, total, careful);
        if (goes_on) co_await compare_seam();
        if (digest_) co_await compare_checksums();
    }

  private:
    /// Writes down now and then how far the target has answered for what it got.
    class Marks final : public Progress {
      public:
        explicit Marks(Move& move) : move_(move) {}
        void moved(std::uint64_t bytes) override {
            if (move_.progress_ != nullptr) move_.progress_->moved(bytes);
            move_.note_settled(kMark);
        }

      private:
        Move& move_;
    };

    /// Where writes arrive in any order, the size of what broke off says little. At most one mark for `each`
    /// of the bytes.
    void note_settled(std::uint64_t each) {
        const bool tells = to_ && staged_.entry != 0 && plan_.mode == Mode::whole && job_.facts.size &&
                           route_.target.abilities().unordered_writes > 0;
        if (!tells) return;
        const auto sure = std::min(plan_.offset + to_->settled(), *job_.facts.size);
        if (sure <= noted_ || sure - noted_ < each) return;
        noted_ = sure;
        const Segments whole{{0, *job_.facts.size, sure}};
        route_.journal->moved(staged_.entry, whole);
    }

    /// All is there, and one end cannot be read in the middle to compare.
    bool is_known_by_size_alone() const {
        const auto means = route_.means();
        return plan_.offset == job_.facts.size && (!means.reads_source_at || !means.reads_target_at);
    }

    awaitable<void> look_at_source() {
        staged_.phase = Phase::sent;
        const auto now = co_await try_stat(route_.source, job_.source);
        if (!now || !differ(job_.facts, *now, true)) co_return;
        throw Error(ErrorCode::source_changed, fmt::format("'{}' changed meanwhile.", job_.source))
            .on(job_.source);
    }

    /// What stands before the seam at the target.
    awaitable<void> read_tail() {
        const auto length = static_cast<std::size_t>(std::min(plan_.compare, plan_.offset));
        const auto begin = plan_.existing_size + plan_.offset - length;
        const auto failure = co_await caught(keep_range(begin, length));
        if (failure && failure->code == ErrorCode::timeout)
            throw Error(*failure).on(written_path(plan_));  // a caller tells by the path what did not answer
        if (failure) refused(route_.to != nullptr ? &route_.to->restarts_reads : nullptr, *failure);
        if (tail_.size() == length) co_return;
        throw from_the_beginning("what is there is shorter than it was");
    }

    awaitable<void> keep_range(std::uint64_t begin, std::size_t length) {
        std::optional<std::uint64_t> size;
        if (route_.target.abilities().unordered_writes == 0) size = begin + length;
        tail_ = co_await read_range(route_.target, written_path(plan_), begin, length, size);
    }

    /// Going on did not work. What was begun under a name of ours can be begun anew; what was appended to
    /// somebody's file cannot be taken back.
    /// (The session may be in the middle of what is not wanted any more, so it is not used further.)
    Error from_the_beginning(std::string_view why) {
        const bool ours = plan_.mode == Mode::whole;
        staged_.start_over = ours && !plan_.only_look;
        return Error(ours ? ErrorCode::incomplete : ErrorCode::conflict,
                     fmt::format("'{}' cannot be gone on with: {}.", written_path(plan_), why))
            .on(written_path(plan_))
            .hinting(ours ? "it is begun anew" : "look at the file; the next run appends all of the source")
            .ends_session();
    }

    /// A refusal in a session that goes on means that this server cannot do it: not now, not later.
    void refused(bool* ability, const Error& failure) {
        const bool says_nothing =
            !failure.session_usable || leaves_doubt(failure) || failure.code == ErrorCode::cancelled ||
            failure.code == ErrorCode::no_space || failure.code == ErrorCode::quota_exceeded;
        if (says_nothing) throw Error(failure);
        if (ability != nullptr) *ability = false;
        staged_.start_over = plan_.mode == Mode::whole;
        throw Error(failure);
    }

    awaitable<void> open_source() {
        ReadOptions reading;
        // In the middle, what comes beyond the size is the news (see refuse_too_much), not an error.
        if (plan_.offset == 0) reading.expected_size = job_.facts.size;
        reading.text = reads_text_;
        reading.offset = plan_.offset - tail_.size();
        const auto open = [](Move& move, ReadOptions how) -> awaitable<void> {
            move.from_ = co_await move.route_.source.open_read(move.job_.source, how);
        };
        const auto failure = co_await caught(open(*this, reading));
        if (!failure) co_return;
        if (failure->code == ErrorCode::unsupported && reading.offset > 0)
            refused(route_.from != nullptr ? &route_.from->restarts_reads : nullptr, *failure);
        throw Error(*failure);
    }

    /// The bytes themselves, from the seam on, to the word of both ends that they are all.
    awaitable<void> bring() {
        std::span<const std::byte> rest;
        if (!tail_.empty()) {
            const auto came = co_await read_next(*from_, tail_.size(), rest);
            if (came != tail_) co_await refuse_seam(came);
        }
        staged_.phase = Phase::moving;
        if (progress_ != nullptr && plan_.offset > 0) progress_->already_there(plan_.offset);
        const bool all_there = plan_.offset > 0 && plan_.offset == job_.facts.size;
        if (all_there) co_return co_await prove_end(rest.size());
        co_await open_target();
        FAIRLEAD_FAULT_POINT("content.target_opened");
        route_.step("transfer");
        auto& moved = staged_.result.bytes;
        const bool from_file = from_->descriptor() >= 0 && to_->can_send_file() && !digest_for_moving();
        if (!rest.empty() && !from_file) {
            co_await to_->write(rest);
            moved += rest.size();
            if (progress_ != nullptr) progress_->moved(rest.size());
        }
        Marks marks(*this);
        co_await move_bytes(*from_, *to_, digest_for_moving(), &marks, options_.limits, plan_.offset, moved);
        staged_.phase = Phase::sent;
        FAIRLEAD_FAULT_POINT("content.sent");
        co_await to_->finish();
        FAIRLEAD_FAULT_POINT("content.finished");
        staged_.told_size = to_->confirmed_size();
    }

    /// Nothing is missing but the word of both ends.
    awaitable<void> prove_end(std::size_t beyond) {
        if (beyond == 0) {
            const auto more = co_await from_->read();
            beyond = more.size();
        }
        staged_.result.bytes = beyond;
        staged_.phase = Phase::sent;
        if (!durable_ || !route_.target.abilities().sync) co_return;
        co_await open_target();  // for its disk to be waited for
        co_await to_->finish();
    }

    /// After going on, the digest of what was moved would be that of a part.
    Digest* digest_for_moving() { return digest_ && plan_.offset == 0 ? &*digest_ : nullptr; }

    awaitable<void> open_target() {
        using Way = WriteOptions::Mode;
        WriteOptions write;
        // Not Mode::create: over FTP that costs a question, and nobody can have made a name that only we
        // know. A name that the user chose may be left over from last time.
        const bool adds = plan_.mode == Mode::append || plan_.offset > 0;
        write.mode = !adds ? Way::truncate : plan_.by_append ? Way::append : Way::at;
        if (write.mode == Way::at) write.offset = plan_.existing_size + plan_.offset;
        if (job_.facts.size)
            write.expected_size = *job_.facts.size - std::min(*job_.facts.size, plan_.offset);
        write.text = writes_text_;
        write.durable = durable_;
        const auto open = [](Move& move, WriteOptions how) -> awaitable<void> {
            move.to_ = co_await move.route_.target.open_write(written_path(move.plan_), how);
        };
        const auto failure = co_await caught(open(*this, write));
        if (!failure) co_return;
        if (write.mode == Way::at)
            refused(route_.to != nullptr ? &route_.to->restarts_writes : nullptr, *failure);
        if (plan_.by_append && plan_.offset > 0)
            refused(route_.to != nullptr ? &route_.to->appends : nullptr, *failure);
        throw about_opening(*failure, plan_);
    }

    /// The bytes before the seam differ. A server that ignored REST began at the beginning, which is told by
    /// the bytes there.
    awaitable<void> refuse_seam(const Bytes& came) {
        if (!plan_.only_look && route_.from != nullptr && plan_.mode == Mode::whole) {
            const auto head = co_await read_range(route_.target, written_path(plan_), 0, came.size(), {});
            if (came == head) route_.from->restarts_reads = false;
        }
        throw from_the_beginning("what is there is not the beginning of the source");
    }

    /// A server that ignored the position sent the whole file, though its bytes repeat so that the seam fits.
    void refuse_too_much() {
        if (!job_.facts.size || plan_.offset + staged_.result.bytes <= *job_.facts.size) return;
        const bool whole = tail_.size() + staged_.result.bytes == *job_.facts.size;
        if (whole && route_.from != nullptr) route_.from->restarts_reads = false;
        throw from_the_beginning("the server sent more than was missing");
    }

    /// A server may have emptied the file before it wrote at the position.
    awaitable<void> compare_seam() {
        if (tail_.empty() || plan_.offset == job_.facts.size) co_return;  // nothing was written
        const auto begin = plan_.existing_size + plan_.offset - tail_.size();
        const auto now = co_await read_range(route_.target, written_path(plan_), begin, tail_.size(), {});
        if (now == tail_) co_return;
        if (route_.to != nullptr) (plan_.by_append ? route_.to->appends : route_.to->restarts_writes) = false;
        throw from_the_beginning("the server did not keep what was there");
    }

    awaitable<void> compare_checksums() {
        const auto algorithm = digest_->algorithm();
        if (from_) co_await from_->close();
        std::string sum;
        const bool whole = plan_.mode == Mode::whole;
        if (plan_.offset == 0)
            sum = digest_->finish();
        else if (whole)
            sum = co_await checksum_of(route_.target, written_path(plan_), algorithm);
        else
            co_return;  // of a part of a part nobody has a checksum
        if (!job_.proves_itself) co_await verify_checksum(route_.source, job_.source, algorithm, sum);
        if (plan_.offset == 0 && whole)
            co_await verify_checksum(route_.target, written_path(plan_), algorithm, sum);
        staged_.result.checksum = fmt::format("{}:{}", to_string(algorithm), sum);
    }

    /// Both ends are left in a state in which their sessions can go on, as far as that is possible.
    awaitable<void> give_up() {
        const bool all = job_.facts.size == plan_.offset + staged_.result.bytes;
        if (all && staged_.phase == Phase::moving && to_) {
            // Only the source's last word is missing: the target is brought to its end.
            const auto unfinished = co_await caught(to_->finish());
            staged_.phase = Phase::sent;
            if (!unfinished) to_.reset();
        }
        if (to_) (void)co_await caught(to_->abort());
        (void)co_await caught(from_->close());
    }

    const Route& route_;
    Staged& staged_;
    Job& job_;
    const TransferPlan& plan_;
    const Options& options_;
    bool durable_;
    Progress* progress_;
    bool reads_text_, writes_text_;
    std::optional<Digest> digest_;
    Bytes tail_;
    std::uint64_t noted_ = 0;  // in the journal, as surely there
    std::unique_ptr<ReadStream> from_;
    std::unique_ptr<WriteStream> to_;
};

}  // namespace

Error about_opening(Error failure, const TransferPlan& plan) {
    if (failure.code != ErrorCode::not_found || failure.path != written_path(plan)) return failure;
    failure.message = fmt::format("'{}' cannot be written: the directory '{}' does not exist there.",
                                  plan.target, path::parent(written_path(plan)));
    if (failure.hint.empty()) failure.hint = "mkdir -p makes it, with what it is in";
    failure.path = plan.target;
    return failure;
}

const std::string& written_path(const TransferPlan& plan) {
    return plan.temporary.empty() ? plan.target : plan.temporary;
}

awaitable<void> move_content(const Route& route, Staged& staged, const Options& options, bool durable,
                             Progress* progress) {
    Move move(route, staged, options, durable, progress);
    co_await move.run();
}

}  // namespace fairlead::transfer
