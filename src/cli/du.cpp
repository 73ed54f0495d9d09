#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>

#include "base/path.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "cli/filter_flags.hpp"
#include "cli/items.hpp"
#include "cli/places.hpp"
#include "cli/verbs.hpp"
#include "transfer/walk.hpp"

namespace fairlead::cli {
namespace {

struct DuOptions {
    std::string location;
    unsigned depth = 0;
    bool bytes = false;
    FilterFlags filter;
    std::shared_ptr<ConnectionFlags> flags;
};

struct Total {
    std::uint64_t bytes = 0, files = 0, unknown = 0;
};

void add_file(std::map<std::string, Total>& totals, std::string_view relative, unsigned depth,
              const Entry& entry) {
    const auto count = [&](const std::string& directory) {
        auto& total = totals[directory];
        ++total.files;
        total.bytes += entry.size.value_or(0);
        if (!entry.size) ++total.unknown;
    };
    count("");
    const auto parts = path::parts(relative);
    std::string directory;
    for (std::size_t i = 0; i + 1 < parts.size() && i < depth; ++i) {
        directory += '/';
        directory += parts[i];
        count(directory);
    }
}

void print(Context& context, const DuOptions& options, const std::string& path, const Total& total) {
    if (context.options.json) {
        context.json(boost::json::object{{"path", to_valid_utf8(path)},
                                         {"bytes", total.bytes},
                                         {"files", total.files},
                                         {"filesOfUnknownSize", total.unknown}});
        return;
    }
    const auto size = options.bytes ? fmt::format("{}", total.bytes) : format_size(total.bytes);
    context.print(fmt::format("{}\t{}", size, context.out_is_terminal() ? to_printable(path) : path));
}

awaitable<void> measure(Context& context, const DuOptions& options, Places& places) {
    const auto filter = options.filter.to_filter();
    const auto place = places.at(options.location);
    std::map<std::string, Total> totals{{"", {}}};
    transfer::WalkOptions walk_options;
    walk_options.filter = &filter;
    std::function<void(transfer::Found&&)> visit = [&](transfer::Found&& found) {
        if (found.entry.type == EntryType::file) add_file(totals, found.relative, options.depth, found.entry);
    };
    std::function<void(const std::string&, const Error&)> problem = [&](const std::string& path,
                                                                        const Error& error) {
        context.exit_status = kSomeFailed;
        report_item(context, place.located(path), error);
    };
    co_await transfer::walk(*place.sessions, place.path, walk_options, visit, problem);
    for (const auto& [relative, total] : totals)
        print(context, options, relative.empty() ? place.path : path::join(place.path, relative), total);
}

}  // namespace

void add_du(CLI::App& app, Context& context) {
    auto options = std::make_shared<DuOptions>();
    auto* verb = app.add_subcommand("du", "Add up the sizes of the files below a directory");
    verb->add_option("LOC", options->location, "The directory")->required()->type_name("");
    verb->add_option("--depth", options->depth, "With the directories below, that many levels")
        ->type_name("N");
    verb->add_flag("-b,--bytes", options->bytes, "In bytes, exactly");
    add_filter_options(*verb, options->filter);
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, 1,
                    [&](Places& places) { return measure(context, *options, places); });
    });
}

}  // namespace fairlead::cli
