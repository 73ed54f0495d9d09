#include "transfer/walk.hpp"

#include <vector>

#include "base/path.hpp"
#include "transfer/failure.hpp"
#include "transfer/names.hpp"

namespace fairlead::transfer {
namespace {

/// What a directory's entry shrinks to while it waits: 100,000 of them take some 8 MB.
struct Waiting {
    std::string name;
    std::optional<std::uint64_t> size;
    std::optional<Time> modified;
    TimePrecision precision;
    EntryType type;
    std::optional<std::uint32_t> mode;
};

class Walk {
  public:
    Walk(Sessions& sessions, WalkOptions options, std::function<awaitable<void>(Found)>& visit,
         std::function<void(const std::string&, const Error&)>& problem)
        : sessions_(sessions), options_(options), visit_(visit), problem_(problem) {}

    awaitable<void> run(std::string top) {
        co_await list(top, "", 1);
        while (!waiting_.empty()) {
            const auto next = std::move(waiting_.back());
            waiting_.pop_back();
            const auto failure = co_await caught(list(next.path, next.relative, next.depth));
            if (!failure) continue;
            if (failure->code == ErrorCode::cancelled || stopped_) throw Error(*failure);
            problem_(next.path, *failure);
        }
    }

  private:
    struct Directory {
        std::string path, relative;
        unsigned depth;
    };

    awaitable<void> list(const std::string& path, const std::string& relative, unsigned depth) {
        const auto first_child = waiting_.size();
        std::vector<Waiting> held;
        {
            auto lease = co_await sessions_.take();
            const bool hold = options_.visitor_needs_sessions && !lease.shared();
            auto failure = co_await caught(read(lease, path, relative, depth, hold ? &held : nullptr));
            if (failure) {
                if (!failure->session_usable) lease.broken();
                throw Error(*failure);
            }
        }
        for (auto& item : held) {
            Entry entry;
            entry.name = std::move(item.name);
            entry.path = path::join(path, entry.name);
            entry.type = item.type;
            entry.size = item.size;
            entry.modified = item.modified;
            entry.modified_precision = item.precision;
            entry.mode = item.mode;
            co_await meet(std::move(entry), relative, depth);
        }
        // The first subdirectory is the next to be taken from the end.
        std::reverse(waiting_.begin() + static_cast<std::ptrdiff_t>(first_child), waiting_.end());
    }

    awaitable<void> read(Sessions::Lease& lease, const std::string& path, const std::string& relative,
                         unsigned depth, std::vector<Waiting>* held) {
        const auto listing = co_await lease.files().list(path);
        for (;;) {
            auto batch = co_await listing->next();
            if (batch.empty()) co_return;
            for (auto& entry : batch) {
                if (held != nullptr)
                    held->push_back({std::move(entry.name), entry.size, entry.modified,
                                     entry.modified_precision, entry.type, entry.mode});
                else
                    co_await meet(std::move(entry), relative, depth);
            }
        }
    }

    awaitable<void> meet(Entry entry, const std::string& above, unsigned depth) {
        try {
            check_name(entry.name, above.empty() ? "/" : above);
        } catch (const Error& error) {
            problem_(entry.path, error);
            co_return;
        }
        auto relative = above + "/" + entry.name;
        const auto* filter = options_.filter;
        if (entry.type == EntryType::directory && depth < options_.depth &&
            (filter == nullptr || filter->enters(relative)))
            waiting_.push_back({entry.path, relative, depth + 1});
        if (filter != nullptr && !filter->wants(entry, relative)) co_return;
        Found found{std::move(entry), std::move(relative)};
        stopped_ = true;  // what the visitor throws is meant to end the walk
        co_await visit_(std::move(found));
        stopped_ = false;
    }

    Sessions& sessions_;
    WalkOptions options_;
    std::function<awaitable<void>(Found)>& visit_;
    std::function<void(const std::string&, const Error&)>& problem_;
    std::vector<Directory> waiting_;
    bool stopped_ = false;
};

}  // namespace

awaitable<void> walk(Sessions& sessions, std::string directory, WalkOptions options,
                     std::function<awaitable<void>(Found)> visit,
                     std::function<void(const std::string& path, const Error& error)> problem) {
    Walk walk(sessions, options, visit, problem);
    co_await walk.run(std::move(directory));
}

}  // namespace fairlead::transfer
