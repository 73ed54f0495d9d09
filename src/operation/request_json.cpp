#include "operation/request_json.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>

namespace fairlead::operation {
namespace {

namespace json = boost::json;

const json::value& member(const json::object& object, std::string_view name) {
    static const json::value nothing;
    const auto* value = object.if_contains(name);
    return value != nullptr ? *value : nothing;
}

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : std::string();
}

}  // namespace

json::object to_json(const Request& request) {
    json::object document;
    document["operation"] = catalog::to_json(request.operation);
    json::array inputs;
    for (const auto& input : request.inputs) {
        json::object one;
        one["content"] = input.content;
        one["properties"] = input.properties.to_json();
        inputs.push_back(std::move(one));
    }
    document["inputs"] = std::move(inputs);
    json::object parameters;
    for (const auto& [name, value] : request.parameters)
        parameters[name] = value;
    document["parameters"] = std::move(parameters);
    document["output"] = {{"folder", request.output.folder}, {"byNumber", request.output.by_number}};
    document["zone"] = request.zone;
    return document;
}

Request request_of(const json::object& document) {
    Request request;
    const auto* definition = member(document, "operation").if_object();
    std::vector<Fault> faults;
    if (definition != nullptr) request.operation = catalog::apply(catalog::Operation{}, *definition, faults);
    if (definition == nullptr || !faults.empty())
        throw Error(ErrorCode::internal, "The recorded request of the run is damaged.");
    if (const auto* inputs = member(document, "inputs").if_array()) {
        for (const auto& one : *inputs) {
            Input input;
            if (const auto* object = one.if_object()) {
                input.content = text_of(member(*object, "content"));
                if (const auto* properties = member(*object, "properties").if_object())
                    for (const auto& [name, value] : *properties)
                        input.properties.set(name, text_of(value));
            }
            request.inputs.push_back(std::move(input));
        }
    }
    if (const auto* parameters = member(document, "parameters").if_object())
        for (const auto& [name, value] : *parameters)
            request.parameters[std::string(name)] = text_of(value);
    if (const auto* output = member(document, "output").if_object()) {
        request.output.folder = text_of(member(*output, "folder"));
        const auto& by_number = member(*output, "byNumber");
        request.output.by_number = !by_number.is_bool() || by_number.get_bool();
    }
    if (auto zone = text_of(member(document, "zone")); !zone.empty()) request.zone = std::move(zone);
    return request;
}

}  // namespace fairlead::operation
