#include <algorithm>
#include <limits>
#include <vector>

#include "cli/entry_lines.hpp"
#include "cli/filter_flags.hpp"
#include "cli/places.hpp"
#include "cli/verbs.hpp"
#include "transfer/failure.hpp"
#include "transfer/walk.hpp"

namespace fairlead::cli {
namespace {

struct LsOptions {
    std::string location;
    bool details = false, all = false, recursive = false;
    std::optional<unsigned> depth;
    FilterFlags filter;
    std::shared_ptr<ConnectionFlags> flags;
};

/// Prints entries as they come. For people (on a terminal) a listing that is not huge is sorted by name;
/// everything else keeps the server's order, so that a listing of any length needs no memory.
class Printer {
  public:
    Printer(Context& context, const LsOptions& options)
        : context_(context),
          options_(options),
          lines_(context),
          sorting_(context.out_is_terminal() && !options.recursive && !context.options.json) {}

    void add(Entry&& entry, std::string_view shown) {
        if (!sorting_) return print(entry, shown);
        held_.emplace_back(std::move(entry), shown);
        if (held_.size() > kMostSorted) print_held();
    }
    void finish() {
        std::sort(held_.begin(), held_.end(),
                  [](const auto& a, const auto& b) { return a.second < b.second; });
        print_held();
        lines_.flush();
    }

  private:
    static constexpr std::size_t kMostSorted = 10'000;

    void print_held() {
        for (const auto& [entry, shown] : held_)
            print(entry, shown);
        held_.clear();
        sorting_ = false;
    }
    void print(const Entry& entry, std::string_view shown) {
        if (context_.options.json)
            lines_.json(entry);
        else if (options_.details)
            lines_.details(entry, shown);
        else
            lines_.name(shown);
    }

    Context& context_;
    const LsOptions& options_;
    Lines lines_;
    bool sorting_;
    std::vector<std::pair<Entry, std::string>> held_;
};

bool is_hidden(std::string_view relative) {
    return relative.find("/.") != std::string_view::npos;
}

awaitable<void> list(Context& context, const LsOptions& options, Places& places) {
    const auto place = places.at(options.location);
    const auto filter = options.filter.to_filter();
    Printer printer(context, options);
    unsigned problems = 0;

    transfer::WalkOptions walk_options;
    walk_options.filter = &filter;
    walk_options.depth = options.depth.value_or(options.recursive ? std::numeric_limits<unsigned>::max() : 1);
    std::function<void(transfer::Found&&)> visit = [&](transfer::Found&& found) {
        if (options.all || !is_hidden(found.relative))
            printer.add(std::move(found.entry), std::string_view(found.relative).substr(1));
    };
    std::function<void(const std::string&, const Error&)> problem = [&](const std::string& path,
                                                                        const Error& error) {
        ++problems;
        context.warn(fmt::format("{}: {}", place.located(path), error.message));
    };
    const auto failure =
        co_await transfer::caught(transfer::walk(*place.sessions, place.path, walk_options, visit, problem));
    if (failure && failure->code != ErrorCode::invalid_argument) {
        printer.finish();
        throw Error(*failure);
    }
    if (failure) {  // a file and not a directory
        auto lease = co_await place.sessions->take();
        auto entry = co_await lease.files().stat(place.path);
        const auto name = entry.name;
        printer.add(std::move(entry), name);
    }
    printer.finish();
    if (problems > 0) context.exit_status = 10;
}

}  // namespace

void add_ls(CLI::App& app, Context& context) {
    auto options = std::make_shared<LsOptions>();
    auto* verb = app.add_subcommand("ls", "List a directory");
    verb->add_option("LOC", options->location, "What to list: NAME:path, a URL, or a local path")
        ->required()
        ->type_name("");
    verb->add_flag("-l,--long", options->details, "Permissions, owner, group, size and time (UTC) too");
    verb->add_flag("-a,--all", options->all, "Names that begin with a dot too");
    verb->add_flag("-R,--recursive", options->recursive, "With everything below");
    add_optional(*verb, "--depth", options->depth, "That many levels; 1 is the directory itself")
        ->type_name("N");
    add_filter_options(*verb, options->filter);
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, 1,
                    [&](Places& places) { return list(context, *options, places); });
    });
}

}  // namespace fairlead::cli
