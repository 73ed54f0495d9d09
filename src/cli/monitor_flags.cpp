// What `monitor create` and `monitor update` take

#include <fmt/format.h>

#include "catalog/monitor.hpp"
#include "cli/monitor.hpp"
#include "cli/thing_change.hpp"

namespace fairlead::cli {
namespace {

namespace json = boost::json;

struct MonitorOptions {
    std::string place;  ///< CONNECTION:PATH
    json::object fields;  ///< what the flags say
};

void lay(const MonitorOptions& options, json::object& fields) {
    if (!options.place.empty()) {
        const auto colon = options.place.find(':');
        if (colon == std::string::npos || colon == 0 || options.place.find("://") != std::string::npos)
            throw Error(ErrorCode::invalid_argument,
                        fmt::format("'{}' is no place of a stored connection.", options.place))
                .hinting("write CONNECTION:PATH, such as partner:/out");
        fields["connection"] = options.place.substr(0, colon);
        fields["path"] = options.place.substr(colon + 1);
    }
    merge_fields(fields, options.fields);
}

}  // namespace

AddFieldFlags monitor_flags() {
    return [](CLI::App& verb) {
        auto options = std::make_shared<MonitorOptions>();
        verb.add_option("LOC", options->place, "What to watch, as CONNECTION:PATH")->type_name("");
        for (const auto& [field, type] : catalog::monitor_fields())
            if (field.name != "name" && type != "secret")
                add_field_flag(verb, field.name, type, std::string(field.help), options->fields);
        return [options](json::object& fields) { lay(*options, fields); };
    };
}

}  // namespace fairlead::cli
