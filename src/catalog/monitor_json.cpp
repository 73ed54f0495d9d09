#include <boost/json/array.hpp>

#include "catalog/field_reader.hpp"
#include "catalog/monitor_fields.hpp"
#include "catalog/receivers.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

std::string_view type_of(const std::string&) {
    return "text";
}
std::string_view type_of(bool) {
    return "boolean";
}
std::string_view type_of(std::int64_t) {
    return "number";
}
std::string_view type_of(const std::optional<std::int64_t>&) {
    return "number";
}
std::string_view type_of(const std::optional<std::uint64_t>&) {
    return "size";
}
std::string_view type_of(std::chrono::milliseconds) {
    return "duration";
}
std::string_view type_of(const std::vector<std::string>&) {
    return "texts";
}

}  // namespace

const std::vector<MonitorFieldType>& monitor_fields() {
    static const auto fields = [] {
        std::vector<MonitorFieldType> all;
        const Monitor any;
        for_each_field(any, [&](const MonitorField& field, const auto& member) {
            all.push_back({field, type_of(member)});
        });
        all.push_back({{kWebhookSecret, kWebhookSecretHelp}, "secret"});
        return all;
    }();
    return fields;
}

Monitor apply(Monitor monitor, const json::object& fields, std::vector<Fault>& faults) {
    const auto read = [&](const MonitorField& field, const json::value& value, auto& member) {
        read_field(value, {std::string(field.name), field.choices, field.low, field.high}, faults, member);
    };
    FieldReader<Monitor, decltype(read)> reader(fields, read);
    for_each_field(monitor, reader);
    reader.refuse_unknown({kWebhookSecret}, faults);
    return monitor;
}

json::object fields_to_json(const Monitor& monitor) {
    json::object object;
    for_each_field(monitor, [&](const MonitorField& field, const auto& member) {
        object[field.name] = field_json(member);
    });
    return object;
}

json::object to_json(const Monitor& monitor) {
    auto document = fields_to_json(monitor);
    document[kSecretsSet] = names_of(monitor.sealed);
    if (!monitor.record.id.empty()) add_record(document, monitor.record);
    return document;
}

}  // namespace fairlead::catalog
