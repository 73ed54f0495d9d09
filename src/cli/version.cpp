#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "cli/verbs.hpp"
#include "service/version.hpp"

namespace fairlead::cli {

void add_version(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("version", "Say which version this is");
    verb->callback([&context] {
        if (context.options.json)
            context.json(boost::json::object{{"name", "fairlead"}, {"version", service::version()}});
        else
            context.print(fmt::format("fairlead {}", service::version()));
    });
}

}  // namespace fairlead::cli
