#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/utf8.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "service/tokens.hpp"
#include "service/workspace.hpp"

namespace fairlead::cli {
namespace {

using service::Token;
using service::Tokens;

struct CreateOptions {
    Tokens::Wish wish;
    std::string expires;
};

Tokens tokens_of(Context& context) {
    auto& workspace = context.workspace();
    return {workspace.store(), workspace.actor()};
}

Time now() {
    return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
}

/// The text goes to standard output, alone, so that it can be caught; all else is said beside it.
void create(CreateOptions& options, Context& context) {
    if (!options.expires.empty())
        options.wish.expires_at = service::parse_expiry(options.expires, "expires", now());
    const auto made = tokens_of(context).create(options.wish);
    if (context.options.json) {
        auto document = service::to_json(made.token);
        document["token"] = made.text.reveal();
        return context.json(document);
    }
    context.note("This is the only time that the token is shown:");
    context.print(made.text.reveal());
}

std::string state_of(const Token& token) {
    if (token.revoked) return "revoked";
    return token.expired(now()) ? "expired" : "valid";
}

void list(Context& context) {
    const auto tokens = tokens_of(context).list();
    if (context.options.json) {
        boost::json::array documents;
        for (const auto& token : tokens)
            documents.push_back(service::to_json(token));
        return context.json(documents);
    }
    Table table({"NAME", "ROLE", "PROJECTS", "STATE", "EXPIRES", "CREATED", "BY"});
    for (const auto& token : tokens) {
        std::string projects;
        for (const auto& project : token.projects)
            projects += (projects.empty() ? "" : ",") + project;
        table.add({token.name, token.role, projects.empty() ? "all" : projects, state_of(token),
                   token.expires_at ? to_rfc3339(*token.expires_at) : "never",
                   to_rfc3339(token.record.created_at), token.record.created_by});
    }
    context.out(table.text(context.width()));
}

void revoke(const std::string& name, bool forget, Context& context) {
    auto tokens = tokens_of(context);
    const auto token = tokens.revoke(name);
    if (forget) tokens.remove(name);
    if (context.options.json) return context.json(service::to_json(token));
    context.note(fmt::format("The token '{}' is refused from now on.", to_printable(token.name)));
}

void add_create(CLI::App& token, Context& context) {
    auto options = std::make_shared<CreateOptions>();
    auto* verb = token.add_subcommand("create", "Make a token and show it, this once");
    verb->add_option("name", options->wish.name, "What to call it, such as who or what will use it")
        ->required()
        ->type_name("NAME");
    verb->add_option("--role", options->wish.role,
                     "viewer: look; operator: also change and transfer; admin: also tokens and keys")
        ->type_name("ROLE")
        ->capture_default_str();
    verb->add_option("--for-project", options->wish.projects,
                     "Only in this project; may be given several times")
        ->type_name("PROJECT");
    verb->add_option("--expires", options->expires,
                     "When it ends: 30d, 12h, or a time (RFC 3339); else never")
        ->type_name("WHEN");
    verb->add_option("--description", options->wish.description, "For people")->type_name("TEXT");
    verb->callback([options, &context] { create(*options, context); });
}

void add_list(CLI::App& token, Context& context) {
    auto* verb = token.add_subcommand("list", "List the tokens; their text is not kept");
    verb->callback([&context] { list(context); });
}

void add_revoke(CLI::App& token, Context& context) {
    auto name = std::make_shared<std::string>();
    auto forget = std::make_shared<bool>(false);
    auto* verb =
        token.add_subcommand("revoke", "Refuse a token from now on (a daemon notices within two seconds)");
    verb->add_option("name", *name, "Its name or id")->required()->type_name("NAME");
    verb->add_flag("--forget", *forget, "And take it off the list, so that its name is free again");
    verb->callback([name, forget, &context] { revoke(*name, *forget, context); });
}

}  // namespace

void add_token(CLI::App& app, Context& context) {
    auto* token = app.add_subcommand("token", "Say who may use the REST API of serve");
    token->require_subcommand(1);
    add_create(*token, context);
    add_list(*token, context);
    add_revoke(*token, context);
}

}  // namespace fairlead::cli
