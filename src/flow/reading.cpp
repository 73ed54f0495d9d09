#include "flow/reading.hpp"

#include <boost/asio/this_coro.hpp>

#include <thread>

#include "base/byte_channel.hpp"
#include "base/digest.hpp"
#include "base/event.hpp"
#include "base/side_task.hpp"
#include "flow/transform.hpp"
#include "remote/one_file.hpp"
#include "transfer/failure.hpp"
#include "transfer/source_watch.hpp"
#include "transfer/verify.hpp"

namespace fairlead::flow {
namespace {

constexpr std::size_t kInChannel = 1024 * 1024;  // between two steps
constexpr std::size_t kPiece = 256 * 1024;

/// The source itself, with what proves it.
class Source {
  public:
    Source(FileSystem& files, const ReadingPlan& plan, std::unique_ptr<ReadStream> from)
        : files_(files), plan_(plan), from_(std::move(from)), watch_(plan.facts, *from_) {
        if (plan.proves) proof_.emplace(transfer::choose_checksum(files.abilities(), {}));
        if (plan.recipe.sums_after(0)) sum_.emplace(ChecksumAlgorithm::sha256);
    }

    /// The next bytes; none once all is proven.
    awaitable<std::span<const std::byte>> read() {
        const auto piece = co_await from_->read();
        if (piece.empty()) {
            co_await prove();
            co_return piece;
        }
        bytes_ += piece.size();
        if (proof_) proof_->add(piece);
        if (sum_) sum_->add(piece);
        if (!plan_.limits.none()) co_await plan_.limits.moved(piece.size());
        co_return piece;
    }
    awaitable<void> close() { return from_->close(); }
    std::string sum() { return sum_ ? sum_->finish() : std::string(); }

  private:
    awaitable<void> prove() {
        co_await watch_.check(files_, plan_.facts.path, bytes_, true);
        if (!proof_) co_return;
        co_await from_->close();
        const auto algorithm = proof_->algorithm();
        co_await transfer::verify_checksum(files_, plan_.facts.path, algorithm, proof_->finish());
        proof_.reset();
    }

    FileSystem& files_;
    const ReadingPlan& plan_;
    std::unique_ptr<ReadStream> from_;
    transfer::SourceWatch watch_;
    std::uint64_t bytes_ = 0;
    std::optional<Digest> proof_, sum_;
};

/// Without changes: the source, looked at as it passes.
class Plain final : public ReadStream {
  public:
    Plain(std::shared_ptr<const ReadingPlan> plan, std::shared_ptr<Sums> sums, std::unique_ptr<Source> source)
        : plan_(std::move(plan)), sums_(std::move(sums)), source_(std::move(source)) {}

    awaitable<std::span<const std::byte>> read() override {
        if (ended_) co_return std::span<const std::byte>();
        const auto piece = co_await source_->read();
        ended_ = piece.empty();
        if (ended_) sums_->after = {source_->sum()};
        co_return piece;
    }
    awaitable<void> close() override { return source_->close(); }

  private:
    std::shared_ptr<const ReadingPlan> plan_;
    std::shared_ptr<Sums> sums_;
    std::unique_ptr<Source> source_;
    bool ended_ = false;
};

/// With changes: the source's bytes go through a channel into the first step's thread, and so on; the last one's are ours.
class Changed final : public ReadStream {
  public:
    Changed(boost::asio::any_io_executor executor, std::shared_ptr<const ReadingPlan> plan, std::shared_ptr<Sums> sums,
            std::unique_ptr<Source> source)
        : plan_(std::move(plan)), sums_(std::move(sums)), source_(std::move(source)), over_(executor) {
        const auto count = plan_->recipe.changes.size();
        for (std::size_t i = 0; i <= count; ++i)
            channels_.push_back(std::make_unique<ByteChannel>(kInChannel));
        made_.resize(count + 1);
        for (std::size_t i = 0; i < count; ++i)
            threads_.emplace_back([this, i] { work(i); });
        feeder_.emplace(executor, feed(), [this](std::exception_ptr) {
            fed_ = true;
            over_.notify_all();
        });
    }
    ~Changed() override {
        for (const auto& channel : channels_) {
            channel->fail(Error(ErrorCode::cancelled, "Nobody reads on."));
            channel->leave();
        }
        for (auto& thread : threads_)
            thread.join();
    }
    Changed(const Changed&) = delete;
    Changed& operator=(const Changed&) = delete;

    awaitable<std::span<const std::byte>> read() override {
        if (ended_) co_return std::span<const std::byte>();
        bytes_ = co_await channels_.back()->read();
        if (!bytes_.empty()) co_return std::span<const std::byte>(bytes_);
        co_await wait_fed();
        sums_->after = made_;
        ended_ = true;
        co_return std::span<const std::byte>();
    }
    awaitable<void> close() override {
        if (ended_) co_return;
        channels_.back()->leave();
        feeder_->cancel();
        co_await wait_fed();
        co_await source_->close();
    }

