#include "operation/draft.hpp"

#include "operation/request_json.hpp"
#include "service/runs.hpp"

namespace fairlead::operation {

catalog::Run draft(service::Runs& runs, const std::string& project, const std::string& environment,
                   const Request& request, const std::string& id) {
    auto run = runs.draft(project);
    if (!id.empty()) run.id = id;
    run.subject = request.operation.name;
    run.action = catalog::to_string(request.operation.action);
    run.connection = request.operation.connection;
    run.environment = environment;
    run.node = runs.node();  // its documents lie here
    run.request = to_json(request);
    return run;
}

}  // namespace fairlead::operation
