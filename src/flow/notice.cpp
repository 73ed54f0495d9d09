#include "flow/notice.hpp"

#include <fmt/format.h>

namespace fairlead::flow {

boost::json::object notice_event(const catalog::Flow& flow, std::string_view type, const std::string& key, Time at,
                                 boost::json::object data) {
    data["flow"] = flow.name;
    data["project"] = flow.record.project;
    return {{"specversion", "1.0"},
            {"id", fmt::format("{}/{}", flow.record.id, key)},
            {"source", fmt::format("/v1/projects/{}/flows/{}", flow.record.project, flow.name)},
            {"type", type},
            {"time", to_rfc3339(at)},
            {"datacontenttype", "application/json"},
            {"data", std::move(data)}};
}

}  // namespace fairlead::flow
