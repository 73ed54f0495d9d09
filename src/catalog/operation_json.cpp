#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "catalog/field_reader.hpp"
#include "catalog/operation_fields.hpp"
#include "catalog/receivers.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

/// The policies for existing targets, with the words that others use for them.
constexpr std::pair<std::string_view, std::string_view> kPolicies[]{
    {"overwrite", "overwrite"}, {"fail", "fail"},           {"skip", "skip"},
    {"append", "append"},       {"rename", "rename"},       {"newer", "newer"},
    {"different", "different"}, {"generateerror", "fail"},  {"error", "fail"},
    {"createuniquename", "rename"}, {"unique", "rename"},   {"replace", "overwrite"},
};
constexpr Action kActions[]{Action::create, Action::get,    Action::query, Action::list,
                            Action::remove, Action::upsert, Action::move};
constexpr std::int64_t kMostRetries = 1000;

std::string plain(std::string_view text) {
    std::string key;
    for (const char c : text)
        if (c != ' ' && c != '_' && c != '-') key += (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
    return key;
}

/// Reads a member into a field of its type.
class Reads {
  public:
    explicit Reads(std::vector<Fault>& faults) : faults_(faults) {}

    template <class Member>
    void operator()(const OperationField& field, const json::value& value, Member& member) {
        read(field.name, value, member);
    }

  private:
    void fault(std::string_view name, const json::value& value, std::string problem) {
        const auto* text = value.if_string();
        faults_.push_back({std::string(name), text != nullptr ? std::string(*text) : json::serialize(value),
                           std::move(problem)});
    }

    std::optional<bool> flag_in(const json::value& value) {
        if (const auto* given = value.if_bool()) return *given;
        const auto* text = value.if_string();
        if (text != nullptr && *text == "true") return true;
        if (text != nullptr && *text == "false") return false;
        return std::nullopt;
    }

    void read(std::string_view name, const json::value& value, std::string& text) {
        const auto* given = value.if_string();
        if (given == nullptr) return fault(name, value, "must be a text");
        if (name != "ifExists" || given->empty()) {
            text = std::string(*given);
            return;
        }
        for (const auto& [word, policy] : kPolicies) {
            if (plain(*given) != word) continue;
            text = policy;
            return;
        }
        fault(name, value, "must be overwrite, fail, skip, append, rename, newer or different");
    }
    void read(std::string_view name, const json::value& value, bool& flag) {
        if (name == "transferFormat") {
            const auto word = value.is_string() ? plain(value.get_string()) : "";
            flag = word == "ascii" || word == "text";
            if (!flag && word != "binary") fault(name, value, "must be binary or ascii");
            return;
        }
        if (const auto given = flag_in(value))
            flag = *given;
        else
            fault(name, value, "must be true or false");
    }
    void read(std::string_view name, const json::value& value, std::optional<bool>& flag) {
        if (const auto given = flag_in(value))
            flag = *given;
        else
            fault(name, value, "must be true or false, or null for the action's own");
    }
    void read(std::string_view name, const json::value& value, std::int64_t& number) {
        if (name == "retryFactor") return read_field(value, {std::string(name), "", 1, kMostRetryFactor}, faults_, number);
        if (name == "retryJitter") return read_field(value, {std::string(name), "", 0, 100}, faults_, number);
        const auto given = number_in(value);
        if (given && (*given == -1 || *given > 0))
            number = *given;
        else
            fault(name, value, "must be -1 (all) or a number from 1 on");
    }
    void read(std::string_view name, const json::value& value, std::optional<std::uint32_t>& number) {
        const auto given = number_in(value);
        if (given && *given >= 0 && *given <= kMostRetries)
            number = static_cast<std::uint32_t>(*given);
        else
            fault(name, value, fmt::format("must be a number from 0 to {}", kMostRetries));
    }
    void read(std::string_view name, const json::value& value, std::chrono::milliseconds& duration) {
        read_field(value, {std::string(name), ""}, faults_, duration);
    }
    void read(std::string_view name, const json::value& value, std::vector<std::string>& texts) {
        const auto* list = value.if_array();
        if (list == nullptr) return fault(name, value, "must be a list of texts");
        texts.clear();
        for (const auto& item : *list) {
            if (!item.is_string()) return fault(name, value, "must be a list of texts");
            texts.emplace_back(item.get_string());
        }
    }
    void read(std::string_view name, const json::value& value, Action& action) {
        const auto word = value.is_string() ? plain(value.get_string()) : "";
        for (const auto known_action : kActions) {
            if (word != to_string(known_action)) continue;
            action = known_action;
            return;
        }
        fault(name, value, "must be create, get, query, list, delete, upsert or move");
    }
    void read(std::string_view name, const json::value& value, std::optional<FilterNode>& filter) {
        filter = filter_from_json(value, std::string(name), faults_);
    }

    std::vector<Fault>& faults_;
};

class Writer {
  public:
    void operator()(const OperationField& field, const std::string& text) { object[field.name] = text; }
    void operator()(const OperationField& field, bool flag) {
        if (field.name == "transferFormat")
            object[field.name] = flag ? "ascii" : "binary";
        else
            object[field.name] = flag;
    }
    void operator()(const OperationField& field, std::optional<bool> flag) {
        object[field.name] = flag ? json::value(*flag) : json::value();
    }
    void operator()(const OperationField& field, std::int64_t number) { object[field.name] = number; }
    void operator()(const OperationField& field, std::chrono::milliseconds duration) {
        object[field.name] = field_json(duration);
    }
    void operator()(const OperationField& field, std::optional<std::uint32_t> number) {
        object[field.name] = number ? json::value(*number) : json::value();
    }
    void operator()(const OperationField& field, const std::vector<std::string>& texts) {
        object[field.name] = json::array(texts.begin(), texts.end());
    }
    void operator()(const OperationField& field, Action action) { object[field.name] = to_string(action); }
    void operator()(const OperationField& field, const std::optional<FilterNode>& filter) {
        object[field.name] = filter ? catalog::to_json(*filter) : json::value();
    }

    json::object object;
};

}  // namespace

const std::vector<OperationField>& operation_fields() {
    static const auto fields = [] {
        std::vector<OperationField> all;
        const Operation any;
        for_each_field(any, [&](const OperationField& field, const auto&) { all.push_back(field); });
        return all;
    }();
    return fields;
}

Operation apply(Operation operation, const json::object& fields, std::vector<Fault>& faults) {
    FieldReader<Operation, Reads> reader(fields, Reads(faults));
    for_each_field(operation, reader);
    reader.refuse_unknown({kWebhookSecret}, faults);
    return operation;
}

json::object fields_to_json(const Operation& operation) {
    Writer writer;
    for_each_field(operation, writer);
    return std::move(writer.object);
}

json::object to_json(const Operation& operation) {
    auto document = fields_to_json(operation);
    document[kSecretsSet] = names_of(operation.sealed);
    if (!operation.record.id.empty()) add_record(document, operation.record);
    return document;
}

}  // namespace fairlead::catalog
