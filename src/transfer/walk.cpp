#include "transfer/walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <iterator>
#include <vector>

#include "base/path.hpp"
#include "transfer/failure.hpp"
#include "transfer/link_path.hpp"
#include "transfer/list_ahead.hpp"
#include "transfer/names.hpp"
#include "transfer/persist.hpp"

namespace fairlead::transfer {
namespace {

constexpr std::size_t kMostHeld = 16'384;  // entries listed ahead; then no further listing is begun
constexpr std::size_t kLookAhead = 64;     // directories that come next
constexpr unsigned kOnOneSession = 4;      // listings at once, where a session can do several things
constexpr unsigned kMostListings = 8;

/// One of the two is there.
struct Visitor {
    std::function<awaitable<void>(Found)> waiting;
    std::function<void(Found&&)> at_once;
};

class Walk {
  public:
    Walk(boost::asio::any_io_executor executor, Sessions& sessions, WalkOptions options, Visitor visit,
         std::function<void(const std::string&, const Error&)>& problem)
        : executor_(executor),
          sessions_(sessions),
          options_(std::move(options)),
          visit_(std::move(visit)),
          problem_(problem),
          changed_(executor) {}

    awaitable<void> run(std::string top) {
        LinkPath way(top);
        waiting_.push_back({std::move(top), options_.prefix, 1, std::move(way), nullptr});
        const auto failure = co_await caught(go());
        // Nothing of this may go on when we are gone.
        for (const auto& listing : under_way_)
            listing->cancel();
        while (std::ranges::any_of(under_way_, [](const auto& listing) { return !listing->ended(); }))
            (void)co_await caught(changed_.wait());
        if (failure) throw Error(*failure);
    }

  private:
    struct Directory {
        std::string path, relative;
        unsigned depth;
        LinkPath way;
        std::shared_ptr<ListAhead> listing;
    };

    awaitable<void> go() {
        for (bool first = true; !waiting_.empty() && !enough(); first = false) {
            auto next = std::move(waiting_.back());
            waiting_.pop_back();
            if (!next.listing) begin(next);
            const auto failure = co_await caught(visit_all(next));
            if (next.listing->ended()) std::erase(under_way_, next.listing);
            if (!failure) continue;
            if (first || failure->code == ErrorCode::cancelled || stopped_) throw Error(*failure);
            problem_(next.path, *failure);
        }
    }

    bool enough() const { return options_.enough && options_.enough(); }

    void begin(Directory& directory) {
        directory.listing = std::make_shared<ListAhead>(executor_, sessions_, directory.path,
                                                        options_.visitor_needs_sessions, changed_);
        under_way_.push_back(directory.listing);
    }

    /// Begins to list what will be visited next.
    void look_ahead() {
        std::size_t running = 0, held = 0;
        unsigned places = 1;
        for (const auto& listing : under_way_) {
            running += listing->ended() ? 0 : 1;
            held += listing->waiting();
            places = std::max(places, listing->places());
        }
        // On one session half of the places stay free for others, who may be what these listings wait for.
        const auto on_one = std::clamp(places / 2, 1u, kOnOneSession);
        const auto most = std::min(kMostListings, std::max(sessions_.most(), on_one));
        const auto looked = std::min(waiting_.size(), kLookAhead);
        for (auto next = waiting_.rbegin(); next != waiting_.rbegin() + static_cast<std::ptrdiff_t>(looked);
             ++next) {
            if (running >= most || held >= kMostHeld) return;
            if (next->listing) continue;
            begin(*next);
            ++running;
        }
    }

    awaitable<void> visit_all(Directory& directory) {
        auto& listing = *directory.listing;
        listing.begin_taking();
        children_.clear();
        while (!enough()) {
            look_ahead();
            auto entries = listing.take();
            if (entries.empty() && listing.ended()) break;
            if (entries.empty()) {
                co_await changed_.wait();
                continue;
            }
            for (auto& entry : entries) {
                if (enough()) break;
                std::optional<LinkPath> way;
                auto failure = misnamed(entry, directory);
                // No coroutine for what needs none: a listing may have a million entries.
                if (!failure && entry.type == EntryType::symlink && options_.links != WalkLinks::report)
                    failure = co_await caught(examine(entry, directory, way));
                if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
                if (failure) {
                    problem_(entry.path, *failure);
                    continue;
                }
                auto found = meet(entry, directory, way);
                if (!found) continue;
                stopped_ = true;  // what the visitor throws is meant to end the walk
                if (visit_.at_once)
                    visit_.at_once(std::move(*found));
                else
                    co_await visit_.waiting(std::move(*found));
                stopped_ = false;
            }
        }
        // The first subdirectory is the next to be taken from the end.
        std::move(children_.rbegin(), children_.rend(), std::back_inserter(waiting_));
        if (listing.left_out() > 0)
            problem_(directory.path, names_left_out(directory.path, listing.left_out()));
        if (listing.failure() && !enough()) throw Error(*listing.failure());
    }

