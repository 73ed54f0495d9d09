#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>

#include "base/near.hpp"
#include "catalog/operation_filter.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;
using Kind = FilterNode::Kind;
using Field = FilterNode::Field;
using Operator = FilterNode::Operator;

constexpr std::size_t kDeepest = 64;

template <class T>
struct Word {
    std::string_view text;
    T value;
};

// The first word of each is the one that is written.
constexpr std::array kFields{
    Word<Field>{"fileName", Field::file_name},     Word<Field>{"timestamp", Field::timestamp},
    Word<Field>{"size", Field::size},              Word<Field>{"fileType", Field::file_type},
    Word<Field>{"name", Field::file_name},         Word<Field>{"modified", Field::timestamp},
    Word<Field>{"modifiedDate", Field::timestamp}, Word<Field>{"fileSize", Field::size},
    Word<Field>{"type", Field::file_type},
};
constexpr std::array kOperators{
    Word<Operator>{"equal", Operator::equal},
    Word<Operator>{"notEqual", Operator::not_equal},
    Word<Operator>{"lessThan", Operator::less},
    Word<Operator>{"lessOrEqual", Operator::less_or_equal},
    Word<Operator>{"greaterThan", Operator::greater},
    Word<Operator>{"greaterOrEqual", Operator::greater_or_equal},
    Word<Operator>{"wildcard", Operator::wildcard},
    Word<Operator>{"regex", Operator::regular_expression},
    Word<Operator>{"=", Operator::equal},
    Word<Operator>{"==", Operator::equal},
    Word<Operator>{"!=", Operator::not_equal},
    Word<Operator>{"≠", Operator::not_equal},
    Word<Operator>{"<", Operator::less},
    Word<Operator>{"<=", Operator::less_or_equal},
    Word<Operator>{"≤", Operator::less_or_equal},
    Word<Operator>{">", Operator::greater},
    Word<Operator>{">=", Operator::greater_or_equal},
    Word<Operator>{"≥", Operator::greater_or_equal},
    Word<Operator>{"equals", Operator::equal},
    Word<Operator>{"notEquals", Operator::not_equal},
    Word<Operator>{"lessThanOrEqual", Operator::less_or_equal},
    Word<Operator>{"greaterThanOrEqual", Operator::greater_or_equal},
    Word<Operator>{"regularExpression", Operator::regular_expression},
};

