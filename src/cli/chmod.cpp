#include <fmt/format.h>

#include <charconv>

#include "cli/items.hpp"
#include "cli/places.hpp"
#include "cli/verbs.hpp"

namespace fairlead::cli {
namespace {

struct ChmodOptions {
    std::string mode;
    std::vector<std::string> locations;
    std::shared_ptr<ConnectionFlags> flags;
};

std::uint32_t parse_mode(const std::string& text) {
    std::uint32_t mode = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    if (problem == std::errc() && end == text.data() + text.size() && mode <= 07777) return mode;
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a mode.", text))
        .hinting("give it in octal, such as 640");
}

}  // namespace

void add_chmod(CLI::App& app, Context& context) {
    auto options = std::make_shared<ChmodOptions>();
    auto* verb = app.add_subcommand("chmod", "Set permissions");
    verb->add_option("MODE", options->mode, "In octal, such as 640")->required()->type_name("");
    verb->add_option("LOC", options->locations, "Of what")->required()->type_name("");
    options->flags = add_session_options(*verb);
    verb->callback([options, &context] {
        const auto mode = parse_mode(options->mode);
        with_places(context, *options->flags, 1, [&](Places& places) {
            return for_each_item(context, options->locations,
                                 [&](const std::string& location) -> awaitable<void> {
                                     const auto place = places.at(location);
                                     auto lease = co_await place.sessions->take();
                                     co_await lease.files().set_mode(place.path, mode);
                                 });
        });
    });
}

}  // namespace fairlead::cli
