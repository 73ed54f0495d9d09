#include <set>

#include "operation/download.hpp"
#include "operation/find.hpp"
#include "transfer/failure.hpp"

namespace fairlead::operation {
namespace {

class Query {
  public:
    Query(Work& work, const catalog::Operation& operation) : work_(work), operation_(operation) {}

    awaitable<void> run() {
        co_await finish_recorded();
        std::function<bool(const Entry&)> wanted = [](const Entry& entry) { return entry.type == EntryType::file; };
        std::function<awaitable<bool>(Match)> visit = [this](Match match) { return read(std::move(match)); };
        std::function<awaitable<void>(const std::string&, const Error&)> problem =
            [this](const std::string& path, const Error& error) -> awaitable<void> {
            catalog::RunFile file;
            file.number = next_++;
            work_.begin(file.number);
            file.source = path;
            file.outcome = "failed";
            file.error = error;
            co_await work_.report(std::move(file));
        };
        co_await find(work_, operation_, wanted, visit, problem);
    }

  private:
    /// What an earlier execution of this run has read is not read again.
    awaitable<void> finish_recorded() {
        for (const auto& [number, recorded] : work_.request.recorded) {
            next_ = std::max(next_, number + 1);
            if (recorded.error) continue;
            done_.insert(recorded.source);
            work_.begin(number);
            auto file = recorded;
            if (file.outcome == kRead) {
                const auto failure = co_await transfer::caught(settle_recorded(work_, operation_, file));
                if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
                if (failure) fail(file, *failure);
                co_await work_.report(std::move(file));
            } else {
                ++work_.summary.succeeded;
            }
        }
    }

    static void fail(catalog::RunFile& file, const Error& error) {
        file.outcome = "failed";
        file.error = error;
    }

    awaitable<bool> read(Match match) {
        if (done_.contains(match.entry.path)) co_return true;
        catalog::RunFile file;
        file.number = next_++;
        file.source = match.entry.path;
        work_.begin(file.number);
        file.started_at = now();
        file.properties = properties_of(file.source, match.entry, work_.request.zone);
        transfer::Staged staged;
        std::optional<Error> failure = work_.lost;
        if (!failure)
            failure = co_await transfer::caught(
                download(work_, operation_, match.entry, match.relative, file, staged));
        if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
        if (failure) fail(file, *failure);
        const bool counts = !failure;
        co_await work_.report(std::move(file));
        work_.conclude(staged);
        co_return counts;
    }

    Work& work_;
    const catalog::Operation& operation_;
    std::int64_t next_ = 0;
    std::set<std::string> done_;
};

}  // namespace

awaitable<void> query(Work& work, const catalog::Operation& operation) {
    Query query(work, operation);
    co_await query.run();
}

}  // namespace fairlead::operation
