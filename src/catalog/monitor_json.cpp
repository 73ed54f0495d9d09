#include <boost/json/array.hpp>
#include <concepts>
#include <set>

#include "catalog/field_json.hpp"
#include "catalog/monitor_fields.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

constexpr std::string_view kSecretsSet = "secretsSet";

/// Reads the members of an object into the fields of the same name.
class Reader {
  public:
    Reader(const json::object& object, std::vector<Fault>& faults) : object_(object), faults_(faults) {}

    template <class Member>
    void operator()(const MonitorField& field, Member& member) {
        known.emplace(field.name);
        const auto* value = object_.if_contains(field.name);
        if (value == nullptr) return;
        if (value->is_null())
            reset(field.name, member);
        else
            read_field(*value, {std::string(field.name), field.choices, field.low, field.high}, faults_, member);
    }

    std::set<std::string, std::less<>> known;

  private:
    template <class Member>
    static void reset(std::string_view name, Member& member) {
        static const Monitor defaults;
        for_each_field(defaults, [&]<class Default>(const MonitorField& field, const Default& fallback) {
            if constexpr (std::same_as<Member, Default>)
                if (field.name == name) member = fallback;
        });
    }

    const json::object& object_;
    std::vector<Fault>& faults_;
};

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
        all.push_back({{kWebhookSecret,
                        "With what webhooks are signed (HMAC-SHA256); never shown. Empty removes it"},
                       "secret"});
        return all;
    }();
    return fields;
}

Monitor apply(Monitor monitor, const json::object& fields, std::vector<Fault>& faults) {
    Reader reader(fields, faults);
    for_each_field(monitor, reader);
    reader.known.emplace(kWebhookSecret);
    reader.known.emplace(kSecretsSet);
    reader.known.emplace("warnings");
    for (const auto& [key, value] : fields)
        if (is_record_member(key)) reader.known.emplace(std::string_view(key));
    refuse_unknown(fields, "", reader.known, faults);
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
    json::array secrets;
    for (const auto& [field, sealed] : monitor.sealed)
        secrets.emplace_back(field);
    document[kSecretsSet] = std::move(secrets);
    const auto& record = monitor.record;
    if (record.id.empty()) return document;
    document["id"] = record.id;
    document["project"] = record.project;
    document["revision"] = record.revision;
    document["etag"] = record.etag();
    document["createdAt"] = to_rfc3339(record.created_at);
    document["updatedAt"] = to_rfc3339(record.updated_at);
    document["createdBy"] = record.created_by;
    document["updatedBy"] = record.updated_by;
    return document;
}

}  // namespace fairlead::catalog
