#include <chrono>

#include "base/quantity.hpp"
#include "cli/items.hpp"
#include "cli/places.hpp"
#include "cli/verbs.hpp"

namespace fairlead::cli {
namespace {

struct TouchOptions {
    std::vector<std::string> locations;
    std::optional<std::string> time;
    std::shared_ptr<ConnectionFlags> flags;
};

awaitable<void> touch(FileSystem& files, const std::string& path, const TouchOptions& options) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto time = options.time ? parse_rfc3339(*options.time) : Time(now);
    const auto there = co_await try_stat(files, path);
    if (!there) {
        WriteOptions writing;
        writing.mode = WriteOptions::Mode::create;
        writing.expected_size = 0;
        const auto stream = co_await files.open_write(path, writing);
        co_await stream->finish();
        if (!options.time) co_return;
    }
    co_await files.set_modified(path, time);
}

}  // namespace

void add_touch(CLI::App& app, Context& context) {
    auto options = std::make_shared<TouchOptions>();
    auto* verb = app.add_subcommand("touch", "Set the time of files, and make those that are missing");
    verb->add_option("LOC", options->locations, "The files")->required()->type_name("");
    add_optional(*verb, "--time", options->time, "This time and not the present")->type_name("RFC3339");
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, 1, [&](Places& places) {
            return for_each_item(context, options->locations,
                                 [&](const std::string& location) -> awaitable<void> {
                                     const auto place = places.at(location);
                                     auto lease = co_await place.sessions->take();
                                     co_await touch(lease.files(), place.path, *options);
                                 });
        });
    });
}

}  // namespace fairlead::cli
