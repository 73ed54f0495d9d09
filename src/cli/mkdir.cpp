#include "base/path.hpp"
#include "cli/items.hpp"
#include "cli/places.hpp"
#include "cli/verbs.hpp"
#include "transfer/change.hpp"
#include "transfer/failure.hpp"
#include "transfer/persist.hpp"

namespace fairlead::cli {
namespace {

struct DirectoryOptions {
    std::vector<std::string> locations;
    bool parents = false;
    std::shared_ptr<ConnectionFlags> flags;
};

/// The directory and what is missing above it; one that is there already is fine.
awaitable<void> make_with_parents(FileSystem& files, std::string path) {
    if (path == "/") co_return;
    const auto failure = co_await transfer::caught(files.make_directory(path));
    if (!failure) co_return;
    const auto there = co_await try_stat(files, path);
    if (there && there->type != EntryType::file) co_return;
    if (there || failure->code != ErrorCode::not_found) throw Error(*failure);
    co_await make_with_parents(files, std::string(path::parent(path)));
    co_await files.make_directory(path);
}

awaitable<void> make_with_parents(transfer::Sessions& sessions, std::string path) {
    return transfer::persistently(sessions, {}, path, {},
                                  [path](FileSystem& files) { return make_with_parents(files, path); });
}

}  // namespace

void add_mkdir(CLI::App& app, Context& context) {
    auto options = std::make_shared<DirectoryOptions>();
    auto* verb = app.add_subcommand("mkdir", "Make directories");
    verb->add_option("LOC", options->locations, "What to make")->required()->type_name("");
    verb->add_flag("-p,--parents", options->parents,
                   "With the directories above; one that exists is no error");
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, 1, [&](Places& places) {
            return for_each_item(context, options->locations,
                                 [&](const std::string& location) -> awaitable<void> {
                                     const auto place = places.at(location);
                                     if (options->parents)
                                         co_await make_with_parents(*place.sessions, place.path);
                                     else
                                         co_await transfer::make_directory(*place.sessions, place.path);
                                 });
        });
    });
}

void add_rmdir(CLI::App& app, Context& context) {
    auto options = std::make_shared<DirectoryOptions>();
    auto* verb = app.add_subcommand("rmdir", "Remove empty directories");
    verb->add_option("LOC", options->locations, "What to remove")->required()->type_name("");
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        with_places(context, *options->flags, 1, [&](Places& places) {
            return for_each_item(context, options->locations,
                                 [&](const std::string& location) -> awaitable<void> {
                                     const auto place = places.at(location);
                                     co_await transfer::remove_directory(*place.sessions, place.path);
                                 });
        });
    });
}

}  // namespace fairlead::cli
