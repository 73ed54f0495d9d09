#include "transfer/remove.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <vector>

#include "base/queue.hpp"
#include "base/run_together.hpp"
#include "transfer/change.hpp"
#include "transfer/failure.hpp"
#include "transfer/walk.hpp"

namespace fairlead::transfer {
namespace {

constexpr std::size_t kWaitingFiles = 1000;
constexpr unsigned kMostAtOnce = 16;

class Removal {
  public:
    Removal(boost::asio::any_io_executor executor, Sessions& sessions, const RemoveOptions& options,
            std::function<void(const std::string&)>& removed,
            std::function<void(const std::string&, const Error&)>& problem)
        : sessions_(sessions),
          options_(options),
          removed_(removed),
          problem_(problem),
          files_(executor, kWaitingFiles) {}

    awaitable<void> run(std::string top) {
        const bool whole = (options_.filter == nullptr || options_.filter->takes_all()) &&
                           options_.depth == std::numeric_limits<unsigned>::max();
        if (whole) directories_.push_back(top);
        std::vector<awaitable<void>> tasks;
        tasks.push_back(find(std::move(top), whole));
        const auto workers = std::min(kMostAtOnce, std::max(sessions_.most(), 4u));
        for (unsigned i = 0; i < workers; ++i)
            tasks.push_back(work());
        co_await run_together(std::move(tasks));
        // Parents were met before their children.
        for (auto path = directories_.rbegin(); path != directories_.rend() && !failed_; ++path) {
            if (!options_.dry_run) co_await remove_directory(sessions_, *path);
            removed_(*path);
        }
    }

  private:
    awaitable<void> find(std::string top, bool whole) {
        WalkOptions walking;
        walking.filter = options_.filter;
        walking.depth = options_.depth;
        walking.prefix = options_.prefix;
        walking.visitor_needs_sessions = true;
        std::function<void(const std::string&, const Error&)> report =
            [this](const std::string& path, const Error& error) { fail(path, error); };
        std::function<awaitable<void>(Found)> visit = [&, whole](Found found) -> awaitable<void> {
            if (found.entry.type != EntryType::directory)
                (void)co_await files_.push(std::move(found.entry.path));
            else if (whole)
                directories_.push_back(std::move(found.entry.path));
        };
        co_await walk(sessions_, std::move(top), std::move(walking), visit, report);
        files_.close();
    }

    awaitable<void> work() {
        for (;;) {
            const auto path = co_await files_.pop();
            if (!path) co_return;
            std::optional<Error> failure;
            if (!options_.dry_run) failure = co_await caught(remove_file(sessions_, *path));
            if (!failure)
                removed_(*path);
            else if (failure->code == ErrorCode::cancelled || !failure->session_usable)
                throw Error(*failure);
            else
                fail(*path, *failure);
        }
    }

    void fail(const std::string& path, const Error& error) {
        failed_ = true;
        problem_(path, error);
    }

    Sessions& sessions_;
    const RemoveOptions& options_;
    std::function<void(const std::string&)>& removed_;
    std::function<void(const std::string&, const Error&)>& problem_;
    Queue<std::string> files_;
    std::vector<std::string> directories_;
    bool failed_ = false;
};

}  // namespace

awaitable<void> remove_tree(Sessions& sessions, std::string path, EntryType type, RemoveOptions options,
                            std::function<void(const std::string&)> removed,
                            std::function<void(const std::string&, const Error&)> problem) {
    if (type != EntryType::directory) {
        if (!options.dry_run) co_await remove_file(sessions, path);
        removed(path);
        co_return;
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    Removal removal(executor, sessions, options, removed, problem);
    co_await removal.run(std::move(path));
}

awaitable<std::uint64_t> count_tree(Sessions& sessions, std::string directory) {
    std::uint64_t count = 1;
    std::optional<Error> failure;
    std::function<awaitable<void>(Found)> visit = [&](Found) -> awaitable<void> {
        ++count;
        co_return;
    };
    std::function<void(const std::string&, const Error&)> problem =
        [&](const std::string&, const Error& error) { failure = error; };
    co_await walk(sessions, std::move(directory), {}, visit, problem);
    if (failure) throw Error(*failure);
    co_return count;
}

}  // namespace fairlead::transfer