/// Without regard to case, spaces, "_" and "-": "Regular expression" and "REGULAR_EXPRESSION" are one word.
std::string plain(std::string_view text) {
    std::string key;
    for (const char c : text)
        if (c != ' ' && c != '_' && c != '-') key += (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
    return key;
}

template <class T, std::size_t N>
std::optional<T> find_word(const std::array<Word<T>, N>& words, std::string_view text) {
    for (const auto& word : words)
        if (plain(word.text) == plain(text)) return word.value;
    return std::nullopt;
}

template <class T, std::size_t N>
std::string_view word_of(const std::array<Word<T>, N>& words, T value) {
    for (const auto& word : words)
        if (word.value == value) return word.text;
    return {};
}

class Reader {
  public:
    explicit Reader(std::vector<Fault>& faults) : faults_(faults) {}

    FilterNode read(const json::value& value, const std::string& path, std::size_t depth) {
        const auto* object = value.if_object();
        if (object == nullptr) {
            fault(path, value, "must be an object: a group (and, or, not) or a condition");
            return {};
        }
        if (depth > kDeepest) {
            fault(path, {}, fmt::format("is nested more than {} levels deep", kDeepest));
            return {};
        }
        if (const auto* group = object->if_contains("and")) return read_group(Kind::all, *object, *group, path, depth);
        if (const auto* group = object->if_contains("or")) return read_group(Kind::any, *object, *group, path, depth);
        if (const auto* inner = object->if_contains("not")) {
            refuse_others(*object, path, {"not"});
            FilterNode node;
            node.kind = Kind::none;
            node.nodes.push_back(read(*inner, path + ".not", depth + 1));
            return node;
        }
        return read_condition(*object, path);
    }

  private:
    void fault(const std::string& path, const json::value& value, std::string problem) {
        const auto* text = value.if_string();
        faults_.push_back({path,
                           text != nullptr    ? std::string(*text)
                           : value.is_null() ? ""
                                             : json::serialize(value),
                           std::move(problem)});
    }

    void refuse_others(const json::object& object, const std::string& path,
                       std::initializer_list<std::string_view> known) {
        for (const auto& [key, value] : object)
            if (std::ranges::find(known, std::string_view(key)) == known.end())
                fault(path + "." + std::string(key), {}, "is not a member of this part of a filter");
    }

    FilterNode read_group(Kind kind, const json::object& object, const json::value& group,
                          const std::string& path, std::size_t depth) {
        const std::string word = kind == Kind::all ? "and" : "or";
        refuse_others(object, path, {word});
        FilterNode node;
        node.kind = kind;
        const auto* list = group.if_array();
        if (list == nullptr) {
            fault(path + "." + word, group, "must be a list of groups and conditions");
            return node;
        }
        for (std::size_t i = 0; i < list->size(); ++i)
            node.nodes.push_back(read((*list)[i], fmt::format("{}.{}[{}]", path, word, i), depth + 1));
        return node;
    }

    template <class T, std::size_t N>
    std::optional<T> read_word(const json::object& object, std::string_view member, const std::string& path,
                               const std::array<Word<T>, N>& words, std::size_t shown) {
        const auto at = fmt::format("{}.{}", path, member);
        const auto* value = object.if_contains(member);
        const auto* text = value != nullptr ? value->if_string() : nullptr;
        const auto found = text != nullptr ? find_word(words, *text) : std::nullopt;
        if (found) return found;
        std::vector<std::string> choices;
        std::string list;
        for (std::size_t i = 0; i < shown; ++i) {
            choices.emplace_back(words[i].text);
            list += (i == 0 ? "" : i + 1 == shown ? " or " : ", ") + choices.back();
        }
        const auto close = text != nullptr ? nearest(std::string_view(*text), choices) : std::string();
        fault(at, value != nullptr ? *value : json::value(),
              close.empty() ? "must be " + list : "is not known; did you mean " + close + "?");
        return std::nullopt;
    }

    FilterNode read_condition(const json::object& object, const std::string& path) {
        refuse_others(object, path, {"field", "operator", "value", "parameter"});
        FilterNode node;
        node.kind = Kind::condition;
        const auto field = read_word(object, "field", path, kFields, 4);
        const auto op = read_word(object, "operator", path, kOperators, 8);
        node.field = field.value_or(Field::file_name);
        node.op = op.value_or(Operator::equal);
        if (const auto* value = object.if_contains("value")) {
            node.has_value = true;
            if (const auto* text = value->if_string())
                node.value = std::string(*text);
            else if (value->is_number())
                node.value = json::serialize(*value);
            else
                fault(path + ".value", *value, "must be one text or number");
        }
        if (const auto* name = object.if_contains("parameter")) {
            if (name->is_string() && !name->get_string().empty())
                node.parameter = std::string(name->get_string());
            else
                fault(path + ".parameter", *name, "must be the name of a value given at run time");
        } else if (!node.has_value) {
            fault(path + ".value", {}, "is missing: give a value, or a parameter that names one given at run time");
        }
        if (field && op) check_operator(node, path);
        return node;
    }

    void check_operator(const FilterNode& node, const std::string& path) {
        const bool pattern = node.op == Operator::wildcard || node.op == Operator::regular_expression;
        const bool equality = node.op == Operator::equal || node.op == Operator::not_equal;
        const auto at = path + ".operator";
        const json::value word(word_of(kOperators, node.op));
        if (node.field == Field::size && pattern) fault(at, word, "a size has no text that could match a pattern");
        if (node.field == Field::file_type && !equality) fault(at, word, "of a fileType must be equal or notEqual");
    }

    std::vector<Fault>& faults_;
};

}  // namespace

FilterNode filter_from_json(const json::value& value, const std::string& path, std::vector<Fault>& faults) {
    const auto before = faults.size();
    auto node = Reader(faults).read(value, path, 0);
    if (faults.size() != before) return node;
    // Values that are known already are looked at now, and not when the operation runs.
    Parameters anything;
    const auto check = [&](const auto& self, const FilterNode& part, const std::string& at) -> void {
        for (std::size_t i = 0; i < part.nodes.size(); ++i)
            self(self, part.nodes[i],
                 part.kind == Kind::none
                     ? at + ".not"
                     : fmt::format("{}.{}[{}]", at, part.kind == Kind::any ? "or" : "and", i));
        const bool known = part.has_value && part.value.find("${") == std::string::npos;
        if (part.kind != Kind::condition || !known) return;
        try {
            EntryFilter(part, anything, "UTC");
        } catch (const Error& error) {
            for (auto fault : error.faults) {
                fault.field = at + fault.field.substr(std::string_view("filter").size());
                faults.push_back(std::move(fault));
            }
        }
    };
    check(check, node, path);
    return node;
}

json::value to_json(const FilterNode& node) {
    json::object object;
    if (node.kind == Kind::none) {
        object["not"] = to_json(node.nodes.front());
        return object;
    }
    if (node.kind != Kind::condition) {
        json::array nodes;
        for (const auto& inner : node.nodes)
            nodes.push_back(to_json(inner));
        object[node.kind == Kind::all ? "and" : "or"] = std::move(nodes);
        return object;
    }
    object["field"] = word_of(kFields, node.field);
    object["operator"] = word_of(kOperators, node.op);
    if (node.has_value) object["value"] = node.value;
    if (!node.parameter.empty()) object["parameter"] = node.parameter;
    return object;
}

}  // namespace fairlead::catalog
