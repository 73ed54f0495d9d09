#include "catalog/operation_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <optional>

#include "base/glob.hpp"
#include "base/local_time.hpp"
#include "base/quantity.hpp"

namespace fairlead::catalog {
namespace {

using Kind = FilterNode::Kind;
using Field = FilterNode::Field;
using Operator = FilterNode::Operator;

/// What `*` and `?` stand for, and nothing else stands for anything: other pattern signs occur in names.
bool matches_wildcard(std::string_view pattern, std::string_view text) {
    const auto step = [&](std::size_t at) {  // over one character of UTF-8
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80)
            ++at;
        return at;
    };
    std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == '?') {
            ++p;
            t = step(t);
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = resume = step(resume);
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool holds(Operator op, std::strong_ordering order) {
    switch (op) {
        case Operator::equal:
            return order == 0;
        case Operator::not_equal:
            return order != 0;
        case Operator::less:
            return order < 0;
        case Operator::less_or_equal:
            return order <= 0;
        case Operator::greater:
            return order > 0;
        case Operator::greater_or_equal:
            return order >= 0;
        default:
            return false;
    }
}

bool is_pattern(Operator op) {
    return op == Operator::wildcard || op == Operator::regular_expression;
}

std::optional<EntryType> type_of_word(std::string_view word) {
    for (const auto type : {EntryType::file, EntryType::directory, EntryType::symlink, EntryType::other})
        if (word == file_type_word(type) || word == to_string(type)) return type;
    return std::nullopt;
}

}  // namespace

std::string_view file_type_word(EntryType type) noexcept {
    switch (type) {
        case EntryType::file:
            return "regular_file";
        case EntryType::directory:
            return "directory";
        case EntryType::symlink:
            return "symbolic_link";
        case EntryType::other:
            return "unknown";
    }
    return "unknown";
}

/// A condition with its value in the form in which it is compared.
struct EntryFilter::Node {
    Kind kind = Kind::all;
    std::vector<Node> nodes;
    Field field = Field::file_name;
    Operator op = Operator::equal;
    std::string text;
    std::optional<Regex> expression;
    std::uint64_t number = 0;
    Time time{};
    EntryType type = EntryType::file;
    std::string zone;

    /// Nothing: it cannot be said.
    std::optional<bool> decide(const Entry& entry) const {
        switch (kind) {
            case Kind::none: {
                const auto inner = nodes.front().decide(entry);
                return inner ? std::optional(!*inner) : std::nullopt;
            }
            case Kind::all:
            case Kind::any: {
                const bool decisive = kind == Kind::any;
                bool unknown = false;
                for (const auto& node : nodes) {
                    const auto one = node.decide(entry);
                    if (one == decisive) return decisive;
                    unknown = unknown || !one;
                }
                return unknown ? std::nullopt : std::optional(!decisive);
            }
            case Kind::condition:
                return decide_condition(entry);
        }
        return std::nullopt;
    }

    bool matches_pattern(std::string_view subject) const {
        return op == Operator::wildcard ? matches_wildcard(text, subject) : expression->matches_whole(subject);
    }

    std::optional<bool> decide_condition(const Entry& entry) const {
        switch (field) {
            case Field::file_name:
                if (is_pattern(op)) return matches_pattern(entry.name);
                return holds(op, entry.name.compare(text) <=> 0);
            case Field::size:
                if (!entry.size) return std::nullopt;
                return holds(op, *entry.size <=> number);
            case Field::file_type:
                return holds(op, (entry.type == type) ? std::strong_ordering::equal : std::strong_ordering::less);
            case Field::timestamp:
                if (!entry.modified) return std::nullopt;
                if (is_pattern(op)) return matches_pattern(to_local_text(*entry.modified, zone));
                return holds(op, *entry.modified <=> time);
        }
        return std::nullopt;
    }
};

namespace {

/// Fills a tree in for one execution, and gathers what is wrong.
template <class Node>
class Binder {
  public:
    Binder(const Parameters& parameters, const std::string& zone) : parameters_(parameters), zone_(zone) {}

    Node bind(const FilterNode& from, const std::string& path) {
        Node node;
        node.kind = from.kind;
        node.field = from.field;
        node.op = from.op;
        node.zone = zone_;
        const auto* word = from.kind == Kind::any ? "or" : "and";
        for (std::size_t i = 0; i < from.nodes.size(); ++i)
            node.nodes.push_back(bind(from.nodes[i], from.kind == Kind::none
                                                         ? path + ".not"
                                                         : fmt::format("{}.{}[{}]", path, word, i)));
        if (from.kind == Kind::condition) bind_condition(node, from, path);
        return node;
    }

    std::vector<Fault> faults;

  private:
    void fault(const std::string& path, const std::string& value, std::string problem) {
        faults.push_back({path, value, std::move(problem)});
    }

    void bind_condition(Node& node, const FilterNode& from, const std::string& path) {
        const auto given = from.parameter.empty() ? parameters_.end() : parameters_.find(from.parameter);
        if (given == parameters_.end() && !from.has_value)
            return fault(path + ".parameter", from.parameter,
                         "no value was given for it; give one when the operation runs");
        node.text = given != parameters_.end() ? given->second : from.value;
        const auto at = given != parameters_.end() ? "parameters." + from.parameter : path + ".value";
        try {
            read_value(node, at);
        } catch (const Error& error) {
            fault(at, node.text, error.faults.empty() ? error.message : error.faults.front().problem);
        }
    }

    void read_value(Node& node, const std::string& at) {
        if (node.op == Operator::regular_expression) node.expression.emplace(node.text);
        if (is_pattern(node.op)) return;
        switch (node.field) {
            case Field::file_name:
                return;
            case Field::size:
                node.number = parse_size(node.text);
                return;
            case Field::file_type:
                if (const auto type = type_of_word(node.text)) {
                    node.type = *type;
                    return;
                }
                return fault(at, node.text, "must be regular_file, directory, symbolic_link or unknown");
            case Field::timestamp:
                if (const auto time = from_local_text(node.text, zone_))
                    node.time = *time;
                else if (node.text.find('T') != std::string::npos)
                    node.time = parse_rfc3339(node.text);
                else
                    fault(at, node.text,
                          "must be a time such as 2026-03-01 09:30:00.000 on the server's clock, or "
                          "2026-03-01T09:30:00Z");
        }
    }

    const Parameters& parameters_;
    const std::string& zone_;
};

}  // namespace

EntryFilter::EntryFilter(const FilterNode& node, const Parameters& parameters, const std::string& zone) {
    Binder<Node> binder(parameters, zone);
    auto root = binder.bind(node, "filter");
    const auto asked = parameters_of(node);
    for (const auto& [name, value] : parameters)
        if (std::ranges::find(asked, name) == asked.end())
            binder.faults.push_back({"parameters." + name, value, "is not asked for by the filter"});
    if (!binder.faults.empty()) {
        const auto& first = binder.faults.front();
        Error error(ErrorCode::invalid_argument,
                    fmt::format("The filter cannot be used: {} '{}' {}.", first.field, first.value, first.problem));
        error.faults = std::move(binder.faults);
        throw error;
    }
    root_ = std::make_shared<const Node>(std::move(root));
}

bool EntryFilter::matches(const Entry& entry) const {
    return root_ == nullptr || root_->decide(entry).value_or(false);
}

std::vector<std::string> parameters_of(const FilterNode& node) {
    std::vector<std::string> names;
    if (!node.parameter.empty()) names.push_back(node.parameter);
    for (const auto& inner : node.nodes)
        for (auto& name : parameters_of(inner))
            if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    return names;
}

}  // namespace fairlead::catalog