    /// What the visitor gets, if it is wanted; a directory is entered later. Takes the entry's content.
    std::optional<Found> meet(Entry& entry, const Directory& above, std::optional<LinkPath>& way) {
        auto relative = path::join(above.relative.empty() ? "/" : std::string_view(above.relative), entry.name);
        const auto* filter = options_.filter;
        if (entry.type == EntryType::directory && above.depth < options_.depth &&
            (filter == nullptr || filter->enters(relative)))
            children_.push_back({entry.path, relative, above.depth + 1,
                                 way ? std::move(*way) : above.way.down(entry.name), nullptr});
        if (filter != nullptr && !filter->wants(entry, relative)) return std::nullopt;
        return Found{std::move(entry), std::move(relative)};
    }

    /// Why a name that leads elsewhere is refused.
    static std::optional<Error> misnamed(const Entry& entry, const Directory& above) {
        if (is_safe_name(entry.name)) return std::nullopt;
        try {
            check_name(entry.name, above.relative.empty() ? "/" : above.relative);
        } catch (const Error& error) {
            return error;
        }
        return std::nullopt;
    }

    /// Finds out what a link leads to.
    awaitable<void> examine(Entry& entry, const Directory& above, std::optional<LinkPath>& way) {
        const Patience patience{.retries = sessions_.place().retries};
        co_await persistently(sessions_, patience, entry.path, {},
                              [&](FileSystem& files) { return resolve(files, entry); });
        if (entry.type != EntryType::directory) co_return;
        way = above.way.through(entry.name, entry.target.value_or(""));
        if (way) co_return;
        throw Error(
            ErrorCode::conflict,
            fmt::format("'{}' is a link that leads back to where it is, so it was not followed.", entry.path))
            .on(entry.path);
    }

    awaitable<void> resolve(FileSystem& files, Entry& entry) {
        const bool directory = co_await is_directory(files, entry.path);
        if (directory && options_.links == WalkLinks::resolve) co_return;
        if (directory && !entry.target) {
            const auto itself = co_await try_stat(files, entry.path);
            if (itself) entry.target = itself->target;
        }
        entry.type = directory ? EntryType::directory : EntryType::file;
        entry.size.reset();  // those of the link itself
        entry.modified.reset();
    }

    boost::asio::any_io_executor executor_;
    Sessions& sessions_;
    WalkOptions options_;
    Visitor visit_;
    std::function<void(const std::string&, const Error&)>& problem_;
    Event changed_;
    std::vector<Directory> waiting_, children_;
    std::vector<std::shared_ptr<ListAhead>> under_way_;
    bool stopped_ = false;
};

}  // namespace

awaitable<void> walk(Sessions& sessions, std::string directory, WalkOptions options,
                     std::function<awaitable<void>(Found)> visit,
                     std::function<void(const std::string& path, const Error& error)> problem) {
    const auto executor = co_await boost::asio::this_coro::executor;
    Walk walk(executor, sessions, std::move(options), {std::move(visit), {}}, problem);
    co_await walk.run(std::move(directory));
}

awaitable<void> walk(Sessions& sessions, std::string directory, WalkOptions options,
                     std::function<void(Found&&)> visit,
                     std::function<void(const std::string& path, const Error& error)> problem) {
    const auto executor = co_await boost::asio::this_coro::executor;
    Walk walk(executor, sessions, std::move(options), {{}, std::move(visit)}, problem);
    co_await walk.run(std::move(directory));
}

awaitable<bool> is_directory(FileSystem& files, const std::string& path) {
    if (path == "/") co_return true;
    const auto entry = co_await try_stat(files, path);
    if (!entry) co_return false;
    if (entry->type != EntryType::symlink) co_return entry->type == EntryType::directory;
    const auto look = [](FileSystem& where, const std::string& link) -> awaitable<void> {
        const auto listing = co_await where.list(link);
        (void)co_await listing->next();
    };
    const auto refused = co_await caught(look(files, path));
    if (refused && (refused->code == ErrorCode::cancelled || !refused->session_usable)) throw Error(*refused);
    co_return !refused;
}

Error names_left_out(const std::string& directory, std::uint64_t count) {
    return Error(ErrorCode::outside_working_directory,
                 fmt::format("The listing of '{}' holds {} {} that no file can have, such as '../x' or '/x'. "
                             "{} left out.",
                             directory, count, count == 1 ? "name" : "names",
                             count == 1 ? "It was" : "They were"))
        .on(directory);
}

}  // namespace fairlead::transfer
