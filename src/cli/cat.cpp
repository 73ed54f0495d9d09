#include "cli/places.hpp"
#include "cli/standard_streams.hpp"
#include "cli/verbs.hpp"
#include "transfer/move_bytes.hpp"
#include "transfer/source_watch.hpp"

namespace fairlead::cli {
namespace {

struct CatOptions {
    std::string location;
    std::string bwlimit;
    std::shared_ptr<ConnectionFlags> flags;
};

}  // namespace

awaitable<void> print_file(Context& context, const Place& place, const std::string& bwlimit) {
    auto limits = limits_of(bwlimit);
    limits.add(place.limit);
    context.flush();
    auto lease = co_await place.sessions->take();
    Entry unknown;
    const auto stream = co_await lease.files().open_read(place.path);
    const transfer::SourceWatch watch(unknown, *stream);
    const auto output = standard_output();
    std::uint64_t bytes = 0;
    co_await transfer::move_bytes(*stream, *output, nullptr, nullptr, limits, 0, bytes);
    co_await output->finish();
    co_await watch.check(lease.files(), place.path, bytes, false);
}

void add_cat(CLI::App& app, Context& context) {
    auto options = std::make_shared<CatOptions>();
    auto* verb = app.add_subcommand("cat", "Write a file to standard output");
    verb->add_option("LOC", options->location, "The file")->required()->type_name("");
    verb->add_option("--bwlimit", options->bwlimit, "Read at most so many bytes a second; see get --help")
        ->type_name("RATE");
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, 1, [&](Places& places) -> awaitable<void> {
            const auto place = places.at(options->location);
            co_await print_file(context, place, options->bwlimit);
        });
    });
}

}  // namespace fairlead::cli
