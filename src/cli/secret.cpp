// secret rotate, secret check

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "cli/verb.hpp"
#include "cli/verbs.hpp"
#include "service/rotation.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

void rotate(Context& context) {
    const auto rotation = service::rotate_secrets(context.workspace());
    if (context.options.json) return context.json(to_json(rotation));
    context.print(fmt::format("{} secret{} of {} thing{} encrypted anew under the key in {}.", rotation.secrets,
                              rotation.secrets == 1 ? " is" : "s are", rotation.resources,
                              rotation.resources == 1 ? "" : "s", rotation.source));
    if (!rotation.to_do.empty()) context.warn("Now " + rotation.to_do + ".");
}

void check(Context& context) {
    const auto count = service::check_secrets(context.workspace());
    if (context.options.json) return context.json(boost::json::object{{"ok", true}, {"secrets", count}});
    context.print(fmt::format("{} stored secret{} can be opened.", count, count == 1 ? "" : "s"));
}

}  // namespace

void add_secret(CLI::App& app, Context& context) {
    auto* secret = app.add_subcommand("secret", "The key that stored secrets are encrypted with");
    secret->require_subcommand(1);
    secret->add_subcommand("rotate", "Encrypt every stored secret under a new key, in one transaction")
        ->callback([&context] { rotate(context); });
    secret->add_subcommand("check", "See whether every stored secret can be opened")
        ->callback([&context] { check(context); });
}

}  // namespace fairlead::cli