  private:
    awaitable<void> wait_fed() {
        while (!fed_)
            (void)co_await transfer::caught(over_.wait());
    }

    awaitable<void> feed() {
        auto& channel = *channels_.front();
        const auto act = [&]() -> awaitable<void> {
            for (;;) {
                const auto piece = co_await source_->read();
                if (piece.empty()) break;
                const auto wanted = co_await channel.write({piece.begin(), piece.end()});
                if (!wanted) throw Error(ErrorCode::cancelled, "Nobody reads on.");
            }
        };
        const auto failure = co_await transfer::caught(act());
        if (failure) co_return channel.fail(*failure);
        made_.front() = source_->sum();
        channel.finish();
    }

    /// One step, on its thread.
    void work(std::size_t number) {
        auto& from = *channels_[number];
        auto& to = *channels_[number + 1];
        try {
            change(number, from, to);
            to.finish();
        } catch (const Error& error) {
            to.fail(error);
        } catch (const std::exception& error) {
            to.fail(Error(ErrorCode::internal, error.what()));
        }
        from.leave();
    }

    void change(std::size_t number, ByteChannel& from, ByteChannel& to) {
        const auto& [step, name] = plan_->recipe.changes[number];
        std::optional<Digest> sum;
        if (plan_->recipe.sums_after(number + 1)) sum.emplace(ChecksumAlgorithm::sha256);
        ByteChannel::Bytes gathered;
        const auto hand_on = [&] {
            if (gathered.empty()) return;
            if (!to.write_blocking(std::exchange(gathered, {}))) throw Error(ErrorCode::cancelled, "Nobody reads on.");
        };
        Transformation file;
        file.name = name;
        file.gnupg_home = plan_->gnupg_home;
        file.spool = plan_->spool;
        if (number == 0) file.size = plan_->facts.size;
        file.modified = plan_->facts.modified;
        file.pull = [&] { return from.read_blocking(); };
        file.push = [&](std::span<const std::byte> bytes) {
            if (sum) sum->add(bytes);
            gathered.insert(gathered.end(), bytes.begin(), bytes.end());
            if (gathered.size() >= kPiece) hand_on();
        };
        transform(file, step);
        hand_on();
        if (sum) made_[number + 1] = sum->finish();
    }

    std::shared_ptr<const ReadingPlan> plan_;
    std::shared_ptr<Sums> sums_;
    std::unique_ptr<Source> source_;
    std::vector<std::unique_ptr<ByteChannel>> channels_;  // before the first step, between them, and after the last
    std::vector<std::string> made_;  // each written by one thread, read once all have ended
    std::vector<std::thread> threads_;
    ByteChannel::Bytes bytes_;
    Event over_;
    bool fed_ = false, ended_ = false;
    std::optional<SideTask> feeder_;
};

class AsRead final : public OneFile {
  public:
    AsRead(std::shared_ptr<const ReadingPlan> plan, std::function<awaitable<std::unique_ptr<ReadStream>>()> open)
        : OneFile("What passes through this machine can only be read, from its beginning."),
          plan_(std::move(plan)),
          open_(std::move(open)) {}

    awaitable<Entry> stat(std::string_view) override { co_return facts_of(*plan_); }
    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view, ReadOptions options) override {
        if (options.offset > 0) refuse();
        auto stream = co_await open_();
        co_return stream;
    }

  private:
    std::shared_ptr<const ReadingPlan> plan_;
    std::function<awaitable<std::unique_ptr<ReadStream>>()> open_;
};

}  // namespace

awaitable<std::unique_ptr<ReadStream>> open_reading(FileSystem& files, std::shared_ptr<const ReadingPlan> plan,
                                                    std::shared_ptr<Sums> sums) {
    const auto executor = co_await boost::asio::this_coro::executor;
    ReadOptions options;
    options.expected_size = plan->facts.size;
    auto from = co_await files.open_read(plan->facts.path, options);
    auto source = std::make_unique<Source>(files, *plan, std::move(from));
    if (plan->recipe.changes.empty())
        co_return std::make_unique<Plain>(std::move(plan), std::move(sums), std::move(source));
    co_return std::make_unique<Changed>(executor, std::move(plan), std::move(sums), std::move(source));
}

Entry facts_of(const ReadingPlan& plan) {
    auto facts = plan.facts;
    if (!plan.recipe.changes.empty()) facts.size.reset();
    return facts;
}

std::shared_ptr<FileSystem> as_read(std::shared_ptr<const ReadingPlan> plan,
                                    std::function<awaitable<std::unique_ptr<ReadStream>>()> open) {
    return std::make_shared<AsRead>(std::move(plan), std::move(open));
}

}  // namespace fairlead::flow
