#include "flow/search.hpp"

#include <algorithm>

#include "base/path.hpp"
#include "catalog/path_template.hpp"
#include "transfer/failure.hpp"
#include "transfer/names.hpp"
#include "transfer/walk.hpp"

namespace fairlead::flow {

Search::Search(Work& work) : work_(work) {
    const auto& source = work.flow.source;
    for (const auto& pattern : source.patterns) {
        filter_.include.emplace_back(pattern);
        hidden_ = hidden_ || path::name(pattern).starts_with('.');
    }
    for (const auto& pattern : source.exclude)
        filter_.exclude.emplace_back(pattern);
    filter_.min_size = source.min_size;
    filter_.max_size = source.max_size;
    if (!source.marker.empty()) {
        catalog::TemplateValues any;
        any.name = "*";
        markers_.emplace_back(catalog::fill_template(source.marker, any));
    }
    for (const auto& directory : {source.move_to, source.quarantine}) {
        auto fixed = directory.substr(0, directory.find('{'));
        if (fixed.size() < directory.size()) fixed.erase(fixed.rfind('/') + 1);
        if (fixed.empty()) continue;
        aside_.push_back(path::confine(fixed.starts_with('/') ? fixed : path::join(work.source_path(), fixed)) + "/");
    }
}

bool Search::is_wanted(const Entry& entry) const {
    if (entry.type != EntryType::file) return false;
    if (!work_.request.only.empty() && entry.path != work_.request.only) return false;
    const auto name = path::name(entry.path);
    if (transfer::is_unguessable(name) || (!hidden_ && name.starts_with('.'))) return false;
    if (std::ranges::any_of(markers_, [&](const Glob& marker) { return marker.matches(name); })) return false;
    return std::ranges::none_of(aside_, [&](const std::string& directory) { return entry.path.starts_with(directory); });
}

awaitable<bool> Search::visit_one(const std::function<awaitable<bool>(Entry)>& visit) {
    auto entry = co_await look(work_.places.source, work_.patience, work_.request.only);
    if (!entry) co_return true;
    entry->path = work_.request.only;
    entry->name = path::name(entry->path);
    if (is_wanted(*entry)) (void)co_await visit(std::move(*entry));
    co_return true;
}

awaitable<bool> Search::run(std::function<awaitable<bool>(Entry)> visit) {
    if (!work_.request.only.empty()) co_return co_await visit_one(visit);
    bool enough = false, complete = true;
    std::vector<std::pair<std::string, Error>> problems;
    transfer::WalkOptions options;
    if (!work_.flow.source.recursive) options.depth = 1;
    options.filter = &filter_;
    options.visitor_needs_sessions = true;
    options.enough = [&enough] { return enough; };
    std::function<awaitable<void>(transfer::Found)> meet = [&](transfer::Found found) -> awaitable<void> {
        if (!is_wanted(found.entry)) co_return;
        const auto more = co_await visit(std::move(found.entry));
        enough = !more;
    };
    std::function<void(const std::string&, const Error&)> note = [&](const std::string& path, const Error& error) {
        problems.emplace_back(path, error);
    };
    const auto failure = co_await transfer::caught(
        transfer::walk(*work_.places.source.sessions, work_.source_path(), std::move(options), meet, note));
    if (failure) throw Error(*failure);
    for (const auto& [path, error] : problems)
        co_await work_.report_problem(path, error);
    complete = !enough && problems.empty();
    co_return complete;
}

}  // namespace fairlead::flow
