#include "operation/find.hpp"

#include <algorithm>

#include "base/path.hpp"
#include "transfer/failure.hpp"
#include "transfer/walk.hpp"

namespace fairlead::operation {
namespace {

/// Whether `a` comes before `b`: what has no size or time comes last, and equal ones keep their names' order.
bool before(const Match& a, const Match& b, std::string_view by, bool descending) {
    const auto compare = [&](const auto& x, const auto& y) {
        if (x.has_value() != y.has_value()) return x.has_value() ? -1 : 1;
        if (!x || *x == *y) return 0;
        return (*x < *y) != descending ? -1 : 1;
    };
    int order = 0;
    if (by == "size") order = compare(a.entry.size, b.entry.size);
    if (by == "time") order = compare(a.entry.modified, b.entry.modified);
    if (order != 0) return order < 0;
    const bool backwards = by == "name" && descending;
    return backwards ? a.relative > b.relative : a.relative < b.relative;
}

class Search {
  public:
    Search(Work& work, const catalog::Operation& operation, std::function<bool(const Entry&)>& wanted,
           std::function<awaitable<bool>(Match)>& visit,
           std::function<awaitable<void>(const std::string&, const Error&)>& problem)
        : work_(work), operation_(operation), wanted_(wanted), visit_(visit), problem_(problem) {
        if (operation.filter)
            filter_ = catalog::EntryFilter(*operation.filter, work.request.parameters, work.request.zone);
    }

    awaitable<void> run() {
        transfer::WalkOptions options;
        if (!operation_.recursive) options.depth = 1;
        if (operation_.follow_links) options.links = transfer::WalkLinks::resolve;
        options.visitor_needs_sessions = true;
        options.enough = [this] { return enough(); };
        std::function<awaitable<void>(transfer::Found)> meet = [this](transfer::Found found) {
            return this->meet(std::move(found));
        };
        std::function<void(const std::string&, const Error&)> note = [this](const std::string& path,
                                                                            const Error& error) {
            problems_.emplace_back(path, error);
        };
        const auto directory = catalog::remote_target(operation_).directory;
        const auto failure =
            co_await transfer::caught(transfer::walk(work_.remote, directory, std::move(options), meet, note));
        if (failure) throw Error(*failure);
        co_await tell_problems();
        if (!operation_.sort.empty()) co_await visit_in_order();
    }

  private:
    bool enough() const { return operation_.maximum_count >= 0 && count_ >= operation_.maximum_count; }

    awaitable<void> tell_problems() {
        for (auto& [path, error] : std::exchange(problems_, {}))
            co_await problem_(path, error);
    }

    awaitable<void> meet(transfer::Found found) {
        co_await tell_problems();
        if (!wanted_(found.entry)) co_return;
        const bool resolved = found.entry.type == EntryType::file && !found.entry.size && found.entry.target;
        if (resolved) co_await learn(found.entry);
        if (!filter_.matches(found.entry)) co_return;
        Match match{std::move(found.entry), found.relative.substr(1)};
        if (operation_.sort.empty())
            co_await give(std::move(match));
        else
            held_.push_back(std::move(match));
    }

    /// The facts of the file that a link leads to.
    awaitable<void> learn(Entry& entry) {
        const auto& target = *entry.target;
        const auto path = target.starts_with('/') ? target : path::join(path::parent(entry.path), target);
        std::optional<Entry> there;
        const auto look = [&]() -> awaitable<void> { there = co_await work_.look(path::confine(path)); };
        const auto failure = co_await transfer::caught(look());
        if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
        if (!there || there->type != EntryType::file) co_return;
        entry.size = there->size;
        entry.modified = there->modified;
        entry.modified_precision = there->modified_precision;
    }

    awaitable<void> give(Match match) {
        const auto counts = co_await visit_(std::move(match));
        if (counts) ++count_;
    }

    awaitable<void> visit_in_order() {
        auto by = std::string_view(operation_.sort);
        const bool descending = by.ends_with("-desc");
        if (descending) by.remove_suffix(5);
        std::ranges::sort(held_, [&](const Match& a, const Match& b) { return before(a, b, by, descending); });
        for (auto& match : held_) {
            if (enough()) co_return;
            co_await give(std::move(match));
        }
    }

    Work& work_;
    const catalog::Operation& operation_;
    std::function<bool(const Entry&)>& wanted_;
    std::function<awaitable<bool>(Match)>& visit_;
    std::function<awaitable<void>(const std::string&, const Error&)>& problem_;
    catalog::EntryFilter filter_;
    std::vector<std::pair<std::string, Error>> problems_;
    std::vector<Match> held_;
    std::int64_t count_ = 0;
};

}  // namespace

awaitable<void> find(Work& work, const catalog::Operation& operation, std::function<bool(const Entry&)> wanted,
                     std::function<awaitable<bool>(Match)> visit,
                     std::function<awaitable<void>(const std::string&, const Error&)> problem) {
    Search search(work, operation, wanted, visit, problem);
    co_await search.run();
}

}  // namespace fairlead::operation
