#include "cli/flow.hpp"

#include <algorithm>

#include "catalog/flow.hpp"
#include "cli/bundle.hpp"
#include "cli/letters.hpp"
#include "cli/thing_verbs.hpp"
#include "cli/verbs.hpp"

namespace fairlead::cli {

namespace {

std::string_view help_of(const std::string& path) {
    static const auto fields = catalog::flow_fields();
    const auto field = std::ranges::find(fields, path, &std::pair<std::string, std::string>::first);
    return field != fields.end() ? std::string_view(field->second) : std::string_view();
}

}  // namespace

void add_flow(CLI::App& app, Context& context) {
    auto* flow = app.add_subcommand("flow", "Deliver files from a source to one or several targets, each version once");
    flow->require_subcommand(1);
    add_thing_create(*flow, context, catalog::Kind::flow, "Define a flow", flow_flags());
    add_flow_list(*flow, context);
    add_flow_show(*flow, context);
    add_thing_update(*flow, context, catalog::Kind::flow, flow_flags());
    add_thing_edit(*flow, context, catalog::Kind::flow, help_of);
    add_thing_verbs(*flow, context, catalog::Kind::flow);
    add_export(*flow, context, catalog::Kind::flow);
    add_import(*flow, context);
    add_thing_delete(*flow, context, catalog::Kind::flow,
                     "Delete a flow with what it knows of its files; its runs stay");
    add_flow_run(*flow, context);
    add_flow_files(*flow, context);
    add_flow_reset(*flow, context);
    add_alerts(*flow, context, catalog::Kind::flow);
    add_letters(*flow, context, catalog::Kind::flow);
}

}  // namespace fairlead::cli
