#include <fmt/format.h>

#include <algorithm>

#include "catalog/field_json.hpp"
#include "catalog/flow_fields.hpp"
#include "catalog/receivers.hpp"
#include "catalog/resource.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

template <class T>
struct IsList : std::false_type {};
template <FlowPart T>
struct IsList<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <FlowPart T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <FlowPart T>
void read_part(T& part, const json::object& object, const std::string& prefix, std::vector<Fault>& faults, bool whole);

/// Reads the members of an object into the fields of the same name.
class Reader {
  public:
    Reader(const json::object& object, std::string prefix, std::vector<Fault>& faults)
        : object_(object), prefix_(std::move(prefix)), faults_(faults) {}

    template <class Member>
    void operator()(const FlowField& field, Member& member) {
        known.emplace(field.name);
        const auto* value = object_.if_contains(field.name);
        if (value == nullptr) return;
        const auto path = prefix_ + std::string(field.name);
        if constexpr (FlowPart<Member>) {
            if (value->is_null())
                member = Member{};
            else if (value->is_object())
                read_part(member, value->get_object(), path + ".", faults_, false);
            else
                faults_.push_back({path, "", "must be an object"});
        } else if constexpr (IsOptional<Member>::value) {
            read_optional(*value, path, member);
        } else if constexpr (IsList<Member>::value) {
            read_list(*value, path, member);
        } else {
            if (value->is_null())
                missing.emplace_back(field.name);
            else
                read_field(*value, {path, field.choices, field.low, field.high}, faults_, member);
        }
    }

    std::set<std::string, std::less<>> known;
    std::vector<std::string> missing;  ///< set to null

  private:
    template <class Member>
    void read_optional(const json::value& value, const std::string& path, Member& member) {
        if (value.is_null()) return member.reset();
        if (!value.is_object()) return (void)faults_.push_back({path, "", "must be an object, or null"});
        auto part = member.value_or(typename Member::value_type{});
        read_part(part, value.get_object(), path + ".", faults_, false);
        member = std::move(part);
    }
    template <class Item>
    void read_list(const json::value& value, const std::string& path, std::vector<Item>& items) {
        items.clear();
        if (value.is_null()) return;
        const auto* list = value.if_array();
        if (list == nullptr) return (void)faults_.push_back({path, "", "must be a list of objects"});
        for (const auto& element : *list) {
            const auto name = fmt::format("{}[{}]", path, items.size());
            items.emplace_back();
            if (element.is_object())
                read_part(items.back(), element.get_object(), name + ".", faults_, false);
            else
                faults_.push_back({name, "", "must be an object"});
        }
    }

    const json::object& object_;
    std::string prefix_;
    std::vector<Fault>& faults_;
};

/// Gives members their defaults.
template <FlowPart T>
void reset(T& part, const std::vector<std::string>& names) {
    const T defaults{};
    for_each_field(defaults, [&]<class Default>(const FlowField& field, const Default& fallback) {
        if (std::ranges::find(names, field.name) == names.end()) return;
        for_each_field(part, [&]<class Member>(const FlowField& same, Member& member) {
            if constexpr (std::same_as<Member, Default>)
                if (same.name == field.name) member = fallback;
        });
    });
}

template <FlowPart T>
void read_part(T& part, const json::object& object, const std::string& prefix, std::vector<Fault>& faults, bool whole) {
    Reader reader(object, prefix, faults);
    for_each_field(part, reader);
    reset(part, reader.missing);
    if (whole) {
        reader.known.emplace(kWebhookSecret);
        for (const auto& [key, value] : object)
            if (is_record_member(key)) reader.known.emplace(std::string_view(key));
    }
    refuse_unknown(object, prefix, reader.known, faults);
}

template <FlowPart T>
json::object write_part(const T& part) {
    json::object object;
    for_each_field(part, [&]<class Member>(const FlowField& field, const Member& member) {
        if constexpr (FlowPart<Member>) {
            object[field.name] = write_part(member);
        } else if constexpr (IsOptional<Member>::value) {
            object[field.name] = member ? json::value(write_part(*member)) : json::value();
        } else if constexpr (IsList<Member>::value) {
            json::array list;
            for (const auto& item : member)
                list.push_back(write_part(item));
            object[field.name] = std::move(list);
        } else {
            object[field.name] = field_json(member);
        }
    });
    return object;
}

template <FlowPart T>
void describe(const T& part, const std::string& prefix, std::vector<std::pair<std::string, std::string>>& fields) {
    for_each_field(part, [&]<class Member>(const FlowField& field, const Member&) {
        const auto name = prefix + std::string(field.name);
        auto help = std::string(field.help);
        if (!field.choices.empty()) help += fmt::format(" ({})", field.choices);
        fields.emplace_back(name, std::move(help));
        if constexpr (FlowPart<Member>) describe(Member{}, name + ".", fields);
        if constexpr (IsOptional<Member>::value) describe(typename Member::value_type{}, name + ".", fields);
        if constexpr (IsList<Member>::value) describe(typename Member::value_type{}, name + "[].", fields);
    });
}

/// Targets that have no name are called as their connection is; the second of the same gets a number.
void name_targets(Flow& flow) {
    for (auto& target : flow.targets) {
        if (!target.name.empty()) continue;
        const auto base = target.connection.empty() ? std::string("local") : target.connection;
        auto name = base;
        const auto taken = [&](const FlowTarget& other) { return name_key(other.name) == name_key(name); };
        for (int n = 2; std::ranges::any_of(flow.targets, taken); ++n)
            name = fmt::format("{}-{}", base, n);
        target.name = std::move(name);
    }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> flow_fields() {
    std::vector<std::pair<std::string, std::string>> fields;
    describe(Flow{}, "", fields);
    return fields;
}

Flow apply(Flow flow, const json::object& fields, std::vector<Fault>& faults) {
    read_part(flow, fields, "", faults, true);
    name_targets(flow);
    return flow;
}

json::object fields_to_json(const Flow& flow) {
    return write_part(flow);
}

json::object to_json(const Flow& flow) {
    auto document = fields_to_json(flow);
    document[kSecretsSet] = names_of(flow.sealed);
    if (!flow.record.id.empty()) add_record(document, flow.record);
    return document;
}

}  // namespace fairlead::catalog
