#include "catalog/expand_operation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "catalog/expand_connection.hpp"

namespace fairlead::catalog {
namespace {

using Visit = std::function<void(std::string_view field, std::string& text)>;

void visit_filter(FilterNode& node, const Visit& visit) {
    if (node.kind == FilterNode::Kind::condition && node.has_value) visit("filter", node.value);
    for (auto& inner : node.nodes)
        visit_filter(inner, visit);
}

void for_each_text(Operation& operation, const Visit& visit) {
    visit("remoteDirectory", operation.remote_directory);
    visit("fileName", operation.file_name);
    visit("targetDirectory", operation.target_directory);
    visit("targetName", operation.target_name);
    visit("stagingDirectory", operation.staging_directory);
    visit("temporaryExtension", operation.temporary_extension);
    visit("moveAfter", operation.move_after);
    if (operation.filter) visit_filter(*operation.filter, visit);
}

}  // namespace

std::vector<std::string> variables_in(const Operation& operation) {
    auto copy = operation;
    std::vector<std::string> names;
    for_each_text(copy, [&](std::string_view, std::string& text) {
        for (auto& name : variables_in(std::string_view(text)))
            if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    });
    return names;
}

Operation require_expanded(Operation operation, const VariableLookup& lookup, std::string_view environment) {
    const auto where = where_of(environment);
    std::vector<Fault> faults;
    for_each_text(operation, [&](std::string_view field, std::string& text) {
        if (text.find("${") == std::string::npos) return;
        auto expanded = expand(std::string_view(text), lookup, where);
        if (!expanded.problem.empty())
            faults.push_back({std::string(field), text, std::move(expanded.problem)});
        else if (expanded.secret)
            faults.push_back({std::string(field), text, "needs a secret variable, which may not be in what is recorded"});
        else
            text = std::string(expanded.text.reveal());
    });
    if (faults.empty()) {
        faults = validate(operation);
        if (faults.empty()) return operation;
    }
    const auto& first = faults.front();
    Error error(ErrorCode::invalid_argument,
                fmt::format("The {} of the operation '{}' {}.", first.field, operation.name, first.problem));
    error.hint = environment.empty() ? "choose an environment with --environment E (environment=E over HTTP), or give "
                                       "the variable a value for all: fairlead variable set NAME VALUE"
                                     : fmt::format("fairlead variable set NAME VALUE --environment {}", environment);
    error.faults = std::move(faults);
    throw error;
}

}  // namespace fairlead::catalog
