#include "catalog/field_json.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/near.hpp"
#include "base/quantity.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;
using Faults = std::vector<Fault>;

void fault(const FieldRule& rule, const json::value& value, std::string problem, Faults& faults) {
    const auto* text = value.if_string();
    faults.push_back({rule.path, text != nullptr ? std::string(*text) : json::serialize(value), std::move(problem)});
}

bool is_among(std::string_view word, std::string_view choices) {
    return word.find(' ') == std::string_view::npos &&
           fmt::format(" {} ", choices).find(fmt::format(" {} ", word)) != std::string::npos;
}

std::string listed(std::string_view choices) {
    std::string text(choices);
    const auto last = text.rfind(' ');
    for (auto at = text.find(' '); at != std::string::npos; at = text.find(' ', at + 2))
        text.replace(at, 1, at == last ? " or " : ", ");
    return text;
}

std::string lower(std::string_view text) {
    std::string plain;
    for (const char c : text)
        plain += (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
    return plain;
}

/// Runs what throws for a value that cannot be read, and takes what is wrong with it.
template <class Read>
void reading(const FieldRule& rule, const json::value& value, Faults& faults, std::string_view shape, Read read) {
    try {
        read();
    } catch (const Error&) {
        fault(rule, value, std::string(shape), faults);
    }
}

}  // namespace

std::optional<std::int64_t> number_in(const json::value& value) {
    if (value.is_int64()) return value.get_int64();
    if (value.is_uint64() && value.get_uint64() <= INT64_MAX) return static_cast<std::int64_t>(value.get_uint64());
    const auto* text = value.if_string();
    if (text == nullptr) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (problem != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return number;
}

void read_field(const json::value& value, const FieldRule& rule, Faults& faults, std::string& text) {
    const auto* given = value.if_string();
    if (given == nullptr) return fault(rule, value, "must be a text", faults);
    if (rule.choices.empty()) {
        text = std::string(*given);
        return;
    }
    const auto word = lower(*given);
    if (!is_among(word, rule.choices)) return fault(rule, value, "must be " + listed(rule.choices), faults);
    text = word;
}

void read_field(const json::value& value, const FieldRule& rule, Faults& faults, bool& flag) {
    const auto* text = value.if_string();
    if (const auto* given = value.if_bool())
        flag = *given;
    else if (text != nullptr && (*text == "true" || *text == "false"))
        flag = *text == "true";
    else
        fault(rule, value, "must be true or false", faults);
}

void read_field(const json::value& value, const FieldRule& rule, Faults& faults, std::int64_t& number) {
    const auto given = number_in(value);
    if (given && *given >= rule.low && *given <= rule.high)
        number = *given;
    else
        fault(rule, value, fmt::format("must be a number from {} to {}", rule.low, rule.high), faults);
}

void read_field(const json::value& value, const FieldRule& rule, Faults& faults, std::optional<std::int64_t>& number) {
    auto read = number.value_or(rule.low);
    const auto before = faults.size();
    read_field(value, rule, faults, read);
    if (faults.size() == before) number = read;
}

void read_field(const json::value& value, const FieldRule& rule, Faults& faults, std::optional<std::uint64_t>& size) {
    constexpr std::string_view kShape = "must be a number of bytes, such as 1048576 or 10M";
    if (const auto number = number_in(value); number && *number >= 0) {
        size = static_cast<std::uint64_t>(*number);
        return;
    }
    if (!value.is_string()) return fault(rule, value, std::string(kShape), faults);
    reading(rule, value, faults, kShape, [&] { size = parse_size(std::string_view(value.get_string()), rule.path); });
}

void read_field(const json::value& value, const FieldRule& rule, Faults& faults, std::chrono::milliseconds& duration) {
    constexpr std::string_view kShape = "must be a length of time, such as 90s, 5m, 2h or 1d";
    if (const auto number = number_in(value); number && *number >= 0 && *number < 1'000'000'000) {
        duration = std::chrono::seconds(*number);
        return;
    }
    if (!value.is_string()) return fault(rule, value, std::string(kShape), faults);
    reading(rule, value, faults, kShape,
            [&] { duration = parse_duration(std::string_view(value.get_string()), rule.path); });
}

void read_field(const json::value& value, const FieldRule& rule, Faults& faults, std::optional<Time>& time) {
    constexpr std::string_view kShape = "must be a time such as 2026-03-01T09:30:00Z, or a date";
    if (!value.is_string()) return fault(rule, value, std::string(kShape), faults);
    if (value.get_string().empty()) {
        time.reset();
        return;
    }
    reading(rule, value, faults, kShape, [&] { time = parse_rfc3339(std::string_view(value.get_string()), rule.path); });
}

void read_field(const json::value& value, const FieldRule& rule, Faults& faults, std::vector<std::string>& texts) {
    if (const auto* one = value.if_string()) {
        texts.assign(1, std::string(*one));
        if (one->empty()) texts.clear();
        return;
    }
    const auto* list = value.if_array();
    if (list == nullptr) return fault(rule, value, "must be a list of texts", faults);
    std::vector<std::string> read;
    for (const auto& item : *list) {
        if (!item.is_string()) return fault(rule, value, "must be a list of texts", faults);
        read.emplace_back(item.get_string());
    }
    texts = std::move(read);
}

json::value field_json(const std::string& text) {
    return json::value(text);
}
json::value field_json(bool flag) {
    return flag;
}
json::value field_json(std::int64_t number) {
    return number;
}
json::value field_json(const std::optional<std::int64_t>& number) {
    return number ? json::value(*number) : json::value();
}
json::value field_json(const std::optional<std::uint64_t>& size) {
    return size ? json::value(*size) : json::value();
}
json::value field_json(std::chrono::milliseconds duration) {
    return json::value(exact_duration(duration));
}
json::value field_json(const std::optional<Time>& time) {
    return time ? json::value(to_rfc3339(*time)) : json::value();
}
json::value field_json(const std::vector<std::string>& texts) {
    return json::array(texts.begin(), texts.end());
}

std::string exact_duration(std::chrono::milliseconds duration) {
    auto left = duration.count();
    std::string text;
    constexpr std::pair<std::int64_t, std::string_view> kUnits[]{
        {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1000, "s"}, {1, "ms"}};
    for (const auto& [unit, name] : kUnits) {
        if (left < unit) continue;
        text += fmt::format("{}{}", left / unit, name);
        left %= unit;
    }
    return text.empty() ? "0s" : text;
}

void refuse_unknown(const json::object& object, const std::string& prefix,
                    const std::set<std::string, std::less<>>& known, Faults& faults) {
    for (const auto& [key, value] : object) {
        if (known.contains(std::string_view(key))) continue;
        const auto close = nearest(std::string_view(key), {known.begin(), known.end()});
        faults.push_back({prefix + std::string(key), "",
                          close.empty() ? "is not a field" : "is not a field; did you mean " + close + "?"});
    }
}

void add_record(json::object& document, const Record& record) {
    document["id"] = record.id;
    document["project"] = record.project;
    document["revision"] = record.revision;
    document["etag"] = record.etag();
    document["createdAt"] = to_rfc3339(record.created_at);
    document["updatedAt"] = to_rfc3339(record.updated_at);
    document["createdBy"] = record.created_by;
    document["updatedBy"] = record.updated_by;
}

bool is_record_member(std::string_view name) noexcept {
    for (const auto word :
         {"id", "project", "revision", "etag", "createdAt", "updatedAt", "createdBy", "updatedBy", "secretsSet",
          "warnings"})
        if (name == word) return true;
    return false;
}

}  // namespace fairlead::catalog
