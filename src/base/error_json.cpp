#include "base/error_json.hpp"

#include <boost/json/array.hpp>

#include "base/utf8.hpp"

namespace fairlead {

boost::json::array to_json(const std::vector<Fault>& faults) {
    boost::json::array list;
    for (const auto& fault : faults)
        list.push_back({{"field", to_valid_utf8(fault.field)},
                        {"value", to_valid_utf8(fault.value)},
                        {"problem", to_valid_utf8(fault.problem)}});
    return list;
}

boost::json::object to_json(const Error& error) {
    boost::json::object document{{"code", to_string(error.code)}, {"message", to_valid_utf8(error.message)}};
    if (!error.server_reply.empty()) document["serverReply"] = to_valid_utf8(error.server_reply);
    if (!error.path.empty()) document["path"] = to_valid_utf8(error.path);
    if (!error.step.empty()) document["step"] = error.step;
    if (!error.hint.empty()) document["hint"] = to_valid_utf8(error.hint);
    document["retryable"] = error.retryable();
    if (error.retry_after) document["retryAfterMilliseconds"] = error.retry_after->count();
    if (!error.faults.empty()) document["faults"] = to_json(error.faults);
    return document;
}

}  // namespace fairlead
