#include "cli/flow.hpp"

#include "cli/bundle.hpp"
#include "cli/thing_verbs.hpp"
#include "cli/verbs.hpp"

namespace fairlead::cli {

CLI::Option* add_flow_name(CLI::App& verb, std::string& target) {
    return verb.add_option("NAME", target, "The name of a flow")->required()->type_name("");
}

void add_flow(CLI::App& app, Context& context) {
    auto* flow = app.add_subcommand("flow", "Deliver files from a source to one or several targets, each version once");
    flow->require_subcommand(1);
    add_flow_create(*flow, context);
    add_flow_list(*flow, context);
    add_flow_show(*flow, context);
    add_flow_update(*flow, context);
    add_thing_verbs(*flow, context, catalog::Kind::flow);
    add_export(*flow, context, catalog::Kind::flow);
    add_import(*flow, context);
    add_flow_delete(*flow, context);
    add_flow_run(*flow, context);
    add_flow_files(*flow, context);
    add_flow_reset(*flow, context);
    add_flow_alerts(*flow, context);
}

}  // namespace fairlead::cli
