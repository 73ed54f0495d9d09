#include "catalog/variables.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fairlead::catalog {
namespace {

constexpr std::size_t kLongestName = 128;
constexpr std::size_t kLongestText = 64 << 10;  // values within values could otherwise grow without end

/// Calls `literal(text)` and `variable(name)` for the pieces of a text, in order, until one gives false.
template <class Literal, class Variable>
void for_each_piece(std::string_view text, Literal literal, Variable variable) {
    while (!text.empty()) {
        const auto dollar = text.find('$');
        if (dollar != 0) {
            if (!literal(text.substr(0, dollar))) return;
            if (dollar == std::string_view::npos) return;
            text.remove_prefix(dollar);
        }
        if (text.starts_with("$${")) {
            if (!literal(std::string_view("${"))) return;
            text.remove_prefix(3);
            continue;
        }
        const auto end = text.starts_with("${") ? text.find('}') : std::string_view::npos;
        if (end == std::string_view::npos) {
            if (!literal(text.substr(0, 1))) return;
            text.remove_prefix(1);
            continue;
        }
        if (!variable(text.substr(2, end - 2))) return;
        text.remove_prefix(end + 1);
    }
}

/// Expands one text; `path` are the variables whose values are being expanded, outermost first.
class Expander {
  public:
    Expander(const VariableLookup& lookup, std::string_view where) : lookup_(lookup), where_(where) {}

    Expanded run(std::string_view text) {
        add(text, false);
        result_.text = Secret(text_.reveal());
        return std::move(result_);
    }

  private:
    bool add(std::string_view text, bool secret) {
        for_each_piece(
            text, [&](std::string_view piece) { return add_literal(piece, secret); },
            [&](std::string_view name) { return add_variable(name, secret); });
        return result_.problem.empty();
    }

    bool add_literal(std::string_view piece, bool secret) {
        if (text_.reveal().size() + piece.size() > kLongestText) return fail("becomes too long");
        std::string longer(text_.reveal());
        longer += piece;
        text_ = Secret(longer);
        std::ranges::fill(longer, '\0');
        if (!secret) result_.shown += piece;
        return true;
    }

    bool add_variable(std::string_view name, bool secret) {
        if (!is_variable_name(name)) return fail(fmt::format("holds '{}', which is no name of a variable", name));
        if (std::ranges::find(path_, name) != path_.end()) {
            std::string circle;
            for (const auto& step : path_)
                circle += step + " → ";
            return fail(fmt::format("needs variables that go in a circle: {}{}", circle, name));
        }
        const auto value = lookup_(name);
        if (!value) {
            result_.unknown = name;
            std::string through;
            for (const auto& step : path_)
                through += fmt::format("the variable '{}', which needs ", step);
            return fail(fmt::format("needs {}the variable '{}', which {}", through, name, where_));
        }
        const bool hidden = secret || value->secret;
        if (value->secret) result_.secret = true;
        if (value->secret && !secret) result_.shown += "***";
        path_.emplace_back(name);
        const auto before = text_.reveal().size();
        const bool good = add(value->text.reveal(), hidden);
        if (value->secret) result_.hidden.emplace_back(text_.reveal().substr(before));
        path_.pop_back();
        return good;
    }

    bool fail(std::string problem) {
        if (result_.problem.empty()) result_.problem = std::move(problem);
        return false;
    }

    const VariableLookup& lookup_;
    std::string_view where_;
    std::vector<std::string> path_;
    Secret text_;
    Expanded result_;
};

}  // namespace

bool is_variable_name(std::string_view name) noexcept {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    };
    return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, allowed);
}

std::vector<std::string> variables_in(std::string_view text) {
    std::vector<std::string> names;
    for_each_piece(
        text, [](std::string_view) { return true; },
        [&](std::string_view name) {
            if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
            return true;
        });
    return names;
}

bool has_variables(std::string_view text) { return !variables_in(text).empty(); }

Expanded expand(std::string_view text, const VariableLookup& lookup, std::string_view where) {
    return Expander(lookup, where).run(text);
}

}  // namespace fairlead::catalog
